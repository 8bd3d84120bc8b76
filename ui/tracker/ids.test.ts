import { expect, test } from "vitest";
import { madeAt, newId } from "./ids";

test("an id is a UUID of version 7 that carries its instant", () => {
  for (const now of [0, 1_773_133_200_123, 2 ** 48 - 1]) {
    const id = newId(now);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(madeAt(id)).toBe(now);
  }
});

test("ids of one millisecond differ", () => {
  expect(new Set(Array.from({ length: 1000 }, () => newId(5))).size).toBe(1000);
});

test.each(["", null, undefined, "x", "00000000-0000-4000-8000-000000000000"])("%s is no such id", (id) => {
  expect(madeAt(id)).toBeNaN();
});
