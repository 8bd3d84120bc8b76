import { expect, test } from "vitest";
import { backoff, isPassing, retryAfter } from "./retry";

const NOW = Date.parse("2026-03-10T09:00:00Z");

test("waits double up to five minutes, half of them by chance", () => {
  expect([0, 1, 2, 3].map((failures) => backoff(failures, 1))).toEqual([1000, 2000, 4000, 8000]);
  expect(backoff(3, 0)).toBe(4000);
  expect(backoff(60, 1)).toBe(300_000);
});

test("Retry-After is seconds or a date, an hour at most", () => {
  expect(retryAfter("30", NOW)).toBe(30_000);
  expect(retryAfter("Tue, 10 Mar 2026 09:01:00 GMT", NOW)).toBe(60_000);
  expect(retryAfter("999999", NOW)).toBe(3_600_000);
  expect([null, "", "soon", "-5", "Tue, 10 Mar 2026 08:00:00 GMT"].map((text) => retryAfter(text, NOW))).toEqual([
    0, 0, 0, 0, 0,
  ]);
});

test("a refusal is not repeated, trouble is", () => {
  expect([200, 400, 401, 403, 413].map(isPassing)).toEqual([false, false, false, false, false]);
  expect([408, 429, 500, 503].map(isPassing)).toEqual([true, true, true, true]);
});
