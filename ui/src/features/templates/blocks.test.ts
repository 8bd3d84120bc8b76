import { expect, test } from "vitest";
import { blockTypes, fields, moved, newBlock, saidBy } from "./blocks";

test("a thing moves by one place and stops at both ends", () => {
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});

test("a new block has its type and an empty text wherever one is asked for", () => {
  for (const type of blockTypes) {
    const made = newBlock(type, "legal") as unknown as Record<string, unknown>;
    expect(made.type).toBe(type);
    for (const [name, kind] of fields[type]) if (kind === "line") expect(made[name]).toEqual({ en: "", fr: "" });
  }
});

test("a block is told by its first words, with tags left out", () => {
  const block = { type: "heading", text: { en: "Hello {{ first_name }}!", fr: "Bonjour" } } as const;
  expect(saidBy(block, "en")).toBe("Hello …!");
  expect(saidBy(block, "fr")).toBe("Bonjour");
});
