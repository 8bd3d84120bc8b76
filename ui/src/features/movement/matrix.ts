import type { Schemas } from "@/shared/useAnswer";

type Matrix = Schemas["MovementMatrix"];

/** A row or a column: a segment, nobody's place ("none"), or those who became customers in the period ("new"). */
export interface Place {
  id: string;
  name: string | null;
}

export const none = "none";
export const fresh = "new";

export interface Crossing {
  from: Place[];
  to: Place[];
  customers: (from: string, to: string) => number;
}

/** Where the people of a flow were before. */
export const origin = (flow: Matrix["flows"][number]) => flow.from_segment ?? (flow.new ? fresh : none);
/** Where they were afterwards. */
export const destination = (flow: Matrix["flows"][number]) => flow.to_segment ?? none;

/** The flows as a table: places before in rows, places after in columns; empty ends are left out. */
export function crossing(matrix: Matrix): Crossing {
  const counts = new Map(matrix.flows.map((flow) => [`${origin(flow)} ${destination(flow)}`, flow.customers]));
  const origins = new Set(matrix.flows.map(origin));
  const destinations = new Set(matrix.flows.map(destination));
  const places = matrix.places.map((place) => ({ id: place.segment_id, name: place.name }));
  const without = (found: Set<string>, ...ends: string[]) =>
    ends.filter((end) => found.has(end)).map((id) => ({ id, name: null }));
  return {
    from: [...places, ...without(origins, fresh, none)],
    to: [...places, ...without(destinations, none)],
    customers: (from, to) => counts.get(`${from} ${to}`) ?? 0,
  };
}
