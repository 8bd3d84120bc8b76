import type { Schemas } from "@/api/client";

export const benefits = ["percent", "amount", "free_delivery"] as const;
export type Benefit = (typeof benefits)[number];

/** An offer as its form has it. `maker` is the connection that makes the codes; "" stands for a list. */
export interface Wish {
  name: string;
  benefit: Benefit;
  amount: string;
  minimum: string;
  hours: number;
  low: number;
  maker: string;
}

export const noWish: Wish = {
  name: "",
  benefit: "percent",
  amount: "10",
  minimum: "",
  hours: 720,
  low: 100,
  maker: "",
};

const named = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** The form of an offer that is there. */
export function wishOf(offer: Schemas["OfferStock"]): Wish {
  return {
    name: offer.offer_id,
    benefit: offer.benefit as Benefit,
    amount: offer.amount ?? "",
    minimum: offer.minimum ?? "",
    hours: offer.valid_hours,
    low: offer.low_at,
    maker: offer.connection ?? "",
  };
}

/** Whether the form says enough; what it says is judged by the server. */
export function isReady({ name, benefit, amount, hours }: Wish): boolean {
  return named.test(name) && hours > 0 && (benefit === "free_delivery" || amount.trim() !== "");
}

/** What is sent. */
export function bodyOf({ benefit, amount, minimum, hours, low, maker }: Wish): Schemas["WantedOffer"] {
  return {
    benefit,
    amount: benefit === "free_delivery" ? null : amount.trim().replace(",", "."),
    minimum: minimum.trim().replace(",", ".") || null,
    valid_hours: hours,
    low_at: low,
    connection: maker || null,
  };
}

/** The share of the codes that were promised which were used, from 0 to 1; null before any was. */
export function usedShare({ held, redeemed }: { held: number; redeemed: number }): number | null {
  return held + redeemed > 0 ? redeemed / (held + redeemed) : null;
}
