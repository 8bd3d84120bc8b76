import { expect, test } from "vitest";
import { readHours, withEntry, withShare } from "./rules";

test("hours are read as they are typed", () => {
  expect(readHours("24, 48;168 ")).toEqual([24, 48, 168]);
  expect(readHours("24, x, -3, ")).toEqual([24]);
  expect(readHours("")).toEqual([]);
});

test("one entry of a list changes", () => {
  expect(withEntry(["a", "b", "c"], 1, "x")).toEqual(["a", "x", "c"]);
});

test("a share of nothing is no entry", () => {
  expect(withShare({}, "flow:a", 10)).toEqual({ "flow:a": 10 });
  expect(withShare({ "flow:a": 10, "flow:b": 5 }, "flow:a", 20)).toEqual({ "flow:a": 20, "flow:b": 5 });
  expect(withShare({ "flow:a": 10, "flow:b": 5 }, "flow:a", 0)).toEqual({ "flow:b": 5 });
});
