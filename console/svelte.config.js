import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  // Styles go into files: the page's policy forbids style elements made by scripts.
  compilerOptions: { css: "external", runes: true },
};
