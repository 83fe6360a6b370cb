/** Single sign-on in Firefox: whether its rules about sites, cookies and windows let it through. */
import type { Browser, Page } from "puppeteer-core";
import { TEST_AUTHORITY_FILE } from "../server/src/platform/outbound/testing/certificates.ts";
import { startTrialProvider, type TrialProvider } from "../server/src/sso/testing/trial/provider.ts";
import { CLIENT } from "../server/src/sso/testing/trial/state.ts";
import { onFreePort } from "../server/src/testing/free-port.ts";
import { FIREFOX, launchFirefox, openBoard } from "./support/firefox.ts";
import { makeCompany, makePeople, type People, type Person } from "./support/people.ts";
import { startWhoot, type Whoot } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

/** The settings of the trial provider in whoot. */
async function settingsOf(protocol: "saml" | "oidc", { origin, issuer }: TrialProvider): Promise<object> {
  if (protocol === "oidc") return { oidc: { issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret } };
  return { saml: { metadata: await (await fetch(`${origin}/metadata`)).text() } };
}

/** A connection to it, which the owner has set up. @returns its id */
async function connect({ api }: Person, slug: string, protocol: "saml" | "oidc", provider: TrialProvider): Promise<string> {
  const path = `/tenants/${slug}/sso/connections`;
  const { connectionId } = await api<{ connectionId: string }>("POST", path, { name: "Corp", provider: "other", protocol });
  await api("PATCH", `${path}/${connectionId}`, await settingsOf(protocol, provider));
  return connectionId;
}

/** Presses the element with this text as soon as it appears, which takes long on a busy machine. */
async function press(page: Page, text: string): Promise<void> {
  await page
    .locator(`::-p-xpath(//button[normalize-space()=${JSON.stringify(text)}])`)
    .setTimeout(60_000)
    .click();
}

async function read(page: Page, text: string): Promise<void> {
  await page.locator(`::-p-text(${text})`).setTimeout(60_000).wait();
}

test.skip(FIREFOX === null, "there is no Firefox here");

let provider: TrialProvider;
let firefox: Browser;
let whoot: Whoot;
let people: People;
test.beforeAll(async () => {
  if (FIREFOX === null) return;
  provider = await onFreePort((port) => startTrialProvider(port, ""));
  // For OpenID Connect, whoot sends requests to this machine and must trust the tests' certificate.
  whoot = await startWhoot({ WHOOT_OUTBOUND_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: TEST_AUTHORITY_FILE });
  people = makePeople(whoot);
  firefox = await launchFirefox();
});
test.afterAll(async () => {
  await firefox?.close();
  await people?.close();
  provider?.close();
  await whoot?.remove();
});

for (const protocol of ["saml", "oidc"] as const) {
  test(`in Firefox a provider on another site is tested in a window of its own, and people join and come in through it, by ${protocol}`, async ({
    browsers,
  }) => {
    const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
    const company = await makeCompany(people, ada);
    const connectionId = await connect(ada, company.slug, protocol, provider);

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

    await test.step("the provider's answer from another site finds the browser that began", async () => {
      await page.goto(`${whoot.url}/${company.slug}/settings`);
      await press(page, "Join my account to Corp");
      await press(page, "Ada Okafor");
      await read(page, "Your account is joined");
    });

    await test.step("somebody who isn't signed in comes in through it", async () => {
      const context = await firefox.createBrowserContext();
      const other = await context.newPage();
      await other.goto(`${whoot.url}/sso/${connectionId}`);
      await press(other, "Ada Okafor");
      await other.waitForFunction((path) => location.pathname === path, {}, `/${company.slug}`);
      await context.close();
    });
    await page.close();
  });
}
