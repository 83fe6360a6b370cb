/** How people talk: by keyboard, by touch on a phone, and in a Chromium with default settings. */
import type { Locator } from "@playwright/test";
import {
  waitForAudio,
  expectHears,
  expectLive,
  expectSilence,
  holdSpace,
  join,
  makeCompany,
  PASSWORD,
  type Person,
  readyToTalk,
  releaseSpace,
  talkKey,
} from "./support/people.ts";
import { expect, test } from "./support/test.ts";
import { holdFinger } from "./support/touch.ts";

/** Presses Tab until the element has the focus, and expects a visible focus at every stop. */
async function tabTo({ page }: Person, target: Locator): Promise<void> {
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return null;
      // A text field shows its focus by the colour of its border, everything else by an outline.
      const { outlineStyle, outlineWidth } = getComputedStyle(focused);
      const hasOutline = outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0;
      const isField = focused instanceof HTMLInputElement;
      return { seen: hasOutline || isField, what: focused.outerHTML.slice(0, 120) };
    });
    if (stop) expect(stop.seen, `the focus is visible on ${stop.what}`).toBe(true);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab never reaches ${target.toString()}`);
}

test("by keyboard alone, a person signs in, joins, and talks with Space and with Enter on the talk key", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
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
  await waitForAudio(ada);
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

test("on a phone, no page scrolls sideways, and the talk key at the bottom works by touch", async ({ people, browsers }) => {
  const phone = { viewport: { width: 375, height: 812 }, hasTouch: true };
  const visitor = await people.visitor("Guest", await browsers.withVoice("cid"), phone);
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"), phone);
  const ben = await people.signedUp("Ben-Maximilian von und zu Hohenlohe-Langenburg", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada, "Donaudampfschifffahrt");
  await company.channel("Ops", { recording: true });
  await company.channel("W".repeat(60), { recording: true, transmission: "restricted" });
  await company.add(ben, "Member");

  async function expectNoSidewaysScroll({ page }: Person, where: string): Promise<void> {
    const overflow = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const all = [...document.querySelectorAll("body *")];
      const names = (elements: Element[]) => elements.map((element) => element.outerHTML.slice(0, 100));
      const outside = all.filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
      const scrolls = all.filter(
        (element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX),
      );
      return { page: scrollWidth - clientWidth, outside: names(outside), inside: names(scrolls) };
    });
    expect(overflow.page, `${where} is too wide: ${overflow.outside.join("\n")}`).toBeLessThanOrEqual(0);
    expect(overflow.inside, `in ${where}`).toEqual([]);
  }

  for (const [address, heading] of [
    ["/sign-in", "Sign in"],
    ["/sign-up", "Create your account"],
    ["/outbox", "Outbox"],
  ] as const) {
    await visitor.page.goto(address);
    await expect(visitor.page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
    if (address === "/outbox") await expect(visitor.page.getByRole("listitem").first()).toBeVisible();
    await expectNoSidewaysScroll(visitor, address);
  }

  await join(ben, company, "Ops");
  await join(ada, company, "W".repeat(60));
  await ada.page.getByRole("button", { name: `Leave ${"W".repeat(60)}` }).waitFor();
  await expectNoSidewaysScroll(ada, "the board with a long name");
  await join(ada, company, "Ops");
  // Ada may not talk on the channel with the long name, so her talk key is for Ops.
  await expect(ada.page.getByRole("region", { name: "Talk" })).toContainText(/talks on\s*Ops/);
  await expectNoSidewaysScroll(ada, "the board");

  const talkButton = ada.page.getByRole("region", { name: "Talk" }).getByRole("button");
  await expect(talkButton).toHaveAttribute("aria-disabled", "false");
  const finger = await holdFinger(ada.page, talkButton);
  await expect(talkButton).toContainText("You're live on Ops");
  await expectHears(["ada"], ben);
  await expectNoSidewaysScroll(ada, "the board while talking");
  await finger.lift();
  await expectSilence(ben);
  await expect(talkButton).toContainText("Hold");

  await ada.page.getByRole("article", { name: "Ops" }).getByRole("link", { name: "Ops" }).tap();
  await expect(ada.page.getByRole("region", { name: "What was said" }).getByRole("slider")).toHaveCount(1);
  await expectNoSidewaysScroll(ada, "the channel's panel");
  for (const [link, heading] of [
    ["People", "People"],
    ["Settings", "General"],
  ] as const) {
    await ada.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: link }).tap();
    await expect(ada.page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
    await expectNoSidewaysScroll(ada, link);
    await expect(talkButton).toBeVisible();
  }
});

test("in a Chromium with default settings a person hears the others and talks", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
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

  // In a new tab Vi is on her channel again, but the browser plays no sound before a click.
  await vi.page.close();
  const newTab = { ...vi, page: await vi.context.newPage() };
  const before = vi.messages.length;
  await newTab.page.goto(`/${company.slug}`);
  // Evaluating in a page counts as a user gesture, so the test evaluates nothing in the new tab until its audio is connected.
  await expect
    .poll(() => vi.messages.slice(before).some((message) => message.type === "media.state" && message.state === "connected"))
    .toBe(true);
  await expect(newTab.page.getByText("Your browser plays sound only after a click.")).toBeVisible();
  await holdSpace(ada);
  await expect(ada.page.getByRole("article", { name: "Ops" })).toContainText("1 of 2 can hear you: not Vi");
  await releaseSpace(ada);
  await newTab.page.getByRole("button", { name: "Turn on sound" }).click();
  await expect(newTab.page.getByText("Sound is off")).toHaveCount(0);
  await holdSpace(ada);
  await expectHears(["ada"], newTab);
  await releaseSpace(ada);
});
