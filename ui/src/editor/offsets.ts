/**
 * The server counts code points (Python), the editor UTF-16 units: a single emoji makes the two differ.
 * Offsets past the end are clamped to it.
 */

/** Where the server's offset stands in the editor. */
export function toEditorOffset(text: string, codePoints: number): number {
  let units = 0;
  let seen = 0;
  for (const character of text) {
    if (seen >= codePoints) break;
    units += character.length;
    seen += 1;
  }
  return units;
}

/** Where the editor's offset stands for the server. An offset inside a surrogate pair counts as before it. */
export function toServerOffset(text: string, units: number): number {
  let passed = 0;
  let seen = 0;
  for (const character of text) {
    passed += character.length;
    if (passed > units) break;
    seen += 1;
  }
  return seen;
}
