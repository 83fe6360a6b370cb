import type { Locator } from "@playwright/test";
import { runSql } from "./support/database.ts";
import { heardInRecording, soundOf } from "./support/ears.ts";
import {
  audioIsUp,
  expectHears,
  expectLive,
  expectSilence,
  holdSpace,
  join,
  makeCompany,
  makePeople,
  PASSWORD,
  type People,
  type Person,
  readyToTalk,
  releaseSpace,
  talkKey,
  tokenIn,
  type Transmission,
} from "./support/people.ts";
import { startWhoot, type Whoot } from "./support/server.ts";
import { expect, test as base } from "./support/test.ts";
import { holdFinger } from "./support/touch.ts";

/** A server of the test's own, that it may kill. */
const test = base.extend<{ victim: { whoot: Whoot; people: People } }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names out of this pattern
  victim: async ({}, use) => {
    const whoot = await startWhoot();
    const people = makePeople(whoot);
    await use({ whoot, people });
    await people.close();
    await whoot.remove();
    expect(people.complaints).toEqual([]);
  },
});

/** Everybody is told within this, whatever happened to the one who is gone. */
const GONE = { timeout: 10_000 };
/** The longest pause between two attempts to connect is 18.75 s. */
const BACK = { timeout: 30_000 };

const lostNote = ({ page }: Person) => page.getByText("Not connected: nobody can hear you", { exact: true });
const tile = ({ page }: Person, channel: string) => page.getByRole("article", { name: channel });
const talking = (person: Person, channel: string, name: string) =>
  tile(person, channel)
    .getByRole("listitem")
    .filter({ hasText: `${name} is talking` });
/** Who is on the channel whose panel is open. */
const peopleHere = ({ page }: Person) => page.getByRole("region", { name: "here now" }).getByRole("listitem");

async function openPanel(person: Person, channel: string): Promise<Locator> {
  await tile(person, channel).getByRole("link", { name: channel }).click();
  const said = person.page.getByRole("region", { name: "What was said" });
  await expect(said).toBeVisible();
  return said.getByRole("listitem").filter({ has: person.page.getByRole("button") });
}

/** For how long the person has held the key now, in milliseconds. */
function heldFor({ page }: Person): Promise<number> {
  return page.evaluate(() => performance.now() - window.whootTest.presses.at(-1)!.down);
}

