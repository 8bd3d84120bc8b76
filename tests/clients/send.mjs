// Sends events with the official Node client, and prints what it sent and what it was told.
import { createRequire } from 'node:module';

const [, , folder, url, key, events] = process.argv;
const { Analytics } = createRequire(`${folder}/`)('@segment/analytics-node');

const analytics = new Analytics({ writeKey: key, host: url, flushAt: 25, flushInterval: 500 });
const failed = [];
let waits = 0;
analytics.on('http_response', ({ status }) => {
  waits += status === 429 ? 1 : 0;
});
analytics.on('error', (error) => failed.push(String(error.reason ?? error.code)));

const sent = [];
for (let number = 0; number < Number(events); number += 1) {
  analytics.track(
    { userId: `user-${number % 7}`, event: 'Product Viewed', properties: { product_id: String(number), price: 9.5 } },
    (error, context) => sent.push(context.event.messageId),
  );
}
await analytics.closeAndFlush({ timeout: 120_000 });
process.stdout.write(JSON.stringify({ sent, waits, failed }));
