import { expect, test } from "vitest";
import { campaignOf, pageFacts, searchOf, trimmed } from "./page";

const ADDRESS =
  "https://shop.example/soap?utm_source=News&utm_campaign=spring&email=a%40b.fr&id=5&id=6&q=%20clay%20#top";

test("an address keeps only the parameters that were asked for", () => {
  expect(trimmed(ADDRESS, [])).toBe("https://shop.example/soap");
  expect(trimmed(ADDRESS, ["id", "none"])).toBe("https://shop.example/soap?id=5&id=6");
});

test("a page is told in Segment's words, its referrer without parameters", () => {
  expect(pageFacts(ADDRESS, "https://mail.example/inbox?user=anna", "Soap", [])).toEqual({
    url: "https://shop.example/soap",
    path: "/soap",
    title: "Soap",
    referrer: "https://mail.example/inbox",
  });
});

test("the shop itself is no referrer, nor is an app", () => {
  for (const referrer of ["https://shop.example/other", "android-app://com.example", ""])
    expect(pageFacts(ADDRESS, referrer, "Soap", [])).not.toHaveProperty("referrer");
});

test("the campaign has Segment's names", () => {
  expect(campaignOf(ADDRESS)).toEqual({ source: "News", name: "spring" });
  expect(campaignOf("https://shop.example/?utm_source=")).toBeUndefined();
});

test("a search stands in the address", () => {
  expect(searchOf(ADDRESS, ["s", "q"])).toBe("clay");
  expect(searchOf("https://shop.example/?q=", ["q"])).toBeUndefined();
});
