import { expect, test } from "vitest";
import { crossing } from "./matrix";

const flow = (from: string | null, to: string | null, customers: number, isNew = false) => ({
  from_segment: from,
  new: isNew,
  to_segment: to,
  customers,
  revenue: { amount: "0.00", currency: "EUR" },
});

const matrix = {
  first_day: "2026-10-01",
  end_day: "2026-11-01",
  places: [
    { segment_id: "a", name: "A" },
    { segment_id: "b", name: "B" },
  ],
  flows: [flow("a", "b", 3), flow(null, "a", 2, true), flow(null, "a", 5)],
  in_several: 0,
  whole: true,
  known_from: null,
};

test("newcomers and those who were in none of the segments are rows of their own", () => {
  const { from, to, customers } = crossing(matrix);
  expect(from.map((place) => place.id)).toEqual(["a", "b", "new", "none"]);
  expect(to.map((place) => place.id)).toEqual(["a", "b"]);
  expect([customers("a", "b"), customers("new", "a"), customers("none", "a"), customers("b", "a")]).toEqual([
    3, 2, 5, 0,
  ]);
});
