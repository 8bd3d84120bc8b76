import { called, isOwnWord, listen, verdict, type Answer, type Answers, type Banners } from "./consent";
import { newId } from "./ids";
import { campaignOf, pageFacts } from "./page";
import { productOf } from "./product";
import { MOST, type Message } from "./queue";
import { sender, type Sender } from "./sender";
import { withDefaults, type Settings } from "./settings";
import { forgetVisitor, knownVisitor, visitor } from "./visitor";
import { watch } from "./watching";

type Facts = Record<string, unknown>;
export type Calls = Record<string, (...given: never[]) => void>;

const CARTS: Record<string, string> = {
  add: "Product Added",
  remove: "Product Removed",
  view: "Cart Viewed",
  checkout: "Checkout Started",
};

/** The calls that a shop's pages can make. `origin` is where this script came from. */
export function tracker(origin: string, safely: (act: () => void) => void): Calls {
  const answers: Answers = {};
  let settings: Settings | undefined;
  let post: Sender | undefined;
  let waiting: Message[] = [];
  let said: Answer;
  let referrer = document.referrer;

  const stamp = (message: Message): Message => ({
    ...message,
    anonymousId: message.anonymousId || visitor(Date.now(), settings!.domain),
  });
  const put = (message: Omit<Message, "messageId" | "timestamp" | "context">, more?: Facts) => {
    if (!settings || said === false) return;
    const now = Date.now();
    const whole: Message = {
      ...message,
      messageId: newId(now),
      timestamp: new Date(now).toISOString(),
      context: {
        page: pageFacts(location.href, referrer, document.title, settings.query),
        campaign: campaignOf(location.href),
        locale: navigator.language,
        library: { name: "relance.js" },
        ...more,
      },
    };
    if (said) post!.add(stamp(whole));
    else waiting = [...waiting, whole].slice(-MOST);
  };
  const track = (event: string, properties: Facts = {}) => put({ type: "track", event, properties });

  const decide = () => {
    if (!settings) return;
    const before = said;
    if (!isOwnWord(settings) && answers["shop"]) delete answers["shop"];
    said = verdict(answers);
    if (said && !before) {
      for (const message of waiting) post!.add(stamp(message));
      waiting = [];
      post!.flush();
    }
    if (said === false) {
      waiting = [];
      post!.drop();
      forgetVisitor(settings.domain);
    }
  };
  const hear = (who: string, answer: Answer) => {
    // a banner's word counts for more than what an earlier page remembers
    delete answers["remembered"];
    answers[who] = answer;
    decide();
  };
  const page = (name?: string, properties: Facts = {}) => {
    put({
      type: "page",
      name,
      properties: { ...pageFacts(location.href, referrer, document.title, settings!.query), ...properties },
    });
    // further pages of this load come from the shop's own
    referrer = "";
  };

  const start = (given: Partial<Settings>) => {
    if (settings) return;
    settings = withDefaults(given, origin);
    post = sender(settings, () => said === true);
    if (settings.gpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) answers["gpc"] = false;
    listen(window as Banners, settings, (who, answer) => safely(() => hear(who, answer)));
    if (isOwnWord(settings) && !Object.keys(answers).length && knownVisitor(Date.now())) answers["remembered"] = true;
    decide();
    const leave = () => safely(() => post!.leave());
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
    addEventListener("online", () => safely(() => post!.flush()));
    if (settings.auto) watch(settings, { page, track }, safely);
  };

  return {
    init: start,
    track,
    page,
    identify(who: string | ({ token?: string } & Facts)) {
      const { token, ...traits } = typeof who === "string" ? { token: who } : who;
      put({ type: "identify", traits }, { userToken: token });
    },
    product: (product: unknown) => track("Product Viewed", productOf(product)),
    cart(action: string, properties: unknown) {
      track(CARTS[action] || action, productOf(properties));
    },
    search: (query: string, properties?: Facts) => track("Products Searched", { query, ...properties }),
    recommendation: (properties: unknown) => track("Recommendation Clicked", productOf(properties)),
    consent(said: unknown) {
      delete answers["remembered"];
      answers["shop"] = called(said);
      decide();
    },
    push(asked: { off?: boolean } = {}) {
      if (!settings) return;
      const { endpoint, key, domain } = settings;
      const known = said && visitor(Date.now(), domain);
      // some browsers ask in the moment of a click only
      const allowed = known && !asked.off && window.Notification?.requestPermission();
      const place = window as unknown as { relancePush?: (...given: unknown[]) => void };
      const begin = () => place.relancePush!({ endpoint, key, visitor: known, allowed }, asked);
      if (place.relancePush) return begin();
      const script = document.createElement("script");
      script.src = `${endpoint}/t/push.js`;
      script.onload = () => safely(begin);
      document.head.append(script);
    },
    reset() {
      post?.flush();
      if (settings) forgetVisitor(settings.domain);
    },
  } as Calls;
}
