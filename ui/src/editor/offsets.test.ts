import { expect, test } from "vitest";
import { toEditorOffset, toServerOffset } from "./offsets";

const query = "customer_tags CONTAINS '🛁👨‍👩‍👧 bain' AND x";

test("an emoji is one code point for the server and two units for the editor", () => {
  const word = query.indexOf("bain");
  const points = [...query.slice(0, word)].length;
  expect(points).toBeLessThan(word);
  expect(toEditorOffset(query, points)).toBe(word);
  expect(toServerOffset(query, word)).toBe(points);
});

test("every code point goes there and back", () => {
  const points = [...query].length;
  for (let offset = 0; offset <= points; offset += 1) {
    expect(toServerOffset(query, toEditorOffset(query, offset))).toBe(offset);
  }
});

test("an offset inside a surrogate pair counts as before it", () => {
  expect(toServerOffset("🛁x", 1)).toBe(0);
  expect(toServerOffset("🛁x", 2)).toBe(1);
});

test("offsets past the end stop at the end", () => {
  expect(toEditorOffset("🛁", 9)).toBe(2);
  expect(toServerOffset("🛁", 9)).toBe(1);
  expect(toEditorOffset("", 4)).toBe(0);
});
