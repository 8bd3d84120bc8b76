/** The JSON form of a query, as `/api/segments/tree` gives it. */

export type Value =
  | { type: "text"; text: string; negated?: true }
  | { type: "number"; number: string }
  | { type: "percent"; number: string }
  | { type: "of_average"; percent: string }
  | { type: "multiple"; factor: string; field: string }
  | { type: "boolean"; value: boolean }
  | { type: "word"; name: string }
  | { type: "day"; day: string }
  | { type: "instant"; instant: string }
  | { type: "offset"; amount: number; unit: string }
  | { type: "named"; name: string }
  | { type: "duration"; seconds: number }
  | { type: "list"; values: Value[] }
  | { type: "range"; low: Value; high: Value };

export interface ConditionDocument {
  field: string;
  operator: string;
  anniversary?: true;
  value?: Value;
}

export type Document =
  | { kind: "and" | "or"; terms: Document[] }
  | { kind: "not"; term: Document }
  | ({ kind: "condition" } & ConditionDocument)
  | { kind: "match"; function: string; negated: boolean; parameters: ConditionDocument[] };

const plain: { [Type in Value["type"]]: (value: Extract<Value, { type: Type }>) => string } = {
  text: (value) => (value.negated ? `NOT '${value.text}'` : `'${value.text}'`),
  number: (value) => value.number,
  percent: (value) => `${value.number}%`,
  of_average: (value) => `${value.percent}% OF AVERAGE`,
  multiple: (value) => `${value.factor} * ${value.field}`,
  boolean: (value) => String(value.value),
  word: (value) => value.name,
  day: (value) => value.day,
  instant: (value) => value.instant,
  offset: (value) => `${value.amount > 0 ? "+" : ""}${value.amount}${value.unit}`,
  named: (value) => value.name,
  duration: (value) => `${value.seconds}s`,
  list: (value) => `(${value.values.map(shown).join(", ")})`,
  range: (value) => `${shown(value.low)} AND ${shown(value.high)}`,
};

/** A value as it stands in a query, to be read where it cannot be edited. */
export function shown(value: Value): string {
  return (plain[value.type] as (value: Value) => string)(value);
}
