/** Finds a Chromium that starts, or installs one: Debian's package if it may, else Playwright's download. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { asRoot, installDebianPackages } from "./debian.mjs";
import { PINNED_NODE, ROOT } from "./prepare.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const ELSEWHERE = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

export function starts(file) {
  if (!existsSync(file)) return false;
  if (process.platform === "win32") return true; // chrome.exe --version opens a window
  // Ubuntu's `chromium-browser` is a stub that points to a snap, and a download may lack libraries. Both fail this check.
  return spawnSync(file, ["--version"], { timeout: 20_000, stdio: "ignore" }).status === 0;
}

function playwrightChromium() {
  const { chromium } = createRequire(join(ROOT, "package.json"))("@playwright/test");
  try {
    return chromium.executablePath();
  } catch {
    return ""; // none for this platform
  }
}

function installed() {
  const named = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const candidates = [...named, ...NAMES.map((name) => `/usr/bin/${name}`), ...ELSEWHERE, playwrightChromium()];
  return candidates.find(starts) ?? null;
}

function succeeds(program, args, options = {}) {
  return spawnSync(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], ...options }).status === 0;
}

function downloadPlaywrightChromium() {
  console.log("Downloading Playwright's Chromium for the browser tests (once)…");
  const cli = join(ROOT, "node_modules", "@playwright", "test", "cli.js");
  // Also installs its libraries, if it may.
  const withLibraries = process.platform === "linux" && asRoot() && existsSync("/usr/bin/apt-get");
  succeeds(PINNED_NODE, [cli, "install", ...(withLibraries ? ["--with-deps"] : []), "chromium"]);
}

/** @returns {string | null} the path of a Chromium that starts; null when none can be had here */
export function findChromium() {
  const { WHOOT_CHROMIUM: chosen } = process.env;
  if (chosen) {
    if (starts(chosen)) return chosen;
    console.error(`WHOOT_CHROMIUM=${chosen} doesn't start.`);
    return null;
  }
  let chromium = installed();
  for (const install of [() => installDebianPackages("chromium"), downloadPlaywrightChromium]) {
    if (chromium) break;
    install();
    chromium = installed();
  }
  return chromium;
}

const HEADLESS_SHELL = "/usr/bin/chromium-headless-shell";

/**
 * Debian's headless shell, which takes less CPU for tests of pages than the whole Chromium.
 * @param {string} chromium what findChromium found: beside any other Chromium than Debian's, nothing is installed
 * @returns {string | null}
 */
export function findHeadlessShell(chromium) {
  if (chromium !== "/usr/bin/chromium") return null;
  if (!starts(HEADLESS_SHELL)) installDebianPackages("chromium-headless-shell");
  return starts(HEADLESS_SHELL) ? HEADLESS_SHELL : null;
}
