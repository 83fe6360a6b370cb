/** Finds a Chromium that starts, or gets one: Debian's package when it may, else Playwright's own download. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { PINNED_NODE, ROOT } from "./prepare.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const ELSEWHERE = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

function starts(file) {
  if (!existsSync(file)) return false;
  if (process.platform === "win32") return true; // chrome.exe --version opens a window
  // Ubuntu's `chromium-browser` only says that there is a snap; a download may lack libraries. Both fail here.
  return spawnSync(file, ["--version"], { timeout: 20_000, stdio: "ignore" }).status === 0;
}

function playwrightsOwn() {
  const { chromium } = createRequire(join(ROOT, "package.json"))("@playwright/test");
  try {
    return chromium.executablePath();
  } catch {
    return ""; // none for this platform
  }
}

function installed() {
  const named = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const candidates = [...named, ...NAMES.map((name) => `/usr/bin/${name}`), ...ELSEWHERE, playwrightsOwn()];
  return candidates.find(starts) ?? null;
}

function succeeds(program, args, options = {}) {
  return spawnSync(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], ...options }).status === 0;
}

/** How to become root without asking anybody: [] as root, null when there is no way. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : null;
}

function isDebian() {
  return existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
}

function installDebians() {
  const root = asRoot();
  if (!root || !isDebian()) return;
  console.log("Installing Debian's chromium for the browser tests (once)…");
  const apt = (...args) => {
    const [program, ...rest] = [
      ...root,
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-qq",
      "-o",
      "Dpkg::Use-Pty=0",
      ...args,
    ];
    return succeeds(program, rest);
  };
  apt("update");
  apt("install", "-y", "--no-install-recommends", "chromium");
}

function downloadPlaywrights() {
  console.log("Downloading Playwright's Chromium for the browser tests (once)…");
  const cli = join(ROOT, "node_modules", "@playwright", "test", "cli.js");
  // Its libraries too, where it may.
  const withLibraries = process.platform === "linux" && asRoot() && existsSync("/usr/bin/apt-get");
  succeeds(PINNED_NODE, [cli, "install", ...(withLibraries ? ["--with-deps"] : []), "chromium"]);
}

/** @returns {string | null} the path of a Chromium that starts; null when there is no way to have one here. */
export function findChromium() {
  const { WHOOT_CHROMIUM: given } = process.env;
  if (given) {
    if (starts(given)) return given;
    console.error(`WHOOT_CHROMIUM=${given} doesn't start.`);
    return null;
  }
  let found = installed();
  for (const get of [installDebians, downloadPlaywrights]) {
    if (found) break;
    get();
    found = installed();
  }
  return found;
}
