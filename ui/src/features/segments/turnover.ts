import type { Schemas } from "@/shared/useAnswer";

export type Step = "week" | "month";

/** A week or month: its first day, and who entered and left in it. */
export interface Turned {
  day: string;
  entered: number;
  left: number;
}

const spansShown = 12;

/** The first day of the wanted number of spans, the last of which is that of `today`, and the day after it. */
export function periodOf(today: string, step: Step): { first: string; end: string } {
  const at = new Date(`${today}T12:00:00Z`);
  const end = new Date(at);
  end.setUTCDate(end.getUTCDate() + 1);
  if (step === "week") at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7) - 7 * (spansShown - 1));
  else at.setUTCMonth(at.getUTCMonth() - (spansShown - 1), 1);
  return { first: at.toISOString().slice(0, 10), end: end.toISOString().slice(0, 10) };
}

/** One row a span from `first` on, also where nobody entered or left: the server leaves those out. */
export function spansOf(first: string, step: Step, rows: Schemas["TurnoverRow"][]): Turned[] {
  const at = new Date(`${first}T12:00:00Z`);
  return Array.from({ length: spansShown }, () => {
    const day = at.toISOString().slice(0, 10);
    if (step === "week") at.setUTCDate(at.getUTCDate() + 7);
    else at.setUTCMonth(at.getUTCMonth() + 1);
    const mine = rows.filter((row) => row.day === day);
    return {
      day,
      entered: mine.reduce((sum, row) => sum + row.entered, 0),
      left: mine.reduce((sum, row) => sum + row.left, 0),
    };
  });
}

/** How often each cause moved somebody, the most frequent first. */
export function causesOf(rows: Schemas["TurnoverRow"][]): { cause: string; label: string; moved: number }[] {
  const found = new Map<string, { cause: string; label: string; moved: number }>();
  for (const { cause, cause_label: label, entered, left } of rows) {
    const moved = (found.get(cause)?.moved ?? 0) + entered + left;
    found.set(cause, { cause, label, moved });
  }
  return [...found.values()].sort((one, other) => other.moved - one.moved);
}
