/** A part of a whole, or null when there is no whole to be part of. */
export function rate(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
