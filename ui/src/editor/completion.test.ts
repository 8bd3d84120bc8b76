import { expect, test } from "vitest";
import { toEditorCompletion, toEditorOption } from "./completion";

test("the server's code points become the editor's units", () => {
  const query = "customer_tags CONTAINS '🛁' AND numb";
  const points = [...query].length;
  const found = toEditorCompletion(query, {
    start: points - 4,
    end: points,
    options: [{ text: "number_of_orders", label: "number_of_orders", kind: "field", detail: "Nombre de commandes" }],
  });
  expect(found?.from).toBe(query.length - 4);
  expect(found?.to).toBe(query.length);
});

test("the server's order is kept and its text, not its label, is inserted", () => {
  const found = toEditorCompletion("", {
    start: 0,
    end: 0,
    options: [
      { text: "b ", label: "b", kind: "value", detail: null },
      { text: "a ", label: "a", kind: "field", detail: null },
    ],
  });
  expect(found?.filter).toBe(false);
  expect(found?.options.map((option) => [option.label, option.apply])).toEqual([
    ["b", "b "],
    ["a", "a "],
  ]);
});

test("no options, no list", () => {
  expect(toEditorCompletion("x", { start: 0, end: 1, options: [] })).toBeNull();
});

test("an unknown kind still has an icon, an absent detail no empty line", () => {
  expect(toEditorOption({ text: "x", label: "x", kind: "new", detail: null })).toEqual({
    label: "x",
    apply: "x",
    type: "text",
  });
});
