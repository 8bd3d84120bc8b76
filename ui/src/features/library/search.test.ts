import { expect, test } from "vitest";
import { seek } from "./search";

const row = (name: string, description: string) => ({
  library_id: name,
  row: "L1",
  name,
  description,
  use: "",
  query: "",
  suits: [],
  choices: [],
  partition: null,
  partition_label: null,
  sensitive: false,
  starter: false,
  available: true,
  must_choose: false,
  added: [],
});

const families = [
  { family: "l1", name: "A", rows: [row("Fidèles", "commandent souvent"), row("Perdus", "ne commandent plus")] },
  { family: "l2", name: "B", rows: [row("Acheteurs", "d’une catégorie")] },
];
const found = (words: string, family: string | null = null) =>
  seek(families, words, family).map((one) => [one.family, one.rows.map((ready) => ready.name)]);

test("every word has to be there, accents and capitals do not count", () => {
  expect(found("FIDELES souvent")).toEqual([["l1", ["Fidèles"]]]);
  expect(found("fidèles plus")).toEqual([]);
});

test("a family without a row left is left out", () => {
  expect(found("categorie")).toEqual([["l2", ["Acheteurs"]]]);
  expect(found("", "l1")).toEqual([["l1", ["Fidèles", "Perdus"]]]);
});
