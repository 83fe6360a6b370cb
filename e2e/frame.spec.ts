/** The frame around the pages: every signed-in page has it, and it stays when a request fails or a page breaks. */
import type { Page } from "@playwright/test";
import { join, makeCompany, PASSWORD, readyToTalk } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

const workspaces = (page: Page) => page.getByRole("button", { name: /^Workspaces/ });

test("when the server can't say who is signed in, the page says so after a few requests, and Try again continues", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const acme = await makeCompany(people, ada);
  const { page } = ada;
  let requests = 0;
  let works = false;
  await page.route("**/api/v1/me", async (route) => {
    requests += 1;
    if (works) return route.continue();
    return route.fulfill({ status: 503, json: { code: "unavailable", status: 503, title: "Unavailable", detail: "Not now." } });
  });
  for (const [path, leadsTo] of [
    ["/workspaces", "/workspaces"],
    ["/", `/${acme.slug}`],
  ] as const) {
    requests = 0;
    works = false;
    await page.goto(path);
    await expect(page.getByText("Not now.")).toBeVisible();
    expect(requests).toBeLessThanOrEqual(3);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => requests).toBeGreaterThan(3);
    await expect(page.getByText("Not now.")).toBeVisible();
    expect(requests).toBeLessThanOrEqual(6);
    works = true;
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page).toHaveURL(leadsTo);
    await expect(page.getByRole("button", { name: /^Workspace/ })).toBeVisible();
  }
});

test("a page that breaks leaves the workspace's channels, voice connection and other pages working", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const acme = await makeCompany(people, ada);
  await acme.channel("Ops");
  const { page } = ada;
  let closed = 0;
  page.on("websocket", (socket) => socket.on("close", () => (closed += 1)));
  await join(ada, acme, "Ops");
  await readyToTalk(ada, "Ops");

  await page.route("**/access-reviews*", (route) =>
    route.fulfill({ json: { items: [{ reviewId: "broken" }], nextCursor: null } }),
  );
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  const sections = page.getByRole("navigation", { name: "Settings" });
  await sections.getByRole("link", { name: "Access reviews" }).click();
  await expect(page.getByRole("heading", { name: "This page broke" })).toBeVisible();
  await expect(sections).toBeVisible();
  await expect(page.getByRole("button", { name: /^Workspace/ })).toContainText("Acme");
  await readyToTalk(ada, "Ops");

  await page.unroute("**/access-reviews*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Access reviews" })).toBeVisible();
  await page.getByRole("link", { name: "Board" }).click();
  await readyToTalk(ada, "Ops");
  expect(closed).toBe(0);
  // React reports the broken page; these errors were caused on purpose.
  people.pageErrors.length = 0;
});

test("the sign-in and sign-up pages redirect a signed-in person, and the pages that confirm an address show them the switcher", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const acme = await makeCompany(people, ada);
  const { page } = ada;
  const settings = `/${acme.slug}/settings`;
  await page.goto(`/sign-in?next=${encodeURIComponent(settings)}`);
  await expect(page).toHaveURL(settings);
  await page.goto("/sign-up");
  await expect(page).toHaveURL(`/${acme.slug}`);
  for (const path of ["/check-mail", "/verify"]) {
    await page.goto(path);
    await expect(workspaces(page)).toBeVisible();
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog", { name: "Find" })).toBeVisible();
  }

  // The session ends while its page is open: cached data of the session must not cause a redirect loop.
  await page.goto(settings);
  await expect(page.getByRole("heading", { name: "General" })).toBeVisible();
  await ada.api("DELETE", "/session");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expect(page.getByLabel("Email")).toBeVisible();
  await expect(workspaces(page)).toHaveCount(0);
  await page.getByLabel("Email").fill(ada.email);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(new RegExp(`/${acme.slug}/settings`));
});

test("a password is masked, can be pasted, and password managers know its field", async ({ people, browsers }) => {
  const { page } = await people.visitor("Vi", await browsers.withVoice("ada"), {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  for (const [path, usual] of [
    ["/sign-in", "current-password"],
    ["/sign-up", "new-password"],
  ] as const) {
    await page.goto(path);
    const field = page.getByRole("textbox", { name: "Password" });
    await expect(field).toHaveAttribute("type", "password");
    await expect(field).toHaveAttribute("autocomplete", usual);
    await expect(page.getByLabel("Email")).toHaveAttribute("autocomplete", /username|email/);
    await page.evaluate((text) => navigator.clipboard.writeText(text), PASSWORD);
    await field.focus();
    await page.keyboard.press("ControlOrMeta+v");
    await expect(field).toHaveValue(PASSWORD);
  }
});

test("signing out is in the account menu of every page", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const acme = await makeCompany(people, ada);
  const { page } = ada;
  for (const path of ["/workspaces", "/account", `/${acme.slug}`, `/${acme.slug}/people`, `/${acme.slug}/settings/security`]) {
    await page.goto(path);
    await page
      .getByRole("button", { name: /^Account:/ })
      .last()
      .click();
    await expect(
      page.getByRole("dialog", { name: "Account" }).getByRole("button", { name: "Sign out", exact: true }),
    ).toBeVisible();
  }
});

test("a mailed link that was cut off says so before anything is typed", async ({ people, browsers }) => {
  const { page } = await people.visitor("Ada", await browsers.withVoice("ada"));
  for (const path of ["/verify", "/reset-password", "/email-change", "/security/two-step-reset"]) {
    await page.goto(`${path}#joNVI-NLvjumumYChr`);
    await expect(page.getByText("This link is incomplete. Copy the whole link from the mail.")).toBeVisible();
    await expect(page.getByRole("main").getByRole("button", { name: /^(Confirm|Save|Use|Turn)/ })).toBeDisabled();
  }
});
