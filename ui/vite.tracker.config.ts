import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compiledTo, precompress } from "./scripts/precompress.ts";

/** What is compiled from what, by mode: the script for shops' pages, its part for web push, and the service worker. */
const scripts: Record<string, [source: string, made: string]> = {
  production: ["index", "t"],
  push: ["push.page", "push"],
  worker: ["worker", "worker"],
};

/** The scripts for shops' pages: one file each, for browsers of 2020 and later. Compiled after the interface. */
export default defineConfig(({ mode }) => {
  const [source, made] = scripts[mode]!;
  return {
    publicDir: false,
    plugins: [precompress(/^tracker\//)],
    build: {
      outDir: compiledTo,
      emptyOutDir: false,
      target: "es2020",
      minify: "oxc",
      reportCompressedSize: false,
      lib: {
        entry: fileURLToPath(new URL(`tracker/${source}.ts`, import.meta.url)),
        formats: ["iife"],
        name: "relanceTracker",
        fileName: () => `tracker/${made}.js`,
      },
    },
  };
});
