/** What a shop can say at `relance("init", …)`. */
export interface Settings {
  /** The shop's browser key. */
  key: string;
  /** Where Relance answers; the place that this script came from by default. */
  endpoint: string;
  /** Whose word counts as consent: the shop's own calls, Shopify's or an IAB banner's. By default whichever is there. */
  consent?: "manual" | "shopify" | "tcf";
  /** The purposes of the IAB framework that must all be allowed. */
  purposes: number[];
  /** Whether a browser that sends Global Privacy Control has said no. */
  gpc: boolean;
  /** The domain of the cookie, for a shop on several subdomains. */
  domain?: string;
  /** Whether pages, products, carts and searches are noted without a call. */
  auto: boolean;
  /** The parameters of an address in which a search stands. */
  search: string[];
  /** The parameters that stay in addresses; all others are cut off, for they may name a person. */
  query: string[];
  /** Events in a request, at most. */
  size: number;
  /** Milliseconds that an event may wait for others. */
  wait: number;
}

/** The settings of a shop, with what it left out. */
export function withDefaults(given: Partial<Settings>, origin: string): Settings {
  return {
    key: "",
    purposes: [1, 5, 8],
    gpc: false,
    auto: true,
    search: ["q", "s", "search_query"],
    query: [],
    size: 20,
    wait: 2000,
    ...given,
    endpoint: (given.endpoint || origin).replace(/\/+$/, ""),
  };
}
