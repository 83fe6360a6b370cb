/** What both commands of the README need before anything else: dependencies, and the built web app. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const PINNED_NODE = join(ROOT, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

const INSTALLED = join(ROOT, "node_modules", ".whoot-installed");
const BUILT = join(ROOT, "dist", "web.hash");

/** Runs a program to its end; ends this process with its code when it fails. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit", ...options });
  if (status !== 0) {
    if (error) console.error(error.message);
    process.exit(status ?? 1);
  }
}

function npm(args) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith(".js")) run(process.execPath, [cli, ...args]);
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args, { shell: process.platform === "win32" });
}

function hashOf(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    const full = join(ROOT, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(join(path, name));
    } else {
      hash.update(path).update("\0").update(readFileSync(full)).update("\0");
    }
  };
  paths.forEach(add);
  return hash.digest("hex");
}

function unchanged(marker, hash) {
  return existsSync(marker) && readFileSync(marker, "utf8") === hash;
}

/** @param {{ web: boolean }} what whether the web app is needed. */
export function prepare({ web }) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 20)) {
    console.error(`whoot needs Node 20.20 or newer to install itself; this is ${process.versions.node}.`);
    process.exit(1);
  }
  const lock = hashOf(["package-lock.json"]);
  if (!existsSync(PINNED_NODE) || !unchanged(INSTALLED, lock)) {
    console.log("Installing what whoot needs (once)…");
    npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    writeFileSync(INSTALLED, lock);
  }
  if (!web) return;
  const sources = hashOf(["web", "contract", "package-lock.json"]);
  if (!existsSync(join(ROOT, "dist", "web", "index.html")) || !unchanged(BUILT, sources)) {
    console.log("Building the web app…");
    run(PINNED_NODE, ["node_modules/vite/bin/vite.js", "build", "web", "--logLevel", "warn"]);
    mkdirSync(dirname(BUILT), { recursive: true });
    writeFileSync(BUILT, sources);
  }
}
