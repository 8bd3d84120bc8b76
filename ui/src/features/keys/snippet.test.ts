import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { snippet } from "./snippet";

test("the guide tells to paste the same", () => {
  const guide = new URL("../../../../docs/how-to/follow-what-visitors-do.md", import.meta.url);
  const [, told] = /```html\n(.*?)```/s.exec(readFileSync(guide, "utf8")) ?? [];
  expect(snippet("browser_YOUR_KEY", "https://relance.shop.example")).toBe(told);
});
