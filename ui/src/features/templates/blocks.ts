import type { Schemas } from "@/shared/useAnswer";

export type Doc = Schemas["EmailDoc"];
export type Block = NonNullable<Doc["blocks"]>[number];
export type BlockType = Block["type"];

/** How a field of a block is edited: a text in each language, or a value that is the same in all of them. */
export type FieldKind =
  "line" | "text" | "url" | "source" | "limit" | "flag" | "code" | "picture" | "points" | "shared";

export const fields: Record<BlockType, [name: string, kind: FieldKind][]> = {
  heading: [
    ["text", "line"],
    ["small", "flag"],
  ],
  text: [["text", "text"]],
  image: [
    ["image", "picture"],
    ["alt", "line"],
    ["url", "url"],
    ["decorative", "flag"],
  ],
  button: [
    ["label", "line"],
    ["url", "url"],
    ["quiet", "flag"],
  ],
  divider: [],
  products: [
    ["title", "line"],
    ["source", "source"],
    ["limit", "limit"],
  ],
  basket: [
    ["title", "line"],
    ["source", "source"],
  ],
  recommendations: [
    ["title", "line"],
    ["source", "source"],
    ["limit", "limit"],
  ],
  coupon: [
    ["label", "line"],
    ["until", "line"],
    ["offer", "line"],
  ],
  review: [
    ["title", "line"],
    ["low", "line"],
    ["high", "line"],
  ],
  quote: [
    ["text", "text"],
    ["name", "line"],
  ],
  survey: [
    ["question", "line"],
    ["low", "line"],
    ["high", "line"],
  ],
  columns: [
    ["points", "points"],
    ["numbered", "flag"],
  ],
  signature: [["text", "line"]],
  mjml: [["code", "code"]],
  shared: [["shared", "shared"]],
};

export const blockTypes = Object.keys(fields) as BlockType[];

const blank = { en: "", fr: "" };
const defaults: Partial<Record<FieldKind, unknown>> = {
  line: blank,
  text: blank,
  url: "{{ shop_url }}",
  code: "<mj-section><mj-column><mj-text>…</mj-text></mj-column></mj-section>",
  points: [
    { title: blank, text: blank },
    { title: blank, text: blank },
  ],
};

/** A new block with every text that it must have, still empty. */
export function newBlock(type: BlockType, shared: string | undefined): Block {
  const made: Record<string, unknown> = { type };
  for (const [name, kind] of fields[type]) {
    if (kind in defaults && !(type === "image" && name === "url")) made[name] = defaults[kind];
    if (kind === "shared") made[name] = shared ?? "";
  }
  return made as unknown as Block;
}

/** The list with one thing moved by so many places, or unchanged where there is no such place. */
export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const to = from + by;
  if (to < 0 || to >= list.length) return [...list];
  const rest = list.filter((_, at) => at !== from);
  return [...rest.slice(0, to), list[from] as T, ...rest.slice(to)];
}

/** The first words of a block, to tell it from the others. */
export function saidBy(block: Block, language: string): string {
  for (const [name, kind] of fields[block.type]) {
    const value = (block as unknown as Record<string, unknown>)[name];
    if ((kind === "line" || kind === "text") && value && typeof value === "object") {
      const said = (value as Record<string, string>)[language] ?? "";
      if (said) return said.replace(/\{[{%].*?[}%]\}/g, "…").slice(0, 60);
    }
    if (kind === "shared" && typeof value === "string") return value;
  }
  return "";
}
