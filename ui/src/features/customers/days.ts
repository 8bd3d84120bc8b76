import type { Schemas } from "@/api/client";
import { dayOf } from "@/shared/format";

type Entry = Schemas["Entry"];
export type EntryKind = Entry["kind"];

export interface Day {
  day: string;
  entries: Entry[];
}

/** Entries under the shop's calendar days, in the order they came. */
export function groupByDay(entries: Entry[], zone: string): Day[] {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = dayOf(entry.at, zone);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days].map(([day, found]) => ({ day, entries: found }));
}
