import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Schemas } from "@/api/client";
import { toEditorOffset, toServerOffset } from "./offsets";

export type AskCompletion = (query: string, offset: number, signal: AbortSignal) => Promise<Schemas["Completion"]>;

const icons: Record<string, string> = {
  field: "property",
  function: "function",
  parameter: "variable",
  operator: "keyword",
  connector: "keyword",
  keyword: "keyword",
  value: "constant",
  date: "constant",
  segment: "class",
};

/** One of the server's options as the editor lists it. */
export function toEditorOption(option: Schemas["Option"]): Completion {
  return {
    label: option.label,
    apply: option.text,
    type: icons[option.kind] ?? "text",
    ...(option.detail ? { detail: option.detail } : {}),
  };
}

/** The server's answer in the editor's units; nothing when there is nothing to offer. */
export function toEditorCompletion(query: string, found: Schemas["Completion"]): CompletionResult | null {
  if (found.options.length === 0) return null;
  return {
    from: toEditorOffset(query, found.start),
    to: toEditorOffset(query, found.end),
    options: found.options.map(toEditorOption),
    filter: false,
  };
}

/** A completion source that asks the server; an answer that comes too late is dropped. */
export function completionSource(ask: AskCompletion) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const query = context.state.doc.toString();
    const stop = new AbortController();
    context.addEventListener("abort", () => stop.abort(), { onDocChange: true });
    try {
      return toEditorCompletion(query, await ask(query, toServerOffset(query, context.pos), stop.signal));
    } catch {
      return null;
    }
  };
}
