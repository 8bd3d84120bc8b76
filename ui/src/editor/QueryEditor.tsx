import "./editor.css";
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap, placeholder } from "@codemirror/view";
import { useEffect, useEffectEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import { completionSource, type AskCompletion } from "./completion";
import { toDiagnostic } from "./faults";
import { setTokens, tokenColours } from "./tokens";
import type { Schemas } from "@/api/client";

interface QueryEditorProps {
  label: string;
  /** The text that the editor starts with; later it owns its text. */
  initial: string;
  /** What the server said of `coloured.query`: its colours, and the fault to underline. */
  coloured: { query: string; tokens: Schemas["Token"][]; fault: Schemas["Fault"] | null } | null;
  /** Each new text; the cursor is in the editor's units, null without focus. */
  onChange: (query: string, cursor: number | null) => void;
  onSave: () => void;
  complete: AskCompletion;
}

/** The segment editor. It understands nothing itself: colours, completions and faults come from the server. */
export function QueryEditor({ label, initial, coloured, onChange, onSave, complete }: QueryEditorProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useEffectEvent(onChange);
  const saved = useEffectEvent(onSave);
  const ask = useEffectEvent(complete);
  const hint = t("editor.placeholder");
  const completions = t("editor.completions");

  useEffect(() => {
    if (!box.current) return;
    const save = () => {
      saved();
      return true;
    };
    const created = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: initial,
        extensions: [
          keymap.of([{ key: "Mod-Enter", run: save }]),
          history(),
          drawSelection(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ override: [completionSource((...asked) => ask(...asked))], icons: false }),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
          tokenColours,
          placeholder(hint),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off" }),
          EditorState.phrases.of({ Completions: completions }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged && !update.focusChanged && !update.selectionSet) return;
            const cursor = update.view.hasFocus ? update.state.selection.main.head : null;
            changed(update.state.doc.toString(), cursor);
          }),
        ],
      }),
    });
    view.current = created;
    return () => created.destroy();
  }, [initial, label, hint, completions]);

  useEffect(() => {
    const shown = view.current;
    if (!shown || !coloured || shown.state.doc.toString() !== coloured.query) return;
    const { query, tokens, fault } = coloured;
    shown.dispatch({ effects: setTokens.of({ query, tokens }) });
    shown.dispatch(setDiagnostics(shown.state, fault ? [toDiagnostic(query, fault)] : []));
  }, [coloured]);

  return <div ref={box} className="query-editor" />;
}