test("the server is killed in mid-talk: nobody is left in the dark, all come back, and what was said is kept as cut short", async ({
  victim: { whoot, people },
  browsers,
}) => {
  // Two starts of a server, and the longest pause between two attempts.
  test.setTimeout(150_000);
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const ben = await people.signedUp("Ben", await browsers.of("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  for (const person of [ada, ben]) {
    await join(person, company, "Ops");
    await readyToTalk(person, "Ops");
  }

  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await soundOf(ben.page, 3);
  const spoken = await heldFor(ada);
  await whoot.kill();

  for (const person of [ada, ben]) {
    await expect(lostNote(person)).toBeVisible(GONE);
    await expect(tile(person, "Ops")).toContainText("Not connected");
    await expect(talkKey(person, "Ops")).toHaveAttribute("aria-disabled", "true");
  }
  await expect(talkKey(ada, "Ops")).not.toContainText("live");
  await releaseSpace(ada);

  await whoot.start();
  for (const person of [ada, ben]) {
    await expect(lostNote(person)).toHaveCount(0, BACK);
    await expect(talkKey(person, "Ops")).toHaveAttribute("aria-disabled", "false", BACK);
  }

  let kept: Transmission | undefined;
  await expect.poll(async () => (kept = (await company.transmissions(channelId))[0])?.status).toBe("cut_short");
  expect(kept!.speakerName).toBe("Ada");
  expect(kept!.durationMs, "all but the second that was not closed").toBeGreaterThan(spoken - 1_200);
  expect(kept!.durationMs, "and no more than what was said").toBeLessThan(spoken + 200);

  const rows = await openPanel(ada, "Ops");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Cut short: the server stopped");
  const answer = ada.page.waitForResponse((response) => response.url().endsWith("/audio"));
  await rows.getByRole("button", { name: /^Play Ada/ }).click();
  expect([200, 206]).toContain((await answer).status());
  await expect.poll(() => heardInRecording(ada.page)).toEqual(["ada"]);

  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await releaseSpace(ada);
  await expectSilence(ben);
});

test("the talker's tab is closed in mid-talk: the others see them go, and what they said is complete", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const ben = await people.signedUp("Ben", await browsers.of("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  await join(ada, company, "Ops");
  await openPanel(ada, "Ops");
  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");
  await expect(peopleHere(ada)).toHaveText([/Ada/, /Ben/]);

  await holdSpace(ben);
  await expectHears(["ben"], ada);
  await expect(talking(ada, "Ops", "Ben")).toBeVisible();
  await soundOf(ada.page, 1);
  const spoken = await heldFor(ben);
  await ben.page.close();

  await Promise.all([expect(talking(ada, "Ops", "Ben")).toHaveCount(0, GONE), expect(peopleHere(ada)).toHaveText([/Ada/], GONE)]);
  await expectSilence(ada);
  await expect.poll(async () => (await company.transmissions(channelId)).map(({ status }) => status)).toEqual(["complete"]);
  const [kept] = await company.transmissions(channelId);
  expect(Math.abs(kept!.durationMs - spoken)).toBeLessThan(1_000);
  const row = ada.page.getByRole("region", { name: "What was said" }).getByRole("listitem").filter({ hasText: "Ben" });
  await expect(row.getByRole("button", { name: /^Play Ben/ })).toBeVisible();
  await expect(row).not.toContainText("talking");
});

for (const [what, title, fix] of [
  [
    "denied",
    "The microphone is blocked",
    "You can listen but not talk. Click the icon left of the address, allow the microphone, then try again.",
  ],
  [
    "missing",
    "No microphone found",
    "You can listen but not talk. Plug one in, or choose one in your system's sound settings, then try again.",
  ],
] as const) {
  test(`the microphone is ${what}: a sentence says so and what to do, and listening works`, async ({ people, browsers }) => {
    const ada = await people.signedUp("Ada", await browsers.of("ada"));
    const ben = await people.signedUp(
      "Ben",
      await (what === "denied" ? browsers.withMicrophoneDenied() : browsers.withoutMicrophone()),
    );
    const company = await makeCompany(people, ada);
    await company.channel("Ops");
    await company.add(ben, "Member");
    await join(ada, company, "Ops");
    await readyToTalk(ada, "Ops");
    await join(ben, company, "Ops");

    await expect(ben.page.getByText(title, { exact: true })).toBeVisible();
    await expect(ben.page.getByText(fix)).toBeVisible();
    await expect(ben.page.getByRole("button", { name: "Try again" })).toBeVisible();
    await expect(talkKey(ben, "Ops")).toHaveAttribute("aria-disabled", "true");
    await expect(talkKey(ben, "Ops")).toContainText("No microphone");

    await holdSpace(ada);
    await expectHears(["ada"], ben);
    await expect(talking(ben, "Ops", "Ada")).toBeVisible();
    await releaseSpace(ada);
    await expectSilence(ben);

    await holdSpace(ben);
    await expect(tile(ben, "Ops")).toContainText("There is no microphone to talk with. See the note above the board.");
    await expect(talking(ada, "Ops", "Ben")).toHaveCount(0);
    await releaseSpace(ben);
  });
}

test("the channel is restricted in mid-talk: the listener hears no more, and the talker is told why", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const ben = await people.signedUp("Ben", await browsers.of("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  await join(ada, company, "Ops");
  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");

  await holdSpace(ben);
  await expectHears(["ben"], ada);
  await ada.api("PATCH", `/tenants/${company.slug}/channels/${channelId}`, { transmission: "restricted" });
  await expect(tile(ben, "Ops")).toContainText("You may no longer talk on Ops. An admin changed it just now.");
  // Ben still holds the key.
  await expectSilence(ada);
  await expect(talking(ada, "Ops", "Ben")).toHaveCount(0);
  await expect(talkKey(ben, "Ops")).not.toContainText("live");
  await releaseSpace(ben);
  await expect(talkKey(ben, "Ops")).toHaveAccessibleDescription("Only chosen people may talk on Ops. An admin can add you.", {
    timeout: 15_000,
  });
  await expect(talkKey(ben, "Ops")).toHaveAttribute("aria-disabled", "true");

  await holdSpace(ben);
  await expect(talkKey(ben, "Ops")).toContainText("You can't talk now");
  await expectSilence(ada);
  await releaseSpace(ben);
  await expect.poll(async () => (await company.transmissions(channelId)).map(({ status }) => status)).toEqual(["complete"]);
});

test("the network is lost in mid-talk: the board is veiled and says so; with the network back one talks again", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const ben = await people.signedUp("Ben", await browsers.of("ben"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await company.add(ben, "Member");
  for (const person of [ada, ben]) {
    await join(person, company, "Ops");
    await readyToTalk(person, "Ops");
  }

  await holdSpace(ada);
  await expectHears(["ada"], ben);
  await ada.context.setOffline(true);
  await expect(lostNote(ada)).toBeVisible({ timeout: 15_000 });
  await expect(tile(ada, "Ops")).toContainText("Not connected");
  await expect(talkKey(ada, "Ops")).toHaveAttribute("aria-disabled", "true");
  await expect(talking(ben, "Ops", "Ada")).toHaveCount(0, GONE);
  await expectSilence(ben);
  await releaseSpace(ada);
  await holdSpace(ada);
  await expect(tile(ada, "Ops")).toContainText("Not connected: nobody can hear you. Wait for the connection, then press again.");
  await releaseSpace(ada);

  await ada.context.setOffline(false);
  await expect(lostNote(ada)).toHaveCount(0, BACK);
  await expect(talkKey(ada, "Ops")).toContainText("Hold Space to talk", BACK);
  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await releaseSpace(ada);
  await expectSilence(ben);
  await holdSpace(ben);
  await expectHears(["ben"], ada);
  await releaseSpace(ben);
});

test("every invitation that can't be accepted says why, and what to do", async ({ people, browsers, whoot }) => {
  const browser = await browsers.of("ada");
  const ada = await people.signedUp("Ada", browser);
  const company = await makeCompany(people, ada);
  const path = `/tenants/${company.slug}/invitations`;
  const roles = await ada.api<{ items: { roleId: string; name: string }[] }>("GET", `/tenants/${company.slug}/roles`);
  const roleId = roles.items.find(({ name }) => name === "Member")!.roleId;
  const visitor = await people.visitor("Guest", browser);
  const { page } = visitor;

  async function invited(person: Person): Promise<{ invitationId: string; token: string }> {
    const { invitationId } = await ada.api<{ invitationId: string }>("POST", path, { email: person.email, roleId });
    return { invitationId, token: tokenIn((await people.mailTo(person, /invite/i)).link) };
  }

  async function expectDead(token: string, title: string, next: string): Promise<void> {
    await page.goto(`/invitation#${token}`);
    await expect(page.getByRole("heading", { name: title })).toBeVisible();
    await expect(page.getByText(next)).toBeVisible();
    await expect(page.getByRole("button", { name: /^Join|^Create account/ })).toHaveCount(0);
  }

  const cid = await people.signedUp("Cid", browser);
  const open = await invited(cid);
  const strange = open.token.startsWith("A") ? `B${open.token.slice(1)}` : `A${open.token.slice(1)}`;
  await expectDead(strange, "This invitation is unknown", "Copy the link whole from the mail, or ask for a new one.");
  await expectDead(
    open.token.slice(0, 5),
    "This link is incomplete",
    "Copy it whole from the mail, from https to its last letter.",
  );

  const ben = await people.signedUp("Ben", browser);
  const used = await invited(ben);
  await ben.api("POST", "/invitations/acceptance", { token: used.token });
  await expectDead(used.token, "This invitation was used already", "If it was you, the workspace is in your list.");

  const dan = await people.visitor("Dan", browser);
  const revoked = await invited(dan);
  await ada.api("DELETE", `${path}/${revoked.invitationId}`);
  await expectDead(revoked.token, "This invitation was withdrawn", "Ask the person who invited you whether that was meant.");

  const eve = await people.visitor("Eve", browser);
  const expired = await invited(eve);
  await runSql(whoot, "update invitations set expires_at = now() - interval '1 minute' where invitation_id = $1", [
    expired.invitationId,
  ]);
  await expectDead(expired.token, "This invitation has expired", "Ask the person who invited you to send a new one.");

  // Cid's is fine, but Sam opens it.
  const sam = await people.signedUp("Sam", browser);
  await sam.page.goto(`/invitation#${open.token}`);
  await expect(sam.page.getByRole("heading", { name: "This invitation is for someone else" })).toBeVisible();
  await expect(sam.page.getByRole("main")).toContainText(
    `It invites ${cid.email} to Acme. You are signed in as Sam, ${sam.email}.`,
  );
  expect(await sam.status("POST", "/invitations/acceptance", { token: open.token })).toBe(403);
  expect(await sam.status("GET", `/tenants/${company.slug}`)).toBe(404);
  await sam.page.getByRole("button", { name: "Sign out and go on" }).click();
  await expect(sam.page.getByRole("heading", { name: "Join Acme" })).toBeVisible();
  await sam.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await sam.page.getByRole("button", { name: "Sign in" }).click();
  await expect(sam.page).toHaveURL(`/${company.slug}`);
  await expect(sam.page.getByRole("button", { name: /Cid/ }).first()).toBeVisible();
});

/** Goes on with Tab until the element has the focus, which can be seen at every stop. */
async function tabTo({ page }: Person, target: Locator): Promise<void> {
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return null;
      // A field's own frame shows its focus by its colour; everything else has a ring.
      const { outlineStyle, outlineWidth } = getComputedStyle(focused);
      const ring = outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0;
      const field = focused instanceof HTMLInputElement;
      return { seen: ring || field, what: focused.outerHTML.slice(0, 120) };
    });
    if (stop) expect(stop.seen, `the focus is seen on ${stop.what}`).toBe(true);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab never comes to ${target.toString()}`);
}

test("by keyboard alone: sign in, join, talk with Space and with Enter on the talk key", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const ben = await people.signedUp("Ben", await browsers.of("ben"));
  const company = await makeCompany(people, ben);
  await company.channel("Ops");
  await company.add(ada, "Member");
  await join(ben, company, "Ops");
  await ada.context.clearCookies();

  const { page } = ada;
  const { keyboard } = page;
  await page.goto("/");
  await expect(page.getByLabel("Email")).toBeFocused();
  await keyboard.type(ada.email);
  await tabTo(ada, page.getByLabel("Password", { exact: true }));
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  const joinButton = page.getByRole("button", { name: "Join Ops" });
  await expect(joinButton).toBeVisible();
  await tabTo(ada, joinButton);
  await keyboard.press("Enter");
  await audioIsUp(ada);
  await readyToTalk(ada, "Ops");

  await keyboard.down("Space");
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await keyboard.up("Space");
  await expectSilence(ben);

  await tabTo(ada, talkKey(ada, "Ops"));
  for (const key of ["Enter", "Space"]) {
    await keyboard.down(key);
    await expectLive(ada, "Ops");
    await expectHears(["ada"], ben);
    await keyboard.up(key);
    await expect(talkKey(ada, "Ops")).toContainText("Hold");
    await expectSilence(ben);
  }
  await expect(talkKey(ada, "Ops")).toBeFocused();
});

test("on a phone no page scrolls sideways, and the talk key at the bottom talks by touch", async ({ people, browsers }) => {
  const phone = { viewport: { width: 375, height: 812 }, hasTouch: true };
  const visitor = await people.visitor("Guest", await browsers.of("cid"), phone);
  const ada = await people.signedUp("Ada", await browsers.of("ada"), phone);
  const ben = await people.signedUp("Ben-Maximilian von und zu Hohenlohe-Langenburg", await browsers.of("ben"));
  const company = await makeCompany(people, ada, "Donaudampfschifffahrt");
  await company.channel("Ops", { recording: true });
  await company.channel("W".repeat(60), { recording: true, transmission: "restricted" });
  await company.add(ben, "Member");

  async function expectNoSideways({ page }: Person, where: string): Promise<void> {
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const all = [...document.querySelectorAll("body *")];
      const names = (elements: Element[]) => elements.map((element) => element.outerHTML.slice(0, 100));
      const outside = all.filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
      const scrolls = all.filter(
        (element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX),
      );
      return { page: scrollWidth - clientWidth, outside: names(outside), inside: names(scrolls) };
    });
    expect(wide.page, `${where} is too wide: ${wide.outside.join("\n")}`).toBeLessThanOrEqual(0);
    expect(wide.inside, `in ${where}`).toEqual([]);
  }

  for (const [address, heading] of [
    ["/sign-in", "Sign in"],
    ["/sign-up", "Create your account"],
    ["/outbox", "Outbox"],
  ] as const) {
    await visitor.page.goto(address);
    await expect(visitor.page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
    if (address === "/outbox") await expect(visitor.page.getByRole("listitem").first()).toBeVisible();
    await expectNoSideways(visitor, address);
  }

  await join(ben, company, "Ops");
  await join(ada, company, "W".repeat(60));
  await ada.page.getByRole("button", { name: `Leave ${"W".repeat(60)}` }).waitFor();
  await expectNoSideways(ada, "the board with a long name");
  await join(ada, company, "Ops");
  // On the other channel she may not talk, so the key goes to this one.
  await expect(ada.page.getByRole("region", { name: "Talk" })).toContainText("Talking on Ops");
  await expectNoSideways(ada, "the board");

  const docked = ada.page.getByRole("region", { name: "Talk" }).getByRole("button");
  await expect(docked).toHaveAttribute("aria-disabled", "false");
  const finger = await holdFinger(ada.page, docked);
  await expect(docked).toContainText("You're live on Ops");
  await expectHears(["ada"], ben);
  await expectNoSideways(ada, "the board while talking");
  await finger.lift();
  await expectSilence(ben);
  await expect(docked).toContainText("Hold");

  await tile(ada, "Ops").getByRole("link", { name: "Ops" }).tap();
  await expect(ada.page.getByRole("region", { name: "What was said" }).getByRole("slider")).toHaveCount(1);
  await expectNoSideways(ada, "the channel's panel");
  for (const [link, heading] of [
    ["People", "People"],
    ["Settings", "General"],
  ] as const) {
    await ada.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: link }).tap();
    await expect(ada.page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
    await expectNoSideways(ada, link);
    await expect(docked).toBeVisible();
  }
});

test("an ordinary Chromium, as people have it, hears the others, and talks", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const vi = await people.signedUp("Vi", await browsers.ordinary("cid"));
  const ben = await people.signedUp("Ben", await browsers.ordinary("ben"), { permissions: ["microphone"] });
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await company.add(vi, "Viewer");
  await company.add(ben, "Member");
  for (const person of [ada, vi, ben]) await join(person, company, "Ops");
  await readyToTalk(ada, "Ops");
  await readyToTalk(ben, "Ops");

  await holdSpace(ada);
  await expectHears(["ada"], vi, ben);
  await releaseSpace(ada);
  await expectSilence(vi, ben);
  await holdSpace(ben);
  await expectHears(["ben"], ada, vi);
  await releaseSpace(ben);

  // In a new tab she is on her channel again, but the browser plays nothing before a click.
  await vi.page.close();
  const again = { ...vi, page: await vi.context.newPage() };
  const before = vi.said.length;
  await again.page.goto(`/${company.slug}`);
  // Playwright's looks into a page count as gestures in it: nothing is asked of the page until its audio is there.
  await expect
    .poll(() => vi.said.slice(before).some((message) => message.type === "media.state" && message.state === "connected"))
    .toBe(true);
  await expect(again.page.getByText("The browser waits for a click before it plays anything.")).toBeVisible();
  await again.page.getByRole("button", { name: "Turn on sound" }).click();
  await expect(again.page.getByText("Sound is off")).toHaveCount(0);
  await holdSpace(ada);
  await expectHears(["ada"], again);
  await releaseSpace(ada);
});
