import { expect, test } from "vitest";
import { rate } from "./rate";

test("a rate of nothing is unknown, not zero", () => {
  expect(rate(0, 0)).toBeNull();
  expect(rate(1, 4)).toBe(0.25);
});
