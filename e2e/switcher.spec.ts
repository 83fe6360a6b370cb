import type { Page } from "@playwright/test";
import {
  type Company,
  expectHears,
  expectLive,
  expectSilence,
  holdSpace,
  join,
  makeCompany,
  type People,
  type Person,
  readyToTalk,
  releaseSpace,
  talkKey,
} from "./support/people.ts";
import { soundOf } from "./support/ears.ts";
import { expect, test } from "./support/test.ts";

const switcher = (page: Page) => page.getByRole("button", { name: /^Workspace/ });
const found = (page: Page) => page.getByRole("listbox", { name: "Your workspaces" }).getByRole("option");
const names = (page: Page) => found(page).evaluateAll((rows) => rows.map((row) => row.querySelector("span > span")?.textContent));

/** Another tab of the same person in the same browser. */
async function newTab(person: Person): Promise<Person> {
  return { ...person, page: await person.context.newPage() };
}

async function inviteTo(company: Company, person: Person, role = "Member"): Promise<void> {
  const path = `/tenants/${company.slug}`;
  const { items } = await company.owner.api<{ items: { roleId: string; name: string }[] }>("GET", `${path}/roles`);
  const roleId = items.find(({ name }) => name === role)?.roleId;
  await company.owner.api("POST", `${path}/invitations`, { email: person.email, roleId });
}

/** Invites the person and accepts for them, without the mail. */
async function add(company: Company, person: Person, role?: string): Promise<void> {
  await inviteTo(company, person, role);
  const { items } = await person.api<{ items: { invitationId: string }[] }>("GET", "/me/invitations");
  await person.api("POST", `/me/invitations/${items[0]?.invitationId}/acceptance`);
}

/** Companies that the first person owns, each with a recorded channel Ops. */
async function companies(people: People, owner: Person, ...called: string[]): Promise<Company[]> {
  const companies: Company[] = [];
  for (const name of called) {
    const company = await makeCompany(people, owner, name);
    await company.channel("Ops", { recording: true });
    companies.push(company);
  }
  return companies;
}

test("two workspaces in two tabs talk and are heard separately", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const cid = await people.signedUp("Cid", await browsers.withVoice("cid"));
  const [acme, beta] = (await companies(people, ada, "Acme", "Beta")) as [Company, Company];
  await add(acme, ben);
  await add(beta, cid);
  const other = await newTab(ada);
  await join(ada, acme, "Ops");
  await join(other, beta, "Ops");
  await join(ben, acme, "Ops");
  await join(cid, beta, "Ops");
  for (const person of [ada, other, ben, cid]) await readyToTalk(person, "Ops");

  await test.step("the key talks in the tab with the focus", async () => {
    await holdSpace(ada);
    await expectLive(ada, "Ops");
    await expectHears(["ada"], ben);
    await expectSilence(cid);
    await expect(talkKey(other, "Ops")).toContainText("Hold");
    await releaseSpace(ada);
    await holdSpace(other);
    await expectLive(other, "Ops");
    await expectHears(["ada"], cid);
    await expectSilence(ben);
    await expect(talkKey(ada, "Ops")).toContainText("Hold");
    await releaseSpace(other);
  });

  await test.step("each tab hears its own workspace", async () => {
    await holdSpace(ben);
    await expectHears(["ben"], ada);
    await expectSilence(other);
    await holdSpace(cid);
    await expectHears(["cid"], other);
    await expectHears(["ben"], ada);
    await releaseSpace(ben);
    await releaseSpace(cid);
  });

  await test.step("a latched talk in one tab ends when the person talks in the other", async () => {
    await acme.owner.api("PATCH", `/tenants/${acme.slug}`, { talkKeyMode: "latch" });
    await ada.page.reload();
    await readyToTalk(ada, "Ops");
    await ada.page.keyboard.press("Space");
    await expectLive(ada, "Ops");
    await expectHears(["ada"], ben);
    await holdSpace(other);
    await expectLive(other, "Ops");
    await expectHears(["ada"], cid);
    await expectSilence(ben);
    await expect(
      ada.page.getByText("You started talking in another tab, so you're off Ops.", { exact: false }).first(),
    ).toBeAttached();
    await releaseSpace(other);
  });

  await test.step("each tab remembers its own board", async () => {
    await Promise.all([ada.page.reload(), other.page.reload()]);
    await readyToTalk(ada, "Ops");
    await readyToTalk(other, "Ops");
    await expect(switcher(ada.page)).toContainText("Acme");
    await expect(switcher(other.page)).toContainText("Beta");
  });
});

