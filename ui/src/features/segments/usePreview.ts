import { useState } from "react";
import { answer, api } from "@/api/client";
import { useDebouncedValue } from "@/kit/kit";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

/** The last answer that had figures, kept on show while the next one is counted or the text is not finished. */
export interface LivePreview {
  /** What the server says of the text as it stands; null until it has answered. */
  current: (Schemas["Preview"] & { query: string }) | null;
  counted: Schemas["Preview"] | null;
  computing: boolean;
  error: Error | null;
  retry: () => void;
}

/** Counts a query 250 ms after the last key; a newer text cancels the question of an older one. */
export function usePreview(query: string, asShopify: boolean): LivePreview {
  const [settled] = useDebouncedValue(query, 250);
  const [counted, setCounted] = useState<Schemas["Preview"] | null>(null);
  const { data, error, isFetching, refetch } = useAnswer({
    key: ["preview", settled, asShopify],
    ask: async (signal) => {
      const body = { query: settled, as_shopify: asShopify };
      return { query: settled, ...(await answer(api.POST("/api/segments/preview", { body, signal }))) };
    },
    enabled: settled.trim() !== "",
  });
  if (data && data.members !== null && data !== counted) setCounted(data);
  const empty = query.trim() === "";
  return {
    current: data ?? null,
    counted: empty ? null : counted,
    computing: !empty && (isFetching || settled !== query),
    error,
    retry: () => void refetch(),
  };
}
