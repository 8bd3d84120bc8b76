import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Where compiled files go. */
export const compiledTo =
  process.env["RELANCE_UI_OUT"] ?? fileURLToPath(new URL("../../src/relance/web/_ui", import.meta.url));

const compressible = /\.(?:js|css|html|svg|json)$/;

/** Writes a `.br` and a `.gz` beside each text file, because the server sends files and does not compress them. */
export function precompress(chosen = compressible): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const entry of readdirSync(compiledTo, { recursive: true, encoding: "utf8" })) {
        if (!chosen.test(entry) || !compressible.test(entry)) continue;
        const path = join(compiledTo, entry);
        const text = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}
