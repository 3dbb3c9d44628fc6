import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const api = process.env.DIBS_API ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/console/",
  plugins: [svelte()],
  resolve: { alias: { $: fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../service/console/static",
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the page's policy allows scripts, styles and workers from files of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // MapLibre alone is larger than the usual limit, and is loaded only where there is a map.
    chunkSizeWarningLimit: 1200,
  },
  // `npm run dev`: the console from its sources, on a running api.
  server: { proxy: { "/v1": { target: api, ws: true } } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
