import { expect, test } from "vitest";
import { readPlace, readSpan, writePlace, writeSpan } from "./spans";

test("lengths of time are read and written alike", () => {
  for (const written of ["90d", "15min", "4h", "6m", "1y"]) {
    const span = readSpan(written);
    expect(span && writeSpan(span)).toBe(written);
  }
  expect(readSpan("4:30")).toBeUndefined();
  expect(readSpan("")).toBeUndefined();
  expect(writeSpan({ amount: "", unit: "d" })).toBe("");
});

test("a place is two numbers", () => {
  expect(readPlace("47.2184, -1.5536")).toEqual(["47.2184", "-1.5536"]);
  expect(writePlace(readPlace("47.2184, -1.5536"))).toBe("47.2184, -1.5536");
  expect(writePlace(readPlace(""))).toBe("");
});