test("the switcher shows who talks in other workspaces and what is new there, until they are visited", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const [acme, beta] = (await companies(people, ben, "Acme", "Beta")) as [Company, Company];
  await add(acme, ada);
  await add(beta, ada);
  await join(ben, beta, "Ops");
  await readyToTalk(ben, "Ops");
  const { page } = ada;
  await page.goto(`/${acme.slug}`);

  await holdSpace(ben);
  await expect(switcher(page)).toContainText(/Ben is talking in Ops.*Beta/);
  await switcher(page).click();
  const row = found(page).filter({ hasText: "Beta" });
  await expect(row).toContainText("Ben is talking in Ops");
  await soundOf(ben.page, 1);
  await releaseSpace(ben);
  await expect(row).not.toContainText("talking");
  await expect(row.getByRole("img", { name: "1 new recording" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(switcher(page)).toBeFocused();
  await expect(switcher(page)).toContainText("1 new elsewhere");

  // Enter alone goes back to the previous workspace.
  await page.keyboard.press("Enter");
  await expect(page.getByRole("combobox", { name: "Your workspaces" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/${beta.slug}`);
  await switcher(page).click();
  await page.getByRole("option", { name: /Acme/ }).click();
  await expect(page).toHaveURL(`/${acme.slug}`);
  await expect(switcher(page)).not.toContainText("new elsewhere");
  // A transmission is still new to somebody who was not there, and not new to its speaker.
  await ben.page.goto(`/${acme.slug}`);
  await expect(switcher(ben.page)).toContainText("Acme");
  const activity = await ben.api<{ items: { slug: string; newRecordings: number }[] }>("GET", "/me/activity");
  expect(activity.items.map(({ newRecordings }) => newRecordings)).toEqual([0, 0]);
});

test("by keyboard alone, the switcher lists the last used workspace first, finds by typing, and opens a new tab with Ctrl", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const [acme, beta, arzte] = (await companies(people, ada, "Acme", "Beta", "Gamma")) as [Company, Company, Company];
  const { page } = ada;
  for (const { slug, name } of [arzte, acme, beta]) {
    await page.goto(`/${slug}`);
    await expect(switcher(page)).toContainText(name);
  }
  await switcher(page).focus();
  await page.keyboard.press("Enter");
  await expect(found(page)).toHaveCount(3);
  await expect.poll(() => names(page)).toEqual(["Beta", "Acme", "Gamma"]);
  await expect(page.getByRole("option", { selected: true })).toContainText("Acme");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("option", { selected: true })).toContainText("Gamma");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("option", { selected: true })).toContainText("Beta");
  await page.keyboard.type("GAM");
  await expect(found(page)).toHaveCount(1);
  const opened = page.context().waitForEvent("page");
  await page.keyboard.press("Control+Enter");
  await expect(await opened).toHaveURL(`/${arzte.slug}`);
  await expect(page).toHaveURL(`/${beta.slug}`);
  const clicked = page.context().waitForEvent("page");
  await found(page).click({ modifiers: ["Control"] });
  await expect(await clicked).toHaveURL(`/${arzte.slug}`);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("nothing like it");
  await expect(page.getByText("No workspace matches")).toBeVisible();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("acme");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/${acme.slug}`);
});

test("an invitation in the switcher can be accepted or declined there", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const [acme, beta] = (await companies(people, ada, "Acme", "Beta")) as [Company, Company];
  await inviteTo(acme, ben);
  await inviteTo(beta, ben);
  const { page } = ben;
  await page.goto("/");
  await expect(page).toHaveURL("/new-workspace");
  await expect(switcher(page)).toContainText("2 invitations");
  await page.getByRole("button", { name: "Decline the invitation to Beta" }).click();
  await expect(page.getByText("You declined the invitation to Beta.")).toBeVisible();
  await switcher(page).click();
  const panel = page.getByRole("dialog", { name: /^Workspaces/ });
  await expect(panel.getByText("Ada invites you as Member")).toHaveCount(1);
  // Invitations come before all workspaces and are found by search like them.
  await page.keyboard.type("no such");
  await expect(panel.getByRole("button", { name: "Join Acme" })).toHaveCount(0);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("acm");
  await expect(panel.getByRole("button", { name: "Join Acme" })).toBeVisible();
  const [joinAt, listAt] = await Promise.all([
    panel.getByRole("button", { name: "Join Acme" }).boundingBox(),
    panel.getByRole("listbox").evaluate((list) => list.getBoundingClientRect().y),
  ]);
  expect(joinAt!.y).toBeLessThan(listAt);
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Find" });
  await page.keyboard.type("acme");
  await expect(palette.getByRole("group", { name: "Invitations" }).getByRole("option")).toContainText(
    "Ada invites you as Member",
  );
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/workspaces");
  await switcher(page).click();
  await panel.getByRole("button", { name: "Join Acme" }).click();
  await expect(page).toHaveURL(`/${acme.slug}`);
  await expect(page.getByRole("button", { name: "Join Ops" })).toBeVisible();
  expect(await ben.status("GET", `/tenants/${beta.slug}`)).toBe(404);
});

test("the palette finds channels, people, settings and workspaces and runs actions; Space types in it, and opening it ends no talk", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const [acme, beta] = (await companies(people, ada, "Acme", "Beta")) as [Company, Company];
  const nightId = await acme.channel("Night shift");
  const { page } = ada;
  await join(ada, acme, "Ops");
  await readyToTalk(ada, "Ops");
  const palette = page.getByRole("dialog", { name: "Find" });
  const field = palette.getByRole("combobox");

  await test.step("opening the palette during a talk does not end it", async () => {
    await holdSpace(ada);
    await expectLive(ada, "Ops");
    await page.keyboard.press("Control+k");
    await expect(field).toBeFocused();
    await soundOf(page, 0.5);
    await expect(page.getByText("You're live on Ops").first()).toBeAttached();
    expect(ada.messages.some(({ type }) => type === "talk.ended")).toBe(false);
    await releaseSpace(ada);
    await expect(page.getByText("You're live on Ops")).toHaveCount(0);
    await expect(field).toHaveValue("");
  });

  await test.step("Space types in the palette", async () => {
    const granted = () => ada.messages.filter(({ type }) => type === "talk.granted").length;
    const before = granted();
    await page.keyboard.type("night shi");
    await expect(field).toHaveValue("night shi");
    await expect(palette.getByRole("option", { selected: true })).toContainText("Night shift");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/${acme.slug}/channels/${nightId}`);
    await expect(palette).toHaveCount(0);
    expect(granted()).toBe(before);
  });

  await test.step("the palette finds people, settings, workspaces and actions", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("ada");
    await expect(palette.getByRole("group", { name: "People" }).getByRole("option")).toContainText("Ada");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("permissions");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/${acme.slug}/settings/roles`);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("create a ch");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Create a channel" });
    await expect(dialog).toBeVisible();
    // It also opens from inside a field.
    await dialog.getByLabel("Name").focus();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("beta");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/${beta.slug}`);
  });

  await test.step("? lists the keys, except in a text field", async () => {
    await expect(switcher(page)).toContainText("Beta");
    await page.keyboard.press("?");
    const keys = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await expect(keys).toContainText("Hold to talk on the chosen channel");
    await page.keyboard.press("Escape");
    await expect(keys).toHaveCount(0);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("what?");
    await expect(field).toHaveValue("what?");
    await expect(keys).toHaveCount(0);
    await page.keyboard.press("Control+k");
    await expect(palette).toHaveCount(0);
    await page.goto("/workspaces");
    await expect(page.getByRole("heading", { name: "Workspaces" })).toBeVisible();
    await page.keyboard.press("Control+k");
    await expect(field).toBeFocused();
  });
});

test("the overview shows the state of all workspaces and what needs attention, and links to where it is solved", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const [alone, fine] = (await companies(people, ada, "Alone", "Fine")) as [Company, Company];
  const [, theirs] = (await companies(people, ben, "Hidden", "Theirs")) as [Company, Company];
  await add(alone, ben);
  await add(fine, ben, "Admin");
  await add(theirs, ada);
  const { page } = ada;
  await page.goto("/workspaces");
  const rows = page.getByRole("table", { name: "Your workspaces" }).getByRole("row");
  await expect(rows).toHaveCount(4);
  await expect(page.getByText("3 workspaces · 1 needs attention")).toBeVisible();
  await expect(page.getByText("Hidden")).toHaveCount(0);
  await expect(rows.nth(1)).toContainText(/Alone.*Admin.*2.*1.*Only one admin/);
  await expect(rows.filter({ hasText: "Theirs" })).toContainText(/Member.*2.*1/);
  await expect(rows.filter({ hasText: "Theirs" })).not.toContainText("admin");

  await page.getByRole("textbox", { name: "Find a workspace" }).fill("fi");
  await expect(rows).toHaveCount(2);
  await page.getByRole("textbox", { name: "Find a workspace" }).fill("");
  await page.getByText("Name", { exact: true }).click();
  await expect(rows.nth(2)).toContainText("Fine");
  await page.getByRole("link", { name: "Only one admin" }).click();
  await expect(page).toHaveURL(new RegExp(`^[^?]*/${alone.slug}/(people|settings/members)`));

  await test.step("the switcher is there when a workspace can't be loaded, and on a broken page", async () => {
    await page.route(`**/api/v1/tenants/${fine.slug}`, (route) => route.fulfill({ status: 500, body: "{}" }));
    await page.goto(`/${fine.slug}`);
    await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
    await switcher(page).click();
    await page.getByRole("option", { name: /Alone/ }).click();
    await expect(page).toHaveURL(`/${alone.slug}`);
    await expect(switcher(page)).toContainText("Alone");

    await page.route(`**/api/v1/tenants/${theirs.slug}/channels?*`, (route) =>
      route.fulfill({ json: { items: [null], nextCursor: null } }),
    );
    await page.goto(`/${theirs.slug}`);
    await expect(page.getByRole("heading", { name: "This page broke" })).toBeVisible();
    await page.unrouteAll();
    await switcher(page).click();
    await page.getByRole("option", { name: /Alone/ }).click();
    await expect(page).toHaveURL(`/${alone.slug}`);
    await expect(page.getByRole("button", { name: "Join Ops" })).toBeVisible();
    // These errors were caused on purpose.
    people.pageErrors.splice(0);
  });
});
