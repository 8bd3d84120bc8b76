import { expect, test } from "vitest";
import { metricText, metricValue, shade, toRows } from "./grid";
import { makeFormat } from "@/shared/format";

const cell = {
  recency: 5,
  frequency_money: 4,
  group: "CHAMPIONS",
  customers: 1200,
  share: 0.25,
  revenue: { amount: "1234.50", currency: "EUR" },
  average_days: 12,
};

test("the most recent row is on top, every row has five columns", () => {
  const rows = toRows([cell]);
  expect(rows.map((row) => row.recency)).toEqual([5, 4, 3, 2, 1]);
  expect(rows.every((row) => row.cells.length === 5)).toBe(true);
  expect(rows[0]?.cells[3]).toBe(cell);
  expect(rows[1]?.cells[3]).toBeUndefined();
});

test("a cell is read in the chosen figure", () => {
  const format = makeFormat({ language: "en", currency: "EUR", zone: "UTC" });
  expect(metricText(cell, "customers", format)).toBe("1,200");
  expect(metricText(cell, "share", format)).toBe("25%");
  expect(metricText(cell, "revenue", format)).toBe("€1,235");
  expect(metricValue(cell, "revenue")).toBe(1234.5);
});

test("the fullest cell is darkest, an empty one has no colour", () => {
  expect(shade(100, 100)).toBe(55);
  expect(shade(25, 100)).toBe(28);
  expect(shade(0, 100)).toBe(0);
  expect(shade(-3, 0)).toBe(0);
});
