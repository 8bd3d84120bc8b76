import { expect, test } from "vitest";
import { called, shopifyAnswer, tcfAnswer, verdict } from "./consent";

test.each([
  [{}, undefined],
  [{ shop: true }, true],
  [{ shop: false }, false],
  [{ remembered: true }, true],
  [{ tcf: undefined }, undefined],
  [{ tcf: undefined, shopify: true }, undefined],
  [{ tcf: undefined, shop: true }, true],
  [{ tcf: true, shopify: undefined }, undefined],
  [{ tcf: true }, true],
  [{ tcf: false, shop: true }, false],
  [{ gpc: false, shop: true, tcf: true, shopify: true }, false],
])("%o is %s", (answers, said) => {
  expect(verdict(answers)).toBe(said);
});

test("only a plain yes is a yes", () => {
  expect([true, { analytics: true }].map(called)).toEqual([true, true]);
  const others = [false, undefined, null, 1, "true", "yes", {}, { analytics: "yes" }, { marketing: true }];
  expect(others.map(called)).toEqual(others.map(() => false));
});

test("an IAB banner allows all purposes or nothing", () => {
  const purpose = { consents: { 1: true, 5: true, 8: false } };
  const said = { eventStatus: "tcloaded", gdprApplies: true, purpose };
  expect(tcfAnswer(said, true, [1, 5])).toBe(true);
  expect(tcfAnswer(said, true, [1, 5, 8])).toBe(false);
  expect(tcfAnswer({ ...said, purpose: {} }, true, [1])).toBe(false);
  expect(tcfAnswer({ eventStatus: "useractioncomplete", purpose }, true, [1])).toBe(true);
  expect(tcfAnswer({ ...said, gdprApplies: false, purpose: {} }, true, [1])).toBe(true);
});

test("an IAB banner that is open, or fails, has said nothing", () => {
  const said = { gdprApplies: false, purpose: { consents: { 1: true } } };
  expect(tcfAnswer({ ...said, eventStatus: "cmpuishown" }, true, [1])).toBeUndefined();
  expect(tcfAnswer(said, true, [1])).toBeUndefined();
  expect(tcfAnswer({ ...said, eventStatus: "tcloaded" }, false, [1])).toBeUndefined();
});

test("Shopify's banner before the choice is no refusal", () => {
  const privacy = (allowed: boolean, analytics: string) => ({
    analyticsProcessingAllowed: () => allowed,
    currentVisitorConsent: () => ({ analytics }),
  });
  expect(shopifyAnswer(privacy(true, "yes"))).toBe(true);
  expect(shopifyAnswer(privacy(true, ""))).toBe(true);
  expect(shopifyAnswer(privacy(false, ""))).toBeUndefined();
  expect(shopifyAnswer(privacy(false, "no"))).toBe(false);
  expect(shopifyAnswer({})).toBe(false);
});
