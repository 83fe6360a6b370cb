/** Chromium browsers, one for each fake microphone, because the microphone's sound is a flag of the whole browser. */
import { type Browser, chromium } from "@playwright/test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Speaker, TONES, writeToneFile } from "./tones.ts";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";

const QUIET_FLAGS = [
  "--disable-background-networking",
  "--disable-quic",
  "--no-first-run",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium does not run as root with its sandbox. */
const ROOT_FLAGS = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

const TEST_FLAGS = [
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

export interface Browsers {
  /** A browser whose microphone plays this person's tone. It is started at the first call. */
  withVoice(speaker: Speaker): Promise<Browser>;
  /** A browser with the default autoplay policy, mDNS candidates and permission prompts. */
  ordinary(speaker: Speaker): Promise<Browser>;
  /** A browser whose system has this time zone (TZ). */
  inZone(zone: string): Promise<Browser>;
  /** A browser without a microphone. */
  withoutMicrophone(): Promise<Browser>;
  /** A browser that denies access to the microphone. */
  withMicrophoneDenied(): Promise<Browser>;
  close(): Promise<void>;
}

/** Playwright's own Chromium, where it is installed. Pages take a third less CPU in it, but it cannot deny a microphone. */
const HEADLESS_SHELL = process.env["WHOOT_HEADLESS_SHELL"];

/** @param pagesOnly whether nobody talks in these browsers, so that the headless shell is enough */
export function makeBrowsers(pagesOnly: boolean): Browsers {
  const folder = mkdtempSync(join(tmpdir(), "whoot-tones-"));
  const open = new Map<string, Promise<Browser>>();

  function launch(key: string, args: string[], env: Record<string, string> = {}): Promise<Browser> {
    let browser = open.get(key);
    if (!browser) {
      const fullChromium = process.env["WHOOT_CHROMIUM"] ?? (existsSync(DEBIAN_CHROMIUM) ? DEBIAN_CHROMIUM : undefined);
      const executablePath = (pagesOnly && HEADLESS_SHELL) || fullChromium;
      browser = chromium.launch({
        ...(executablePath ? { executablePath } : {}),
        args: [...ROOT_FLAGS, ...QUIET_FLAGS, ...args],
        env: { ...(process.env as Record<string, string>), ...env },
      });
      open.set(key, browser);
    }
    return browser;
  }

  function microphone(speaker: Speaker): string[] {
    const file = join(folder, `${speaker}.wav`);
    if (!existsSync(file)) writeToneFile(file, TONES[speaker]);
    return ["--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${file}`];
  }

  return {
    withVoice: (speaker) => launch(speaker, [...microphone(speaker), ...TEST_FLAGS]),
    ordinary: (speaker) => launch(`ordinary ${speaker}`, microphone(speaker)),
    inZone: (zone) => launch(`in ${zone}`, [...microphone("ada"), ...TEST_FLAGS], { TZ: zone }),
    withoutMicrophone: () => launch("no microphone", ["--disable-audio-input", ...TEST_FLAGS]),
    withMicrophoneDenied: () =>
      launch("denied microphone", [
        ...microphone("cid"),
        "--deny-permission-prompts",
        ...TEST_FLAGS.filter((flag) => flag !== "--use-fake-ui-for-media-stream"),
      ]),
    async close() {
      for (const browser of open.values()) await (await browser).close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
