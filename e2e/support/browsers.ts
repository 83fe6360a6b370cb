/** Chromium, one per fake microphone: what it says is a flag of the whole browser. */
import { type Browser, chromium } from "@playwright/test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Speaker, TONES, writeToneFile } from "./tones.ts";

const DEBIAN = "/usr/bin/chromium";

const QUIET = [
  "--disable-background-networking",
  "--disable-quic",
  "--no-first-run",
  "--disable-component-update",
  "--disable-sync",
];

/** Without these a container without network, sound card or person could not run it. */
const NEEDED = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

const FOR_TESTS = [
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

export interface Browsers {
  /** The browser whose microphone says this person's tone; started when first asked for. */
  of(speaker: Speaker): Promise<Browser>;
  /** An ordinary person's: autoplay policy, mDNS candidates, permission prompts as they come. */
  ordinary(speaker: Speaker): Promise<Browser>;
  /** One that has no microphone. */
  withoutMicrophone(): Promise<Browser>;
  /** One whose person says no when it asks for the microphone. */
  withMicrophoneDenied(): Promise<Browser>;
  close(): Promise<void>;
}

export function makeBrowsers(): Browsers {
  const folder = mkdtempSync(join(tmpdir(), "whoot-tones-"));
  const open = new Map<string, Promise<Browser>>();

  function launch(key: string, args: string[]): Promise<Browser> {
    let browser = open.get(key);
    if (!browser) {
      const executablePath = process.env["WHOOT_CHROMIUM"] ?? (existsSync(DEBIAN) ? DEBIAN : undefined);
      browser = chromium.launch({ ...(executablePath ? { executablePath } : {}), args: [...NEEDED, ...QUIET, ...args] });
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
    of: (speaker) => launch(speaker, [...microphone(speaker), ...FOR_TESTS]),
    ordinary: (speaker) => launch(`ordinary ${speaker}`, microphone(speaker)),
    withoutMicrophone: () => launch("no microphone", ["--disable-audio-input", ...FOR_TESTS]),
    withMicrophoneDenied: () =>
      launch("denied microphone", [
        ...microphone("cid"),
        "--deny-permission-prompts",
        ...FOR_TESTS.filter((flag) => flag !== "--use-fake-ui-for-media-stream"),
      ]),
    async close() {
      for (const browser of open.values()) await (await browser).close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
