import { forget, recall, remember } from "./memory";
import { batchOf, merged, readQueue, without, type Message } from "./queue";
import { backoff, isPassing, retryAfter } from "./retry";
import type { Settings } from "./settings";

const NAME = "relance_queue";

/** Brings events to the server: in batches, by beacon when the page goes, later when the network is away. */
export interface Sender {
  add: (message: Message) => void;
  /** Send now what waits, also what an earlier page could not send; not before the server wants it. */
  flush: () => void;
  /** The page may be gone the next moment. */
  leave: () => void;
  /** Forget everything, stop what is on its way. */
  drop: () => void;
}

/** The sender of a page. What it was given before stays with it while it `may` not send. */
export function sender(settings: Settings, may: () => boolean): Sender {
  const address = `${settings.endpoint}/v1/batch`;
  let fresh: Message[] = [];
  let flying: Message[] = [];
  let failures = 0;
  let notBefore = 0;
  let isAsked = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request = new AbortController();

  const kept = () => readQueue(recall(NAME));
  const bodyOf = (batch: Message[]) =>
    JSON.stringify({ batch, sentAt: new Date().toISOString(), writeKey: settings.key });

  const keep = (queue: Message[]) => {
    if (queue.length) return remember(NAME, JSON.stringify(queue));
    forget(NAME);
    return true;
  };
  const park = () => {
    const all = merged(kept(), fresh, Date.now());
    fresh = keep(all) ? [] : all;
  };
  const later = (wait: number) => {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  };
  const failed = (asked: number) => {
    const wait = Math.max(asked, backoff(failures++, Math.random()));
    notBefore = Date.now() + wait;
    isAsked = asked > 0;
    fresh = merged(flying, fresh, Date.now());
    flying = [];
    park();
    later(wait);
  };
  const arrived = (batch: Message[]) => {
    flying = [];
    failures = 0;
    isAsked = false;
    fresh = without(fresh, batch);
    const left = without(kept(), batch);
    keep(left);
    if (left.length || fresh.length) later(left.length || fresh.length >= settings.size ? 0 : settings.wait);
  };

  function flush(): void {
    if (flying.length || !may()) return;
    const now = Date.now();
    if (now < notBefore) return later(notBefore - now);
    const batch = batchOf(merged(kept(), fresh, now), settings.size);
    if (!batch.length) return;
    flying = batch;
    const mine = request;
    fetch(address, {
      method: "POST",
      body: bodyOf(batch),
      headers: { "Content-Type": "text/plain" },
      credentials: "omit",
      keepalive: true,
      signal: mine.signal,
    }).then(
      (answer) => {
        if (mine.signal.aborted) return;
        if (isPassing(answer.status)) failed(retryAfter(answer.headers.get("Retry-After"), Date.now()));
        else arrived(batch);
      },
      () => mine.signal.aborted || failed(0),
    );
  }

  return {
    add(message) {
      fresh.push(message);
      if (failures) park();
      else if (fresh.length >= settings.size) flush();
      else if (fresh.length === 1) later(settings.wait);
    },
    flush() {
      if (!isAsked) notBefore = 0;
      flush();
    },
    leave() {
      if (!may()) return;
      if (failures || navigator.onLine === false) return park();
      fresh = without(fresh, flying);
      while (fresh.length) {
        const batch = batchOf(fresh, settings.size);
        if (!navigator.sendBeacon(address, bodyOf(batch))) return park();
        fresh = without(fresh, batch);
      }
    },
    drop() {
      clearTimeout(timer);
      request.abort();
      request = new AbortController();
      fresh = flying = [];
      failures = notBefore = 0;
      isAsked = false;
      forget(NAME);
    },
  };
}
