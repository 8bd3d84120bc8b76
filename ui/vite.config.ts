import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const outDir = process.env["RELANCE_UI_OUT"] ?? fileURLToPath(new URL("../src/relance/web/_ui", import.meta.url));
const server = process.env["RELANCE_SERVER"] ?? "http://127.0.0.1:8000";
const compressible = /\.(?:js|css|html|svg|json)$/;

/** Writes a `.br` and a `.gz` beside each text file, because the server sends files and does not compress them. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const entry of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
        if (!compressible.test(entry)) continue;
        const path = join(outDir, entry);
        const text = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("src", import.meta.url)) },
    dedupe: ["@codemirror/state", "react", "react-dom"],
  },
  server: { proxy: { "/api": server, "/login": server, "/setup": server, "/demo": server, "/pages": server } },
  build: {
    outDir,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
});
