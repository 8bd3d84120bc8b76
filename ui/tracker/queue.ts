/** One event as the server takes it: Segment's words. */
export interface Message {
  type: "track" | "page" | "identify";
  messageId: string;
  timestamp: string;
  anonymousId?: string;
  event?: string;
  name?: string;
  properties?: Record<string, unknown>;
  traits?: Record<string, unknown>;
  context?: Record<string, unknown>;
}

/** Events that wait for the network, at most. */
export const MOST = 100;
/** Milliseconds after which nobody waits for an event any more. */
export const OLDEST = 86_400_000;
/** Bytes of a request; browsers refuse 64 KiB from a page that is going. */
export const HEAVIEST = 60_000;

/** Both queues in one, each message once, without what is too old; the newest stay when there are too many. */
export function merged(first: Message[], second: Message[], now: number): Message[] {
  const once = new Map([...first, ...second].map((message) => [message.messageId, message]));
  return [...once.values()].filter((message) => now - Date.parse(message.timestamp) < OLDEST).slice(-MOST);
}

/** The first messages that fit into one request, at least one. */
export function batchOf(queue: Message[], size: number): Message[] {
  let bytes = 0;
  const end = queue.findIndex((message, place) => {
    bytes += weigh(message);
    return place > 0 && (place >= size || bytes > HEAVIEST);
  });
  return end < 0 ? queue : queue.slice(0, end);
}

/** The bytes of a message. */
export function weigh(message: Message): number {
  return new TextEncoder().encode(JSON.stringify(message)).length + 1;
}

/** The messages of a queue that are not in a batch. */
export function without(queue: Message[], batch: Message[]): Message[] {
  const gone = new Set(batch.map((message) => message.messageId));
  return queue.filter((message) => !gone.has(message.messageId));
}

/** The queue in a text that a browser kept. */
export function readQueue(text: string | null): Message[] {
  try {
    const read: unknown = JSON.parse(text || "[]");
    return Array.isArray(read) ? read.filter((message) => message && message.messageId && message.timestamp) : [];
  } catch {
    return [];
  }
}
