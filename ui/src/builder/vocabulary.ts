import { answer, api } from "@/api/client";
import { useAnswer, type Schemas } from "@/shared/useAnswer";
import type { ConditionDocument, Value } from "./document";
import type { Sign, Term } from "./values";

export type FunctionTerm = Schemas["FunctionTerm"];

export interface Vocabulary {
  groups: Schemas["TermGroup"][];
  fields: ReadonlyMap<string, Term>;
  functions: ReadonlyMap<string, FunctionTerm>;
  signs: ReadonlyMap<string, Sign>;
}

function indexed({ groups, operators }: Schemas["Vocabulary"]): Vocabulary {
  return {
    groups,
    fields: new Map(groups.flatMap((group) => group.fields.map((one) => [one.name, one] as const))),
    functions: new Map(groups.flatMap((group) => group.functions.map((one) => [one.name, one] as const))),
    signs: new Map(operators.map((one) => [one.sign, one] as const)),
  };
}

/** Everything that a query of this shop can be built from. */
export function useVocabulary() {
  const { data, error } = useAnswer({
    key: ["vocabulary"],
    ask: async (signal) => answer(api.GET("/api/segments/fields", { signal })),
  });
  return { vocabulary: data ? indexed(data) : null, error };
}

const ordered: ReadonlySet<string> = new Set([">", ">=", "<", "<=", "BETWEEN"]);

const kinds: Partial<Record<Value["type"], string>> = {
  number: "decimal",
  boolean: "boolean",
  day: "date",
  instant: "date",
  offset: "date",
  named: "date",
};

function kindOf(value: Value): string {
  if (value.type === "range") return kindOf(value.low);
  if (value.type === "list") return value.values[0] ? kindOf(value.values[0]) : "text";
  return kinds[value.type] ?? "text";
}

/** A property of an event beyond the known parameters: it is read as what it is compared with. */
function propertyTerm({ field, operator, value }: ConditionDocument): Term {
  const kind = value === undefined ? "text" : kindOf(value);
  return {
    name: field,
    label: field.replace(/^properties\./, ""),
    help: null,
    kind: kind === "text" && ordered.has(operator) ? "decimal" : kind,
    unit: "",
    nullable: true,
    available: true,
    profiling: true,
    values: [],
    operators: ["=", "!=", ...ordered, "IN", "NOT IN", "CONTAINS", "NOT CONTAINS", "IS NULL", "IS NOT NULL"],
  };
}

/** What a condition on a parameter of a function speaks of; undefined for a name that this shop does not know. */
export function parameterOf(source: FunctionTerm | undefined, condition: ConditionDocument): Term | undefined {
  const known = source?.parameters.find((one) => one.name === condition.field);
  if (!source?.any_property || !condition.field.startsWith("properties.")) return known;
  const suits = condition.value === undefined || known?.kind === kindOf(condition.value);
  return known && suits ? known : propertyTerm(condition);
}
