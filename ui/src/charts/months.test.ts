import { expect, test } from "vitest";
import { monthsOption } from "./months";

const palette = { text: "#111", muted: "#222", border: "#333", surface: "#fff", primary: "#00f", second: "#f80" };
const words = {
  revenue: "Chiffre d’affaires",
  refunds: "Remboursements",
  month: (month: string) => `m${month}`,
  axis: (amount: number) => `${amount} €`,
  amount: (amount: number) => `${amount},00 €`,
};

test("refunds hang below zero and are read as positive amounts", () => {
  const option = monthsOption([{ month: "2026-05", revenue: 100, refunds: 12, orders: 4 }], words, palette);
  const series = option["series"] as { name: string; data: number[] }[];
  expect(series.map((line) => line.data)).toEqual([[100], [-12]]);
  const tooltip = option["tooltip"] as { valueFormatter: (value: unknown) => string };
  expect(tooltip.valueFormatter(-12)).toBe("12,00 €");
});

test("the library's own English label stays off, the axes speak the reader's language", () => {
  const option = monthsOption([{ month: "2026-05", revenue: 1, refunds: 0, orders: 1 }], words, palette);
  expect(option["aria"]).toEqual({ enabled: true, label: { enabled: false } });
  expect((option["xAxis"] as { data: string[] }).data).toEqual(["m2026-05"]);
  expect((option["yAxis"] as { axisLabel: { formatter: (n: number) => string } }).axisLabel.formatter(5)).toBe("5 €");
});
