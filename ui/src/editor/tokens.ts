import { StateEffect, StateField, type Extension, type Range } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";
import type { Schemas } from "@/api/client";
import { toEditorOffset } from "./offsets";

type Token = Schemas["Token"];

/** Colours the text by the server's tokens. They belong to `query`: when the text has changed since, they are dropped. */
export const setTokens = StateEffect.define<{ query: string; tokens: Token[] }>();

/** The coloured pieces, in the editor's units and in order. */
export function tokenRanges(query: string, tokens: Token[]): { from: number; to: number; kind: string }[] {
  return tokens
    .map(({ start, end, kind }) => ({ from: toEditorOffset(query, start), to: toEditorOffset(query, end), kind }))
    .filter(({ from, to }) => from < to)
    .sort((one, other) => one.from - other.from);
}

function decorate(query: string, tokens: Token[]): DecorationSet {
  const marks: Range<Decoration>[] = tokenRanges(query, tokens).map(({ from, to, kind }) =>
    Decoration.mark({ class: `query-${kind}`, inclusiveEnd: true }).range(from, to),
  );
  return Decoration.set(marks);
}

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let moved = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setTokens)) continue;
      const { query, tokens } = effect.value;
      if (query === transaction.newDoc.toString()) moved = decorate(query, tokens);
    }
    return moved;
  },
  provide: (marks) => EditorView.decorations.from(marks),
});

export const tokenColours: Extension = field;
