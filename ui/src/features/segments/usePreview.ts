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
      const body = { query: settled, as_shopify: asShopify, sample: 0 };
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

/** Some of those whom the query finds, asked for when nothing was typed for a second: counts do not wait for them.
 *  Null until they are there. */
export function useSample(query: string, asShopify: boolean, counts: boolean): Schemas["Member"][] | null {
  const [settled] = useDebouncedValue(query, 1000);
  const { data } = useAnswer({
    key: ["sample", settled, asShopify],
    ask: (signal) => {
      const body = { query: settled, as_shopify: asShopify, sample: 8 };
      return answer(api.POST("/api/segments/preview", { body, signal }));
    },
    enabled: counts && settled.trim() !== "" && settled === query,
    keep: true,
  });
  if (!counts) return [];
  return data?.sample ?? null;
}
