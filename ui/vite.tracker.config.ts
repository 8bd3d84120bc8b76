import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compiledTo, precompress } from "./scripts/precompress.ts";

/** The script for shops' pages: one file, for browsers of 2020 and later. Compiled after the interface, beside it. */
export default defineConfig({
  publicDir: false,
  plugins: [precompress(/^tracker\//)],
  build: {
    outDir: compiledTo,
    emptyOutDir: false,
    target: "es2020",
    minify: "oxc",
    reportCompressedSize: false,
    lib: {
      entry: fileURLToPath(new URL("tracker/index.ts", import.meta.url)),
      formats: ["iife"],
      name: "relanceTracker",
      fileName: () => "tracker/t.js",
    },
  },
});
