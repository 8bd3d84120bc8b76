import { expect, test } from "vitest";
import { sankeyOption } from "./sankey";

const palette = { text: "#111", muted: "#222", border: "#333", surface: "#fff", primary: "#00f", second: "#f80" };
const places = [
  { id: "a", name: "A" },
  { id: "b", name: "B" },
];

test("a place is drawn on each side where somebody was, and bands join the two sides", () => {
  const words = { from: places, to: places, number: String };
  const option = sankeyOption(
    [
      { from: "a", to: "a", value: 2 },
      { from: "a", to: "b", value: 1 },
    ],
    words,
    palette,
  );
  const [series] = option["series"] as { data: { name: string; depth: number }[]; links: object[] }[];
  expect(series?.data.map(({ name, depth }) => [name, depth])).toEqual([
    ["before a", 0],
    ["after a", 1],
    ["after b", 1],
  ]);
  expect(series?.links).toEqual([
    { source: "before a", target: "after a", value: 2 },
    { source: "before a", target: "after b", value: 1 },
  ]);
  expect(option["aria"]).toEqual({ enabled: true, label: { enabled: false } });
});
