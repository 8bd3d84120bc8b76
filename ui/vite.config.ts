import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compiledTo, precompress } from "./scripts/precompress.ts";

const server = process.env["RELANCE_SERVER"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("src", import.meta.url)) },
    dedupe: ["@codemirror/state", "react", "react-dom"],
  },
  server: { proxy: { "/api": server, "/login": server, "/setup": server, "/demo": server, "/pages": server } },
  build: {
    outDir: compiledTo,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
});
