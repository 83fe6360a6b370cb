/** Finds a Firefox that starts, or installs Debian's package if it may. */
import { delimiter, join } from "node:path";
import { starts } from "./chromium.mjs";
import { installDebianPackages } from "./debian.mjs";

const NAMES = ["firefox-esr", "firefox"];
const ELSEWHERE = ["/Applications/Firefox.app/Contents/MacOS/firefox", "C:\\Program Files\\Mozilla Firefox\\firefox.exe"];

function installed() {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"];
  const candidates = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...ELSEWHERE];
  return candidates.find(starts) ?? null;
}

/** @returns {string | null} the path of a Firefox that starts; null when none can be had here */
export function findFirefox() {
  const { WHOOT_FIREFOX: chosen } = process.env;
  if (chosen) {
    if (starts(chosen)) return chosen;
    console.error(`WHOOT_FIREFOX=${chosen} doesn't start.`);
    return null;
  }
  const found = installed();
  if (found) return found;
  installDebianPackages("firefox-esr");
  return installed();
}
