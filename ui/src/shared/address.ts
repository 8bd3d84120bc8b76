/** A value of the address as text, or undefined when it is absent or empty. Numbers arrive as numbers. */
export function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
