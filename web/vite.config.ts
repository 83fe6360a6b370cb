import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import postcssMantine from "postcss-preset-mantine";
import { defineConfig } from "vite";

const API = process.env["WHOOT_API"] ?? "http://localhost:3000";

// `#contract/*` resolves through "imports" of package.json.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react()],
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
