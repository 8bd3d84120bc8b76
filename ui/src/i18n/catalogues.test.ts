import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import en from "./en.json";
import fr from "./fr.json";

type Tree = { [key: string]: string | Tree };

const pluralEnding = /_(?:zero|one|two|few|many|other)$/;

/** Every text by its dotted key. */
function flatten(tree: Tree, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix + name;
    if (typeof value === "string") found.set(key, value);
    else for (const [inner, text] of flatten(value, `${key}.`)) found.set(inner, text);
  }
  return found;
}

const texts = { en: flatten(en), fr: flatten(fr) };
const stems = (keys: Iterable<string>) => new Set([...keys].map((key) => key.replace(pluralEnding, "")));
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1]).sort();

const source = new URL("..", import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test."))
  .map((name) => readFileSync(new URL(name.replaceAll("\\", "/"), source), "utf8"));

test("both languages have the same keys", () => {
  expect([...stems(texts.fr.keys())].sort()).toEqual([...stems(texts.en.keys())].sort());
});

test("both languages fill the same placeholders", () => {
  for (const [key, text] of texts.fr) {
    const english = texts.en.get(key) ?? texts.en.get(key.replace(pluralEnding, "_other"));
    expect(placeholders(text), key).toEqual(placeholders(english ?? ""));
  }
});

test("a counted text has every plural form of its language", () => {
  for (const language of ["en", "fr"] as const) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of texts[language].keys()) {
      if (!key.endsWith("_other")) continue;
      for (const form of forms)
        expect(texts[language].has(key.replace(pluralEnding, `_${form}`)), `${key} ${form}`).toBe(true);
    }
  }
});

test("French punctuation has its narrow no-break space, apostrophes are curly", () => {
  for (const [key, text] of texts.fr) {
    expect(text, key).not.toMatch(/ [;:!?»]|« /);
    expect(text.replace(/\{\{\w+\}\}/g, ""), key).not.toMatch(/[^\s\u202f][;!?]|'/);
  }
});

test("every text is used, and every text that is used exists", () => {
  const fixed = new Set<string>();
  const open: string[] = [];
  for (const code of files) {
    for (const [, key] of code.matchAll(/"((?:[a-z_]+\.)+[a-z_]+)"/g)) fixed.add(key ?? "");
    for (const [, start] of code.matchAll(/`((?:[a-z_]+\.)+[a-z_]*)\$\{/g)) open.push(start ?? "");
    for (const [, key] of code.matchAll(/\bt\(\s*"([^"]+)"/g)) expect(stems(texts.fr.keys()), key).toContain(key);
  }
  for (const stem of stems(texts.fr.keys())) {
    const used = fixed.has(stem) || open.some((start) => stem.startsWith(start));
    expect(used, `${stem} is used nowhere`).toBe(true);
  }
});
