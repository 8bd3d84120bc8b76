import { expect, test } from "vitest";
import { batchOf, HEAVIEST, merged, MOST, OLDEST, readQueue, weigh, without, type Message } from "./queue";

const NOW = Date.parse("2026-03-10T09:00:00Z");
const message = (id: string, age = 0, weight = 0): Message => ({
  type: "track",
  messageId: id,
  timestamp: new Date(NOW - age).toISOString(),
  properties: { name: "é".repeat(weight) },
});
const ids = (queue: Message[]) => queue.map((one) => one.messageId);

test("two queues are one, each message once and none older than a day", () => {
  const kept = [message("a"), message("old", OLDEST), message("b")];
  expect(ids(merged(kept, [message("b"), message("c")], NOW))).toEqual(["a", "b", "c"]);
});

test("the newest hundred stay", () => {
  const many = Array.from({ length: MOST + 20 }, (_, place) => message(String(place)));
  const left = merged(many, [], NOW);
  expect(left).toHaveLength(MOST);
  expect(left[0]!.messageId).toBe("20");
});

test("a batch has a size and a weight, and at least one message", () => {
  const many = Array.from({ length: 30 }, (_, place) => message(String(place)));
  expect(batchOf(many, 20)).toHaveLength(20);
  expect(batchOf(many, 100)).toHaveLength(30);
  const heavy = Array.from({ length: 10 }, (_, place) => message(String(place), 0, 5_000));
  const batch = batchOf(heavy, 100);
  expect(batch.map(weigh).reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(HEAVIEST);
  expect(batch.length).toBe(5);
  expect(batchOf([message("big", 0, HEAVIEST), message("b")], 20)).toHaveLength(1);
});

test("batches one after another hold everything once", () => {
  let left = Array.from({ length: 57 }, (_, place) => message(String(place), 0, place * 100));
  const seen: string[] = [];
  while (left.length) {
    const batch = batchOf(left, 20);
    seen.push(...ids(batch));
    left = without(left, batch);
  }
  expect(seen).toEqual(Array.from({ length: 57 }, (_, place) => String(place)));
});

test.each([null, "", "{", "{}", "1", "[1,null,{}]"])("a kept queue that is %s is empty", (text) => {
  expect(readQueue(text)).toEqual([]);
});
