import { expect, test } from "vitest";
import { twoWaysOption } from "./twoWays";

const palette = { text: "#111", muted: "#222", border: "#333", surface: "#fff", primary: "#00f", second: "#f80" };
const words = {
  up: "Chiffre d’affaires",
  down: "Remboursements",
  span: (at: string) => `m${at}`,
  axis: (value: number) => `${value} €`,
  value: (value: number) => `${value},00 €`,
};

test("refunds hang below zero and are read as positive amounts", () => {
  const option = twoWaysOption([{ at: "2026-05", up: 100, down: 12 }], words, palette);
  const series = option["series"] as { name: string; data: number[] }[];
  expect(series.map((line) => line.data)).toEqual([[100], [-12]]);
  const tooltip = option["tooltip"] as { valueFormatter: (value: unknown) => string };
  expect(tooltip.valueFormatter(-12)).toBe("12,00 €");
});

test("the library's own English label stays off, the axes speak the reader's language", () => {
  const option = twoWaysOption([{ at: "2026-05", up: 1, down: 0 }], words, palette);
  expect(option["aria"]).toEqual({ enabled: true, label: { enabled: false } });
  expect((option["xAxis"] as { data: string[] }).data).toEqual(["m2026-05"]);
  expect((option["yAxis"] as { axisLabel: { formatter: (n: number) => string } }).axisLabel.formatter(5)).toBe("5 €");
});
