/** The service worker of a shop's pages, or a part of the one that the shop has: `importScripts("…/t/worker.js")`. */
import { bytesOf, CACHE, PLACE, type Kept } from "./push";

interface Shown {
  relance?: number;
  title: string;
  text: string;
  url?: string;
  icon?: string;
  tag?: string;
  lang?: string;
}
interface Extendable extends Event {
  waitUntil: (work: Promise<unknown>) => void;
}
interface Pushed extends Extendable {
  data: { json: () => Shown } | null;
}
interface Clicked extends Extendable {
  notification: Notification;
}
interface Changed extends Extendable {
  oldSubscription?: PushSubscription | null;
  newSubscription?: PushSubscription | null;
}
interface Scope {
  registration: ServiceWorkerRegistration;
  clients: { openWindow: (url: string) => Promise<unknown> };
  addEventListener: <E>(name: string, hear: (event: E) => void) => void;
}

const scope = self as unknown as Scope;

/** Our own words in a message; nothing in one that somebody else sent to the same worker. */
function ours(event: Pushed): Shown | undefined {
  try {
    const shown = event.data?.json();
    return shown?.relance === 1 ? shown : undefined;
  } catch {
    return undefined;
  }
}

async function renew(event: Changed): Promise<void> {
  const answer = await (await caches.open(CACHE)).match(PLACE);
  if (!answer) return;
  const kept = (await answer.json()) as Kept;
  const subscription =
    event.newSubscription ||
    (await scope.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytesOf(kept.publicKey),
    }));
  const endpoint = event.oldSubscription?.endpoint || kept.subscribed;
  await fetch(`${kept.endpoint}/v1/push`, {
    method: "POST",
    body: JSON.stringify({ act: "renew", writeKey: kept.key, endpoint, subscription: subscription.toJSON() }),
    headers: { "Content-Type": "text/plain" },
    credentials: "omit",
  });
  const now = { ...kept, subscribed: subscription.endpoint };
  await (await caches.open(CACHE)).put(PLACE, new Response(JSON.stringify(now)));
}

scope.addEventListener<Pushed>("push", (event) => {
  const shown = ours(event);
  if (!shown) return;
  const { title, text, url, icon, tag, lang } = shown;
  event.waitUntil(scope.registration.showNotification(title, { body: text, icon, tag, lang, data: { relance: url } }));
});

scope.addEventListener<Clicked>("notificationclick", (event) => {
  const data = event.notification.data as { relance?: string } | null;
  if (!data || !("relance" in data)) return;
  event.notification.close();
  event.waitUntil(scope.clients.openWindow(data.relance || "/"));
});

scope.addEventListener<Changed>("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
