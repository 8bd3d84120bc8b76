import { expect, test } from "vitest";
import { cardHeight, cardWidth, placeSteps, toOutline } from "./layout";

const step = (name: string) => ({
  step: name,
  kind: "wait",
  title: name,
  detail: null,
  query: null,
  entered: 5,
  waiting: 0,
  passed: 5,
  left: 0,
  planned: 0,
  expired: 0,
  sent: 0,
});
const edge = (source: string, target: string, label: string | null = null) => ({ source, target, label, passed: 3 });

const steps = ["start", "branch", "yes", "no", "end"].map(step);
const edges = [
  edge("start", "branch"),
  edge("branch", "yes", "Oui"),
  edge("branch", "no", "Non"),
  edge("yes", "end"),
  edge("no", "end"),
];

test("every arrow points down and no card covers another", () => {
  const placed = new Map(placeSteps(steps, edges).map((node) => [node.step.step, node]));
  for (const { source, target } of edges) {
    expect(placed.get(target)!.y).toBeGreaterThanOrEqual(placed.get(source)!.y + cardHeight);
  }
  expect(Math.abs(placed.get("yes")!.x - placed.get("no")!.x)).toBeGreaterThanOrEqual(cardWidth);
});

test("the outline tells each step once: what follows a meeting of ways stands after the branch, not inside it", () => {
  const outline = toOutline(steps, edges);
  expect(outline.map((told) => told.step.step)).toEqual(["start", "branch", "end"]);
  const ways = outline[1]!.ways;
  expect(ways.map((way) => [way.answer, way.steps.map((told) => told.step.step)])).toEqual([
    ["Oui", ["yes"]],
    ["Non", ["no"]],
  ]);
});

test("ways that never meet end each on their own", () => {
  const outline = toOutline([step("a"), step("b"), step("c")], [edge("a", "b", "Oui"), edge("a", "c", "Non")]);
  expect(outline).toHaveLength(1);
  expect(outline[0]!.ways.map((way) => way.steps[0]!.step.step)).toEqual(["b", "c"]);
});

test("a way back does not go round for ever", () => {
  const outline = toOutline([step("a"), step("b"), step("c")], [edge("a", "b"), edge("b", "c"), edge("c", "b")]);
  expect(outline.map((told) => told.step.step)).toEqual(["a", "b", "c"]);
});
