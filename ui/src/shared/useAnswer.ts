import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";

export type { Schemas };

interface Asking<T> {
  key: readonly unknown[];
  ask: (signal: AbortSignal) => Promise<T>;
  enabled?: boolean;
  /** Keep showing the last answer while the next one comes. */
  keep?: boolean;
  /** Ask again every so many milliseconds. */
  every?: number;
}

/** One question to the server. The language is part of its key, because the server writes the sentences. */
export function useAnswer<T>({ key, ask, enabled = true, keep = false, every }: Asking<T>) {
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: [...key, i18n.language],
    queryFn: ({ signal }) => ask(signal),
    enabled,
    placeholderData: keep ? keepPreviousData : undefined,
    refetchInterval: every,
  });
}
