/** Firefox with a fake microphone, driven by WebDriver BiDi, which Playwright does not speak to an ordinary Firefox. */
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { PASSWORD } from "./people.ts";
import type { Whoot } from "./server.ts";

/** Null where there is no Firefox. scripts/test.mjs warns then, and fails in CI. */
export const FIREFOX = process.env["WHOOT_FIREFOX"] || null;

export function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX ?? "",
    headless: true,
    extraPrefsFirefox: {
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
      "media.autoplay.default": 0,
    },
  });
}

/** Signs the account in and opens the workspace's board. */
export async function openBoard(browser: Browser, whoot: Whoot, email: string, slug: string): Promise<Page> {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(keepPeers);
  await page.goto(`${whoot.url}/sign-in`);
  const status = await page.evaluate(
    async (body) => {
      const headers = { "content-type": "application/json" };
      return (await fetch("/api/v1/session", { method: "POST", headers, body })).status;
    },
    JSON.stringify({ email, password: PASSWORD }),
  );
  if (status >= 300) throw new Error(`Firefox was not signed in: ${status}`);
  await page.goto(`${whoot.url}/${slug}`);
  return page;
}

/** Energy of the audio that Firefox received and decoded (totalAudioEnergy of W3C webrtc-stats). It grows while somebody is heard. */
export function energyHeard(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const peers = (window as unknown as { peers: RTCPeerConnection[] }).peers;
    let energy = 0;
    for (const peer of peers) {
      for (const report of (await peer.getStats()).values()) {
        if (report.type === "inbound-rtp") energy += report.totalAudioEnergy ?? 0;
      }
    }
    return energy;
  });
}

/** Keeps the page's audio connections for `energyHeard`. Runs in the page before its own scripts. */
function keepPeers(): void {
  const peers: RTCPeerConnection[] = [];
  (window as unknown as { peers: RTCPeerConnection[] }).peers = peers;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args: ConstructorParameters<typeof RTCPeerConnection>) {
      super(...args);
      peers.push(this);
    }
  };
}
