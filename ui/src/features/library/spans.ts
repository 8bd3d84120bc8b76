/** A length of time as the server writes it, such as "90d" or "15min", as a number and its unit. */
export interface Span {
  amount: string;
  unit: string;
}

export const units = {
  period: ["d", "w", "m", "y"],
  duration: ["min", "h", "d", "w"],
} as const;

/** The parts of a written length; undefined for other forms, such as minutes and seconds ("4:30"). */
export function readSpan(written: string): Span | undefined {
  const found = /^(\d+)\s*(min|[hdwmy])$/.exec(written.trim());
  return found ? { amount: found[1] ?? "", unit: found[2] ?? "" } : undefined;
}

/** What the server is sent; nothing without a number. */
export function writeSpan({ amount, unit }: Span): string {
  return amount === "" ? "" : `${amount}${unit}`;
}

/** The two numbers of a place, "47.2184, -1.5536". */
export function readPlace(written: string): [string, string] {
  const [north = "", east = ""] = written.split(",").map((part) => part.trim());
  return [north, east];
}

/** A place that is sent: nothing before both numbers are there. */
export function writePlace([north, east]: [string, string]): string {
  return north === "" && east === "" ? "" : `${north}, ${east}`;
}
