/**
 * Completes package-lock.json for every platform. npm locks an optional package of another platform only if it can see the package
 * at that moment, and never adds it later (npm/cli#4828); then `npm ci` leaves a Mac without its binaries. This adds missing entries
 * by version. npm adds the integrity when it next writes the lock file and can see the package.
 * With --check, fails when an entry is missing, or when the file names a registry.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./prepare.mjs";

const FILE = join(ROOT, "package-lock.json");
const lock = JSON.parse(readFileSync(FILE, "utf8"));
const packages = lock.packages;

/** The entry that Node would resolve `name` to, from the package at `path`. */
function find(path, name) {
  for (let base = path; ; base = base.slice(0, Math.max(0, base.lastIndexOf("node_modules/") - 1))) {
    const key = base ? `${base}/node_modules/${name}` : `node_modules/${name}`;
    if (packages[key] || !base) return packages[key];
  }
}

const OS = {
  darwin: "darwin",
  linux: "linux",
  win: "win32",
  win32: "win32",
  freebsd: "freebsd",
  android: "android",
  openharmony: "openharmony",
};
const CPU = new Set(["x64", "arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"]);

/** Reads the platform from the package's name, such as `…-linux-arm64-musl`. Null for any other package. */
function platformOf(name) {
  const words = name.slice(name.lastIndexOf("/") + 1).split("-");
  const os = words.find((word) => word in OS);
  const cpu = words.find((word) => CPU.has(word));
  if (!os || !cpu) return null;
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : words.includes("gnu") ? ["glibc"] : null;
  return { cpu: [cpu], os: [OS[os]], ...(libc && OS[os] === "linux" ? { libc } : {}) };
}

const missing = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (find(path, name)) continue;
    const platform = platformOf(name);
    if (!platform || !/^\d+\.\d+\.\d+$/.test(version)) continue;
    missing.push({ name, entry: { version, ...(entry.dev ? { dev: true } : {}), optional: true, ...platform } });
  }
}
const withHost = Object.entries(packages).filter(([, entry]) => entry.resolved);

if (process.argv.includes("--check")) {
  for (const { name } of missing) console.error(`package-lock.json misses ${name}. Run \`npm run generate\`.`);
  for (const [path] of withHost)
    console.error(`package-lock.json names the registry of ${path}. Install with the .npmrc of this folder, and it won't.`);
  process.exit(missing.length + withHost.length > 0 ? 1 : 0);
}
if (missing.length > 0) {
  for (const { name, entry } of missing) packages[`node_modules/${name}`] = entry;
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}
