import type { Schemas } from "@/shared/useAnswer";

type Family = Schemas["LibraryFamily"];

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The families with the rows whose name, description or use has all the words; accents and capitals do not count. */
export function seek(families: Family[], words: string, family: string | null): Family[] {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  const meets = (row: Schemas["LibraryRow"]) => {
    const text = plain([row.name, row.description, row.use, row.query].join(" "));
    return wanted.every((word) => text.includes(word));
  };
  return families
    .filter((one) => family === null || one.family === family)
    .map((one) => ({ ...one, rows: one.rows.filter(meets) }))
    .filter((one) => one.rows.length > 0);
}
