/** Fails when a part of the compiled interface outgrows its budget (gzip, kB). Run after `npm run build`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { join } from "node:path";

const budgets = { shell: 170, page: 130, chart: 260, tracker: 5, push: 2 };
const folder = process.env.RELANCE_UI_OUT ?? fileURLToPath(new URL("../../src/relance/web/_ui", import.meta.url));
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));

/** The chunks that load at once with this one. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

function weight(keys) {
  const files = [...keys].map((key) => manifest[key].file).filter((file) => file.endsWith(".js"));
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0) / 1000;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const shell = closure(entry);
const rows = [["shell", entry, weight(shell)]];
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  const own = [...closure(key)].filter((part) => !shell.has(part));
  rows.push([key.includes("charts/") ? "chart" : "page", key, weight(own)]);
}

for (const [kind, source, made] of [
  ["tracker", "tracker/index.ts", "t"],
  ["push", "tracker/push.page.ts", "push"],
  ["push", "tracker/worker.ts", "worker"],
])
  rows.push([kind, source, gzipSync(readFileSync(join(folder, `tracker/${made}.js`))).length / 1000]);

let over = 0;
for (const [kind, name, size] of rows) {
  const verdict = size > budgets[kind] ? "OVER" : "ok";
  if (verdict === "OVER") over += 1;
  process.stdout.write(
    `${verdict.padEnd(5)}${kind.padEnd(8)} ${size.toFixed(1).padStart(6)} / ${budgets[kind]} kB  ${name}\n`,
  );
}
process.exitCode = over ? 1 : 0;
