import { EditorState } from "@codemirror/state";
import { expect, test } from "vitest";
import { setTokens, tokenColours, tokenRanges } from "./tokens";

test("tokens after an emoji are shifted, empty ones dropped, all in order", () => {
  const query = "'🛁' AND x";
  const ranges = tokenRanges(query, [
    { start: 4, end: 7, kind: "keyword" },
    { start: 0, end: 3, kind: "string" },
    { start: 8, end: 8, kind: "field" },
  ]);
  expect(ranges).toEqual([
    { from: 0, to: 4, kind: "string" },
    { from: 5, to: 8, kind: "keyword" },
  ]);
});

test("tokens of an older text are not painted on a newer one", () => {
  const state = EditorState.create({ doc: "ab", extensions: [tokenColours] });
  const tokens = [{ start: 0, end: 9, kind: "field" }];
  expect(() => state.update({ effects: setTokens.of({ query: "abcdefghi", tokens }) }).state).not.toThrow();
});
