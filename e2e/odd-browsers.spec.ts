/** Unusual browsers: without a time zone, with an old version of the app still open, or signed in to two servers. */
import type { Page } from "@playwright/test";
import {
  expectLive,
  holdSpace,
  join,
  makeCompany,
  PASSWORD,
  readyToTalk,
  releaseSpace,
  tokenIn,
  unique,
} from "./support/people.ts";
import { startWhoot } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

test("a browser without a time zone creates a workspace in UTC, and opens every page that shows times", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.inZone("Foo/Bar"));
  const { page } = ada;
  const slug = unique("harbour");
  await page.goto("/new-workspace");
  const zone = await page.evaluate(() => new Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(() => new Intl.DateTimeFormat("en", { timeZone: zone === undefined ? "Etc/Unknown" : zone })).toThrow(RangeError);
  await page.getByLabel("Name").fill("Harbour");
  await page.getByLabel("Address").fill(slug);
  await page.getByRole("button", { name: "Create Harbour" }).click();
  await expect(page).toHaveURL(`/${slug}`);
  const { display } = await ada.api<{ display: { timeZone: string } }>("GET", `/tenants/${slug}`);
  expect(display.timeZone).toBe("UTC");

  await page.goto(`/${slug}/people`);
  await expect(page.getByRole("table", { name: "Members" })).toBeVisible();
  await page.goto(`/${slug}/settings`);
  await expect(page.getByRole("combobox", { name: "Time zone" })).toHaveValue("UTC");
  await page.goto(`/${slug}/settings/audit-log`);
  await expect(page.locator("main ol > li").first()).toBeVisible();
  await page.goto(`/${slug}/settings/access-reviews`);
  await page.getByRole("button", { name: "Start a review" }).click();
  await expect(page.getByRole("dialog").getByLabel("Name")).not.toHaveValue("");
});

/** Imitates an upgrade: the files that the page would load next are gone, and the server has another version of the app. */
async function upgrade(page: Page, part: string): Promise<{ loads: () => number; finish: () => Promise<void> }> {
  let loads = 0;
  page.on("domcontentloaded", () => (loads += 1));
  await page.route(`**/assets/${part}-*.js`, (route) => route.fulfill({ status: 404, body: "" }));
  await page.route(
    (url) => url.pathname === "/",
    (route) => route.fulfill({ contentType: "text/html", body: '<script type="module" src="/assets/index-newer.js"></script>' }),
  );
  return { loads: () => loads, finish: () => page.unroute(`**/assets/${part}-*.js`) };
}

test("a tab from before an upgrade reloads once, at the requested page, and not again", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada, "Harbour");
  const { page } = ada;
  await page.goto("/workspaces");
  const { loads, finish } = await upgrade(page, "workspace-pages");
  const row = page.getByRole("link", { name: /Harbour/ });
  await row.click();
  // The reload didn't help, so the next one needs a click.
  await expect(page.getByRole("heading", { name: "whoot was updated" })).toBeVisible();
  await expect.poll(loads).toBe(1);
  await expect(page).toHaveURL(`/${company.slug}`);
  await expect(page.getByRole("heading", { name: "whoot was updated" })).toBeVisible();
  await finish();
  await page.getByRole("button", { name: "Reload" }).click();
  await expect(page.getByRole("heading", { name: "Board" })).toBeVisible();
  expect(loads()).toBe(2);
});

test("a tab from before an upgrade doesn't reload during a talk, but after it", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada, "Harbour");
  await company.channel("Ops");
  const { page } = ada;
  await join(ada, company, "Ops");
  await readyToTalk(ada, "Ops");
  const { loads, finish } = await upgrade(page, "settings-pages");
  await page
    .getByRole("article", { name: "Ops" })
    .getByRole("button", { name: /^(Use Space|Space talks) here/ })
    .click();
  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await page.getByRole("link", { name: "Settings" }).first().click();
  await expect(page.getByText("You're still live. The page reloads when you stop talking", { exact: false })).toBeVisible();
  await expect(page.getByRole("button", { name: /You're live on Ops/ }).first()).toBeVisible();
  expect(loads()).toBe(0);
  await finish();
  await releaseSpace(ada);
  await expect(page.getByRole("heading", { name: "General" })).toBeVisible();
  await expect(page).toHaveURL(`/${company.slug}/settings`);
  expect(loads()).toBe(1);
});

test("a browser can be signed in to two servers on one machine, as two people, and signing out of one keeps the other signed in", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const other = await startWhoot();
  try {
    const { page, context } = ada;
    const email = unique("eve") + "@example.com";
    const send = (path: string, data: unknown) => context.request.post(`${other.url}/api/v1${path}`, { data });
    expect((await send("/accounts", { email, name: "Eve", password: PASSWORD })).ok()).toBe(true);
    let link: string | null = null;
    await expect
      .poll(async () => {
        const { items } = (await (await fetch(`${other.url}/api/v1/outbox`)).json()) as { items: { to: string; link: string }[] };
        return (link = items.find(({ to }) => to === email)?.link ?? null);
      })
      .not.toBeNull();
    expect((await send("/accounts/verification", { token: tokenIn(link) })).ok()).toBe(true);

    const account = (url: string, name: string) => expectAccount(page, url, name);
    await account(whoot.url, "Ada");
    await account(other.url, "Eve");
    const sessions = (await context.cookies()).map(({ name }) => name).filter((name) => name.startsWith("whoot-session"));
    expect(sessions.toSorted()).toEqual([whoot, other].map(({ url }) => `whoot-session-${new URL(url).port}`).toSorted());

    expect((await context.request.delete(`${other.url}/api/v1/session`)).ok()).toBe(true);
    await page.goto(`${other.url}/account`);
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await account(whoot.url, "Ada");
  } finally {
    await other.remove();
  }
});

async function expectAccount(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/account`);
  await expect(page.getByRole("textbox", { name: "Your name" })).toHaveValue(name);
}
