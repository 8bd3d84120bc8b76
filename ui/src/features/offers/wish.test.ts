import { describe, expect, it } from "vitest";
import { bodyOf, isReady, noWish, usedShare } from "./wish";

describe("an offer's form", () => {
  it("asks for a name that fits an address", () => {
    expect(isReady({ ...noWish, name: "welcome-10" })).toBe(true);
    expect(isReady({ ...noWish, name: "Welcome 10" })).toBe(false);
    expect(isReady(noWish)).toBe(false);
  });

  it("sends amounts with a point, and none of free delivery", () => {
    expect(bodyOf({ ...noWish, benefit: "amount", amount: "7,50" }).amount).toBe("7.50");
    expect(bodyOf({ ...noWish, benefit: "free_delivery" }).amount).toBeNull();
    expect(bodyOf({ ...noWish, minimum: " " }).minimum).toBeNull();
    expect(bodyOf({ ...noWish, maker: "shopify" }).connection).toBe("shopify");
  });

  it("says which share of the promised codes was used", () => {
    expect(usedShare({ held: 3, redeemed: 1 })).toBe(0.25);
    expect(usedShare({ held: 0, redeemed: 0 })).toBeNull();
  });
});
