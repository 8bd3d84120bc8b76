import { expect, test } from "vitest";
import { isUnfinished, toDiagnostic } from "./faults";

const fault = (start: number, end: number) => ({ message: "?", start, end, line: 1, column: start + 1 });

test("a clause that is still being written at the end is no error yet", () => {
  const query = "customer_countries = ";
  expect(isUnfinished(query, fault(20, 20), query.length)).toBe(true);
});

test("nor is the word under the cursor", () => {
  const query = "nomber AND amount_spent > 10";
  expect(isUnfinished(query, fault(0, 6), 3)).toBe(true);
  expect(isUnfinished(query, fault(0, 6), 20)).toBe(false);
});

test("without focus everything is finished", () => {
  expect(isUnfinished("nomber", fault(0, 6), null)).toBe(false);
});

test("a fault at the very end underlines the last character", () => {
  expect(toDiagnostic("ab 🛁", fault(4, 4))).toMatchObject({ from: 4, to: 5 });
  expect(toDiagnostic("", fault(0, 0))).toMatchObject({ from: 0, to: 0 });
});
