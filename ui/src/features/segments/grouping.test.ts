import { expect, test } from "vitest";
import { groupSegments } from "./grouping";

const row = (name: string, group: string | null) => ({
  segment_id: name,
  name,
  query: "",
  sentence: "",
  description: null,
  use: null,
  group,
  group_label: group && group.toUpperCase(),
  members: null,
  share: null,
  revenue: null,
  change: null,
  history: [],
  as_of: null,
  cost: null,
  next_change: null,
  problem: null,
});

test("one's own segments come first, the families keep the server's order", () => {
  const groups = groupSegments([row("a", "l2"), row("b", "l1"), row("c", "l2"), row("d", null)]);
  expect(groups.map((group) => [group.name, group.segments.map((segment) => segment.name)])).toEqual([
    [null, ["d"]],
    ["l2", ["a", "c"]],
    ["l1", ["b"]],
  ]);
  expect(groups[1]?.label).toBe("L2");
});
