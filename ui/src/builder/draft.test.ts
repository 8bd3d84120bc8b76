import { expect, test } from "vitest";
import type { ConditionDocument, Document, Value } from "./document";
import { documentOf, draftOf, isComplete, rootOf, type Draft } from "./draft";

/** Numbers from a seed, so that a failing tree can be drawn again (mulberry32, public domain). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

const simple: Value[] = [
  { type: "text", text: "Lyon" },
  { type: "text", text: "b", negated: true },
  { type: "number", number: "3.5" },
  { type: "percent", number: "20" },
  { type: "of_average", percent: "115" },
  { type: "multiple", factor: "3", field: "average_order_value" },
  { type: "boolean", value: false },
  { type: "word", name: "vip" },
  { type: "day", day: "2026-02-28" },
  { type: "instant", instant: "2026-01-01T10:00:00" },
  { type: "offset", amount: -30, unit: "d" },
  { type: "named", name: "today" },
  { type: "duration", seconds: 270 },
];

function drawn(roll: (sides: number) => number, depth: number): Document {
  const value = (): Value => simple[roll(simple.length)] as Value;
  const condition = (): ConditionDocument => {
    const asked = { field: `field_${roll(5)}`, ...(roll(4) === 0 && { anniversary: true as const }) };
    switch (roll(4)) {
      case 0:
        return { ...asked, operator: "IS NULL" };
      case 1:
        return { ...asked, operator: "IN", value: { type: "list", values: [value(), value()] } };
      case 2:
        return { ...asked, operator: "BETWEEN", value: { type: "range", low: value(), high: value() } };
      default:
        return { ...asked, operator: "=", value: value() };
    }
  };
  switch (depth === 0 ? 3 + roll(2) : roll(5)) {
    case 0:
    case 1:
      return {
        kind: roll(2) === 0 ? "and" : "or",
        terms: Array.from({ length: 2 + roll(3) }, () => drawn(roll, depth - 1)),
      };
    case 2:
      return { kind: "not", term: drawn(roll, depth - 1) };
    case 3:
      return { kind: "condition", ...condition() };
    default:
      return {
        kind: "match",
        function: "orders_placed",
        negated: roll(2) === 0,
        parameters: Array.from({ length: roll(3) }, condition),
      };
  }
}

test("nothing of a tree is lost in the builder", () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const tree = drawn(dice(seed), 4);
    expect(documentOf(draftOf(tree)), `seed ${seed}`).toEqual(tree);
    expect(documentOf(rootOf(tree)), `seed ${seed}`).toEqual(tree);
    expect(isComplete(rootOf(tree)), `seed ${seed}`).toBe(true);
  }
});

test("an emptied builder has no document", () => {
  expect(documentOf(rootOf(null))).toBeNull();
});

test("a group that is left empty takes no part, and one of one stands for its condition", () => {
  const age: Document = { kind: "condition", field: "age", operator: "IS NULL" };
  const root = rootOf(age);
  const empty: Draft = { key: -1, kind: "group", not: true, join: "or", terms: [] };
  expect(documentOf({ ...root, terms: [...root.terms, empty] })).toEqual(age);
  expect(documentOf({ ...empty, terms: root.terms })).toEqual({ kind: "not", term: age });
});

test("a condition without its value is not asked yet", () => {
  const written = (value: Value): boolean =>
    isComplete(draftOf({ kind: "condition", field: "f", operator: "=", value }));
  expect(isComplete(draftOf({ kind: "condition", field: "f", operator: "=" }))).toBe(false);
  expect(written({ type: "text", text: "" })).toBe(false);
  expect(written({ type: "list", values: [] })).toBe(false);
  expect(written({ type: "range", low: { type: "number", number: "1" }, high: { type: "number", number: "" } })).toBe(
    false,
  );
  expect(written({ type: "number", number: "0" })).toBe(true);
});
