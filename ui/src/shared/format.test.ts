import { expect, test } from "vitest";
import { dayOf, makeFormat } from "./format";

const french = makeFormat({ language: "fr", currency: "EUR", zone: "Europe/Paris" });
const english = makeFormat({ language: "en", currency: "GBP", zone: "Europe/London" });

test("numbers take the reader's separators", () => {
  expect(french.number(37506)).toBe("37\u202f506");
  expect(english.number(37506)).toBe("37,506");
});

test("money keeps every digit of its decimal text", () => {
  expect(french.money({ amount: "1234.56", currency: "EUR" })).toBe("1\u202f234,56\u00a0€");
  expect(english.money({ amount: "1234.56", currency: "GBP" })).toBe("£1,234.56");
  expect(english.moneyRounded({ amount: "1234.56", currency: "GBP" })).toBe("£1,235");
  expect(english.money({ amount: "90071992547409931.07", currency: "GBP" })).toBe("£90,071,992,547,409,931.07");
});

test("a currency has its short sign in every language", () => {
  expect(french.money({ amount: "12.50", currency: "GBP" })).toBe("12,50\u00a0£");
});

test("a currency without cents keeps its units", () => {
  expect(english.money({ amount: "1500", currency: "JPY" })).toBe("¥1,500");
  expect(english.moneyOfMinor(1550)).toBe("£15.50");
  expect(makeFormat({ language: "en", currency: "JPY", zone: "UTC" }).moneyOfMinor(1550)).toBe("¥1,550");
});

test("a share is a percentage, a change has its sign", () => {
  expect(english.percent(0.1234)).toBe("12.3%");
  expect(english.change(12)).toBe("+12");
  expect(english.change(0)).toBe("0");
  expect(english.percentChange(-0.05)).toBe("-5%");
});

test("an instant is shown in the shop's zone, a calendar day as it is", () => {
  expect(french.date("2026-05-03T23:30:00Z")).toBe("4 mai 2026");
  expect(french.date("2026-05-03")).toBe("3 mai 2026");
  expect(english.month("2026-05")).toBe("May 26");
});

test("countries and languages have names", () => {
  expect(french.countryName("DE")).toBe("Allemagne");
  expect(french.countryName("Wonderland")).toBe("Wonderland");
  expect(english.languageName("fr")).toBe("French");
});

test("text that is no date is left alone", () => {
  expect(english.date("soon")).toBe("soon");
});

test("the day of an instant is the shop's", () => {
  expect(dayOf("2026-05-03T23:30:00Z", "Europe/Paris")).toBe("2026-05-04");
  expect(dayOf("2026-05-03", "Europe/Paris")).toBe("2026-05-03");
});
