import { answer, api } from "@/api/client";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Row = Schemas["SegmentRow"];

export interface SegmentNames {
  rows: Row[] | undefined;
  error: Error | null;
  /** The name of a segment; its id as long as it is not known. */
  nameOf: (segmentId: string) => string;
  /** The segments as the choices of a field. */
  choices: { value: string; label: string }[];
}

/** The shop's segments, for pages that name them or let one choose among them. */
export function useSegments(): SegmentNames {
  const { data, error } = useAnswer({
    key: ["segments"],
    ask: (signal) => answer(api.GET("/api/segments", { signal })),
  });
  const rows = data?.segments;
  return {
    rows,
    error,
    nameOf: (segmentId) => rows?.find((row) => row.segment_id === segmentId)?.name ?? segmentId,
    choices: rows?.map((row) => ({ value: row.segment_id, label: row.name })) ?? [],
  };
}
