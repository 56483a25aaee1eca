import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const ui = resolve(import.meta.dirname, "ui");

// Two entries, two folders: what ships never contains the fictitious patients of the demonstration host.
export default defineConfig(({ mode }) => {
  const demonstration = mode === "demonstration";
  return {
    root: ui,
    base: "./",
    clearScreen: false,
    plugins: [
      paraglideVitePlugin({
        project: resolve(ui, "project.inlang"),
        outdir: resolve(ui, "src/paraglide"),
        strategy: ["baseLocale"],
      }),
      svelte({ configFile: resolve(import.meta.dirname, "svelte.config.js") }),
    ],
    build: {
      outDir: demonstration ? "dist-demonstration" : "dist",
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0, // the content security policy admits no data: address
      modulePreload: { polyfill: false }, // one chunk, nothing to preload
      rollupOptions: { input: resolve(ui, demonstration ? "demo.html" : "index.html") },
    },
  };
});
