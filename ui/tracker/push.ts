/** Web push on a shop's page: loaded when the page first asks for it, and told what the tracker knows. */

/** What a page says at `relance.push({…})`. */
export interface Asked {
  /** The text beside the button, word for word: it is kept as the proof of what was agreed to. */
  text?: string;
  /** Where the shop serves its service worker; a page that has one already says nothing. */
  worker?: string;
  /** Turn it off in this browser. */
  off?: boolean;
  /** Told what became of it. */
  done?: (state: State) => void;
}

/** `on` and `off` are what the visitor wished; everything else says what kept it from being done. */
export type State = "on" | "off" | "denied" | "unsupported" | "no_consent" | "no_text" | "failed";

/** What the tracker hands over. `visitor` is missing without consent to the tracker. */
export interface Known {
  endpoint: string;
  key: string;
  visitor: string | undefined;
  /** The browser was asked in the moment of the click, which some browsers insist on. */
  allowed: Promise<string> | undefined;
}

/** Kept for the service worker, which has no page to ask: see worker.ts. */
export interface Kept {
  endpoint: string;
  key: string;
  publicKey: string;
  subscribed: string;
}

export const CACHE = "relance-push";
export const PLACE = "/relance-push";

/** Turn notifications on or off in this browser. */
export async function push(known: Known, asked: Asked): Promise<State> {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unsupported";
  if (asked.off) return leave(known, asked);
  if (!known.visitor) return "no_consent";
  if (!asked.text) return "no_text";
  if ((await known.allowed) !== "granted") return "denied";
  const publicKey = await keyOf(known);
  const worker = await registration(asked);
  if (!publicKey || !worker) return "failed";
  const subscription = await subscribed(worker.pushManager, publicKey);
  const told = { act: "on", anonymousId: known.visitor, publicKey, subscription: subscription.toJSON() };
  if (!(await tell(known, asked, told))) return "failed";
  await keep({ endpoint: known.endpoint, key: known.key, publicKey, subscribed: subscription.endpoint });
  return "on";
}

async function leave(known: Known, asked: Asked): Promise<State> {
  const worker = await navigator.serviceWorker.getRegistration();
  const subscription = await worker?.pushManager.getSubscription();
  if (!subscription) return "off";
  // the server first: a subscription that only the browser has ended is found out with the next message
  const told = await tell(known, asked, { act: "off", endpoint: subscription.endpoint });
  await subscription.unsubscribe();
  await caches.delete(CACHE);
  return told ? "off" : "failed";
}

async function keyOf(known: Known): Promise<string | undefined> {
  const answer = await fetch(`${known.endpoint}/v1/push`, { credentials: "omit" });
  return answer.ok ? ((await answer.json()) as { publicKey: string }).publicKey : undefined;
}

async function registration(asked: Asked): Promise<ServiceWorkerRegistration | undefined> {
  if (asked.worker) await navigator.serviceWorker.register(asked.worker);
  else if (!(await navigator.serviceWorker.getRegistration())) return undefined;
  return navigator.serviceWorker.ready;
}

/** The browser's subscription under this key; one under another key is worth nothing any more. */
async function subscribed(manager: PushManager, publicKey: string): Promise<PushSubscription> {
  const wanted = bytesOf(publicKey);
  const held = await manager.getSubscription();
  const key = held?.options.applicationServerKey;
  if (held && key && String(new Uint8Array(key)) === String(wanted)) return held;
  await held?.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
}

async function tell(known: Known, asked: Asked, told: Record<string, unknown>): Promise<boolean> {
  const { origin, pathname } = location;
  const said = { writeKey: known.key, text: asked.text, page: origin + pathname };
  const language = document.documentElement.lang || navigator.language;
  const answer = await fetch(`${known.endpoint}/v1/push`, {
    method: "POST",
    body: JSON.stringify({ ...said, language, ...told }),
    headers: { "Content-Type": "text/plain" },
    credentials: "omit",
  });
  return answer.ok;
}

async function keep(kept: Kept): Promise<void> {
  await (await caches.open(CACHE)).put(PLACE, new Response(JSON.stringify(kept)));
}

/** The bytes of base64url, as a browser wants a key. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}
