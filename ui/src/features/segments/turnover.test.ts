import { expect, test } from "vitest";
import { causesOf, periodOf, spansOf } from "./turnover";

const row = (day: string, cause: string, entered: number, left: number) => ({
  day,
  cause,
  cause_label: cause.toUpperCase(),
  entered,
  left,
});

test("twelve weeks begin on a Monday, twelve months on a first, also at the end of a long month", () => {
  expect(periodOf("2026-03-08", "week")).toEqual({ first: "2025-12-15", end: "2026-03-09" });
  expect(periodOf("2026-03-31", "month")).toEqual({ first: "2025-04-01", end: "2026-04-01" });
});

test("spans without anybody are there, causes of a span are added up", () => {
  const rows = [row("2026-02-01", "event", 2, 1), row("2026-02-01", "window", 0, 3)];
  const spans = spansOf("2025-04-01", "month", rows);
  expect(spans).toHaveLength(12);
  expect(spans[10]).toEqual({ day: "2026-02-01", entered: 2, left: 4 });
  expect(spans[11]).toEqual({ day: "2026-03-01", entered: 0, left: 0 });
});

test("the cause that moved most comes first", () => {
  const rows = [row("a", "event", 1, 0), row("a", "window", 0, 3), row("b", "event", 1, 0)];
  expect(causesOf(rows)).toEqual([
    { cause: "window", label: "WINDOW", moved: 3 },
    { cause: "event", label: "EVENT", moved: 2 },
  ]);
});
