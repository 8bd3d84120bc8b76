import type { Schemas } from "@/api/client";

type Row = Schemas["SegmentRow"];

export interface SegmentGroup {
  /** Null for the shop's own segments. */
  name: string | null;
  label: string | null;
  segments: Row[];
}

/** The families in the server's order, the shop's own segments before them. */
export function groupSegments(segments: Row[]): SegmentGroup[] {
  const groups = new Map<string | null, SegmentGroup>();
  for (const segment of segments) {
    const group = groups.get(segment.group) ?? { name: segment.group, label: segment.group_label, segments: [] };
    group.segments.push(segment);
    groups.set(segment.group, group);
  }
  return [...groups.values()].sort((one, other) => Number(one.name !== null) - Number(other.name !== null));
}
