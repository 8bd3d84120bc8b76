/** Which value a condition starts with, and which control can edit the one that it has. */
import type { Value } from "./document";
import type { Schemas } from "@/shared/useAnswer";

export type Term = Schemas["Term"];
export type Sign = Schemas["Sign"];

const texts: ReadonlySet<string> = new Set(["text", "enum", "id", "text_list", "id_list"]);
const numbers: ReadonlySet<string> = new Set(["integer", "decimal", "money"]);

function startOfOne(term: Term): Value {
  if (numbers.has(term.kind)) return { type: "number", number: "" };
  switch (term.kind) {
    case "boolean":
      return { type: "boolean", value: true };
    case "date":
      return { type: "offset", amount: -30, unit: "d" };
    case "duration":
      return { type: "duration", seconds: 60 };
    case "point":
      return { type: "list", values: [startNumber, startNumber] };
    case "steps":
      return { type: "list", values: [{ type: "text", text: "" }] };
    default:
      return { type: "text", text: term.values[0]?.value ?? "" };
  }
}

const startNumber: Value = { type: "number", number: "" };

/** The value that an operator starts with; undefined for one that takes none. */
export function startValue(term: Term, takes: Sign["takes"]): Value | undefined {
  switch (takes) {
    case "nothing":
      return undefined;
    case "share":
      return { type: "percent", number: "20" };
    case "list":
      return { type: "list", values: [] };
    case "range":
      return { type: "range", low: startOfOne(term), high: startOfOne(term) };
    case "one":
      return startOfOne(term);
  }
}

/** The operator that a condition starts with: moments and amounts are mostly asked from one on. */
export function startSign(term: Term): string | undefined {
  return term.kind !== "enum" && term.operators.includes(">=") ? ">=" : term.operators[0];
}

export type Control =
  | "none"
  | "text"
  | "texts"
  | "number"
  | "numbers"
  | "share"
  | "boolean"
  | "date"
  | "duration"
  | "range"
  | "steps"
  | "place";

function controlOfOne(term: Term, value: Value): Control | null {
  switch (value.type) {
    case "text":
      return texts.has(term.kind) && !value.negated ? "text" : null;
    case "number":
      return numbers.has(term.kind) ? "number" : texts.has(term.kind) ? "text" : null;
    case "of_average":
    case "percent":
      return numbers.has(term.kind) ? "number" : null;
    case "boolean":
      return "boolean";
    case "day":
    case "instant":
    case "offset":
    case "named":
      return term.kind === "date" ? "date" : null;
    case "duration":
      return term.kind === "duration" ? "duration" : null;
    default:
      return null;
  }
}

function controlOfList(term: Term, values: Value[]): Control | null {
  if (term.kind === "steps") return values.every((one) => one.type === "text") ? "steps" : null;
  if (term.kind === "point")
    return values.length === 2 && values.every((one) => one.type === "number") ? "place" : null;
  if (texts.has(term.kind)) return values.every((one) => one.type === "text" && !one.negated) ? "texts" : null;
  return numbers.has(term.kind) && values.every((one) => one.type === "number") ? "numbers" : null;
}

/** The control that edits a value without changing what it does not show; null when only the text can. */
export function controlOf(term: Term, takes: Sign["takes"], value: Value | undefined): Control | null {
  if (takes === "nothing") return "none";
  if (value === undefined) return null;
  if (value.type === "list") return controlOfList(term, value.values);
  if (takes === "share") return value.type === "percent" ? "share" : null;
  if (value.type === "range") {
    const [low, high] = [controlOfOne(term, value.low), controlOfOne(term, value.high)];
    return low !== null && low === high ? "range" : null;
  }
  return controlOfOne(term, value);
}
