import { expect, test } from "vitest";
import { groupByDay } from "./days";

const entry = (at: string) => ({ at, kind: "order" as const, title: at, detail: null, money: null });

test("days are the shop's: 23:30 UTC is already tomorrow in Paris", () => {
  const days = groupByDay(
    [entry("2026-05-04T08:00:00Z"), entry("2026-05-03T23:30:00Z"), entry("2026-05-03T10:00:00Z")],
    "Europe/Paris",
  );
  expect(days.map((day) => [day.day, day.entries.length])).toEqual([
    ["2026-05-04", 2],
    ["2026-05-03", 1],
  ]);
});

test("nothing happened, no days", () => {
  expect(groupByDay([], "UTC")).toEqual([]);
});
