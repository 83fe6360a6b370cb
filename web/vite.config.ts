import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import postcssMantine from "postcss-preset-mantine";
import { defineConfig, type Plugin } from "vite";

const API = process.env["WHOOT_API"] ?? "http://localhost:3000";

/** The browser asks for the typeface together with the style sheet, not after it has read it. */
const preloadTypeface: Plugin = {
  name: "preload-typeface",
  transformIndexHtml: {
    order: "post",
    handler: (_, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((file) => /\/inter-latin-wght-normal-[^/]+\.woff2$/.test(file))
        .map((file) => ({
          tag: "link",
          attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${file}`, crossorigin: "" },
          injectTo: "head",
        })),
  },
};

// `#contract/*` resolves through "imports" of package.json.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react({ jsxImportSource: fileURLToPath(new URL("src/jsx", import.meta.url)) }), preloadTypeface],
  css: { postcss: { plugins: [postcssMantine()] } },
  build: {
    outDir: fileURLToPath(new URL("../dist/web", import.meta.url)),
    emptyOutDir: true,
    // The Content-Security-Policy allows no inline scripts and no data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
  },
  server: { proxy: { "/api": { target: API, ws: true, changeOrigin: false } } },
});
