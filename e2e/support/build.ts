/** Builds the web app, which the server serves, if a source is newer. `npm test` has already built it. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PINNED_NODE, ROOT, run } from "../../scripts/prepare.mjs";

function newest(folder: string): number {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return Math.max(...files.map((file) => statSync(join(ROOT, folder, file)).mtimeMs));
}

export default function build(): void {
  const page = join(ROOT, "dist", "web", "index.html");
  if (existsSync(page) && statSync(page).mtimeMs > Math.max(newest("web"), newest("contract"))) return;
  run(PINNED_NODE, ["node_modules/vite/bin/vite.js", "build", "web", "--logLevel", "warn"]);
}
