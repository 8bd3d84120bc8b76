/** What the visual builder edits: a document with keys, whose groups may be empty and whose values may be missing. */
import type { ConditionDocument, Document, Value } from "./document";

export interface ConditionDraft extends ConditionDocument {
  key: number;
  kind: "condition";
  not: boolean;
}

export interface MatchDraft {
  key: number;
  kind: "match";
  not: boolean;
  function: string;
  negated: boolean;
  parameters: ConditionDraft[];
}

export interface GroupDraft {
  key: number;
  kind: "group";
  not: boolean;
  join: "and" | "or";
  terms: Draft[];
}

export type Draft = ConditionDraft | MatchDraft | GroupDraft;

let last = 0;

/** A key that no other draft has. */
export function nextKey(): number {
  last += 1;
  return last;
}

/** Only what a document says of a condition. */
function conditionDocument({ field, operator, anniversary, value }: ConditionDocument): ConditionDocument {
  return { field, operator, ...(anniversary && { anniversary }), ...(value && { value }) };
}

export function conditionOf(document: ConditionDocument): ConditionDraft {
  return { ...document, key: nextKey(), kind: "condition", not: false };
}

/** A document as a draft. `not` is a mark of what it denies; a denial of a denial becomes a group of one. */
export function draftOf(document: Document): Draft {
  switch (document.kind) {
    case "and":
    case "or":
      return { key: nextKey(), kind: "group", not: false, join: document.kind, terms: document.terms.map(draftOf) };
    case "not": {
      const term = draftOf(document.term);
      return term.not
        ? { key: nextKey(), kind: "group", not: true, join: "and", terms: [term] }
        : { ...term, not: true };
    }
    case "condition":
      return conditionOf(conditionDocument(document));
    case "match":
      return { ...document, key: nextKey(), not: false, parameters: document.parameters.map(conditionOf) };
  }
}

/** The group at the root: what is no group itself stands in one alone. */
export function rootOf(document: Document | null): GroupDraft {
  const draft = document && draftOf(document);
  if (draft?.kind === "group" && !draft.not) return draft;
  return { key: nextKey(), kind: "group", not: false, join: "and", terms: draft ? [draft] : [] };
}

const without: ReadonlySet<string> = new Set(["IS NULL", "IS NOT NULL"]);

function isWritten(value: Value): boolean {
  switch (value.type) {
    case "text":
      return value.text !== "";
    case "number":
    case "percent":
      return value.number !== "";
    case "of_average":
      return value.percent !== "";
    case "day":
      return value.day !== "";
    case "instant":
      return value.instant !== "";
    case "list":
      return value.values.length > 0 && value.values.every(isWritten);
    case "range":
      return isWritten(value.low) && isWritten(value.high);
    default:
      return true;
  }
}

/** Whether every condition of a draft has what it needs to be asked. */
export function isComplete(draft: Draft): boolean {
  switch (draft.kind) {
    case "group":
      return draft.terms.every(isComplete);
    case "match":
      return draft.parameters.every(isComplete);
    case "condition":
      return without.has(draft.operator) || (draft.value !== undefined && isWritten(draft.value));
  }
}

function bare(draft: Draft): Document | null {
  switch (draft.kind) {
    case "condition":
      return { kind: "condition", ...conditionDocument(draft) };
    case "match":
      return {
        kind: "match",
        function: draft.function,
        negated: draft.negated,
        parameters: draft.parameters.map(conditionDocument),
      };
    case "group": {
      const terms = draft.terms.map(documentOf).filter((term) => term !== null);
      return terms.length > 1 ? { kind: draft.join, terms } : (terms[0] ?? null);
    }
  }
}

/** The document of a draft; null when it has no condition. Empty groups are left out. */
export function documentOf(draft: Draft): Document | null {
  const found = bare(draft);
  return found && draft.not ? { kind: "not", term: found } : found;
}
