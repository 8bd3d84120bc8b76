import type { Settings } from "./settings";

/** Yes, no, or not said yet. */
export type Answer = boolean | undefined;
export type Answers = Record<string, Answer>;

interface TcData {
  eventStatus?: string;
  gdprApplies?: boolean;
  purpose?: { consents?: Record<number, boolean> };
}
interface ShopifyPrivacy {
  analyticsProcessingAllowed?: () => boolean;
  currentVisitorConsent?: () => { analytics?: string };
}
/** What banners put on a page. */
export interface Banners {
  __tcfapi?: (command: string, version: number, callback: (data: TcData, success: boolean) => void) => void;
  Shopify?: {
    customerPrivacy?: ShopifyPrivacy;
    loadFeatures?: (features: { name: string; version: string }[], callback: () => void) => void;
  };
}

const EVERY = 500;
const TRIES = 40;

/** One answer from all: a single no is a no; who was asked and is silent is waited for, unless the shop itself said yes. */
export function verdict(answers: Answers): Answer {
  const said = Object.values(answers);
  if (said.includes(false)) return false;
  if (answers["shop"]) return true;
  return said.includes(undefined) ? undefined : said.includes(true) || undefined;
}

/** Whether the shop's own word counts as a yes: not where it has named a banner. */
export function isOwnWord(settings: Settings): boolean {
  return !settings.consent || settings.consent === "manual";
}

/** What a call of `relance.consent(…)` says. */
export function called(said: unknown): boolean {
  return said === true || (said as { analytics?: unknown } | null)?.analytics === true;
}

/** What an IAB banner says; undefined while the visitor is looking at it. */
export function tcfAnswer(data: TcData, success: boolean, purposes: number[]): Answer {
  if (!success || !/^(tcloaded|useractioncomplete)$/.test(data.eventStatus || "")) return undefined;
  return data.gdprApplies === false || purposes.every((purpose) => data.purpose?.consents?.[purpose] === true);
}

/** What Shopify's banner says; undefined before the visitor has chosen. */
export function shopifyAnswer(privacy: ShopifyPrivacy): Answer {
  if (privacy.analyticsProcessingAllowed?.()) return true;
  return privacy.currentVisitorConsent?.().analytics === "" ? undefined : false;
}

/** Listen to the banners of this page, also to one that comes later; `hear` is told each answer. */
export function listen(page: Banners, settings: Settings, hear: (who: string, said: Answer) => void): void {
  const tcf = () => {
    if (!page.__tcfapi) return false;
    hear("tcf", undefined);
    page.__tcfapi("addEventListener", 2, (data, success) => {
      const said = tcfAnswer(data, success, settings.purposes);
      if (said !== undefined) hear("tcf", said);
    });
    return true;
  };
  const look = () => {
    const privacy = page.Shopify?.customerPrivacy;
    if (privacy) hear("shopify", shopifyAnswer(privacy));
  };
  const shopify = () => {
    if (!page.Shopify?.customerPrivacy && !page.Shopify?.loadFeatures) return false;
    hear("shopify", undefined);
    if (page.Shopify.customerPrivacy) look();
    else page.Shopify.loadFeatures?.([{ name: "consent-tracking-api", version: "0.1" }], look);
    return true;
  };
  const { consent = "shopify tcf" } = settings;
  if (consent.includes("tcf")) until(tcf);
  if (!consent.includes("shopify")) return;
  document.addEventListener("visitorConsentCollected", look);
  until(shopify);
}

function until(found: () => boolean, tries = TRIES): void {
  if (!found() && tries) setTimeout(() => until(found, tries - 1), EVERY);
}
