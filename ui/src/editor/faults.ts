import type { Diagnostic } from "@codemirror/lint";
import type { Schemas } from "@/api/client";
import { toEditorOffset } from "./offsets";

type Fault = Schemas["Fault"];

/**
 * Whether a fault is only a clause that is still being written: it lies at the end of the text, or under the cursor.
 * `cursor` is in the editor's units, null when the editor has no focus.
 */
export function isUnfinished(query: string, fault: Fault, cursor: number | null): boolean {
  if (cursor === null) return false;
  const start = toEditorOffset(query, fault.start);
  const end = toEditorOffset(query, fault.end);
  const atEnd = cursor >= query.trimEnd().length && end >= query.trimEnd().length;
  return atEnd || (start <= cursor && cursor <= end);
}

/** The underline of a fault: at least one character long, so that it can be seen at the end of the text. */
export function toDiagnostic(query: string, fault: Fault): Diagnostic {
  const end = toEditorOffset(query, fault.end);
  const start = Math.min(toEditorOffset(query, fault.start), Math.max(0, end - 1));
  return { from: start, to: Math.max(end, start), severity: "error", message: fault.message };
}
