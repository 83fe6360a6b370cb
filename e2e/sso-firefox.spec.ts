/** Single sign-on in Firefox: whether its rules about sites, cookies and windows let it through. */
import type { Page } from "puppeteer-core";
import { startTrialProvider, type TrialProvider } from "../server/src/sso/testing/trial/provider.ts";
import { onFreePort } from "../server/src/testing/free-port.ts";
import { FIREFOX, launchFirefox, openBoard } from "./support/firefox.ts";
import { makeCompany, type Person } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

/** A connection to the provider to try, which the owner has set up. @returns its id */
async function connect({ api }: Person, slug: string, { origin }: TrialProvider): Promise<string> {
  const path = `/tenants/${slug}/sso/connections`;
  const { connectionId } = await api<{ connectionId: string }>("POST", path, {
    name: "Corp",
    provider: "other",
    protocol: "saml",
  });
  const metadata = await (await fetch(`${origin}/metadata`)).text();
  await api("PATCH", `${path}/${connectionId}`, { saml: { metadata } });
  return connectionId;
}

/** Presses what has this text, as soon as it is there. A busy machine takes long. */
async function press(page: Page, text: string): Promise<void> {
  await page
    .locator(`::-p-xpath(//button[normalize-space()=${JSON.stringify(text)}])`)
    .setTimeout(60_000)
    .click();
}

async function read(page: Page, text: string): Promise<void> {
  await page.locator(`::-p-text(${text})`).setTimeout(60_000).wait();
}

test("in Firefox a provider on another site is tested in a window of its own, and people join and come in through it", async ({
  people,
  browsers,
  whoot,
}) => {
  test.skip(FIREFOX === null, "there is no Firefox here");
  const provider = await onFreePort((port) => startTrialProvider(port, ""));
  const firefox = await launchFirefox();
  try {
    const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
    const company = await makeCompany(people, ada);
    const connectionId = await connect(ada, company.slug, provider);

    const page = await openBoard(firefox, whoot, ada.email, company.slug);
    await test.step("the window tells the page that opened it what came, and closes itself", async () => {
      await page.goto(`${whoot.url}/${company.slug}/settings/security/sso/${connectionId}/test`);
      const opening = new Promise<Page>((resolve) => page.once("popup", (opened) => resolve(opened!)));
      await press(page, "Test Corp");
      const opened = await opening;
      await press(opened, "Ada Okafor");
      await read(page, "The provider and whoot understand each other");
      await expect.poll(() => opened.isClosed(), { message: "the window closes itself" }).toBe(true);
      await page.bringToFront();
      await press(page, "Switch on Corp");
      await read(page, "Corp is switched on");
    });

    await test.step("the provider's post from another site finds the browser that began", async () => {
      await page.goto(`${whoot.url}/${company.slug}/settings`);
      await press(page, "Join my account to Corp");
      await press(page, "Ada Okafor");
      await read(page, "Your account is joined");
    });

    await test.step("somebody who isn't signed in comes in through it", async () => {
      const other = await (await firefox.createBrowserContext()).newPage();
      await other.goto(`${whoot.url}/sso/${connectionId}`);
      await press(other, "Ada Okafor");
      await other.waitForFunction((path) => location.pathname === path, {}, `/${company.slug}`);
    });
  } finally {
    await firefox.close();
    provider.close();
  }
});
