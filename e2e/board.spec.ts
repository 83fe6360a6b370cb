/** The board as a dispatcher uses it all day: what it shows at a glance, and what must not move or vanish meanwhile. */
import type { Locator } from "@playwright/test";
import { pitchesDuring } from "./support/ears.ts";
import {
  waitForAudio,
  expectHears,
  expectLive,
  expectSilence,
  holdSpace,
  join,
  makeCompany,
  type Person,
  readyToTalk,
  releaseSpace,
  talkKey,
} from "./support/people.ts";
import { expect, test } from "./support/test.ts";

const tile = ({ page }: Person, name: string) => page.getByRole("article", { name, exact: true });
const bar = ({ page }: Person) => page.getByRole("region", { name: "Talk", exact: true });
const rail = ({ page }: Person) => page.getByRole("navigation", { name: "Channels" }).first();

async function expectInSight(target: Locator): Promise<void> {
  await expect(target).toBeInViewport({ ratio: 0.9 });
}

test("a held press ends, with a message, when Command goes down or the window loses the focus, and no other key ends it", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await company.add(ben, "Member");
  for (const person of [ada, ben]) await join(person, company, "Ops");
  await readyToTalk(ada, "Ops");
  const { keyboard } = ada.page;

  for (const key of ["Space", "Enter"]) {
    await talkKey(ada, "Ops").focus();
    await keyboard.down(key);
    await expectLive(ada, "Ops");
    await expectHears(["ada"], ben);
    // macOS reports no key that comes up while Command is down.
    await keyboard.down("Meta");
    await expect(bar(ada)).toContainText(/You're off Ops: .* ends a held press\./);
    await keyboard.up("Meta");
    await expectSilence(ben);
    await keyboard.up(key);

    await keyboard.down(key);
    await expectLive(ada, "Ops");
    await keyboard.press("Control+k");
    await expect(ada.page.getByRole("dialog", { name: "Find" })).toBeVisible();
    await keyboard.down(key);
    await expect(ada.page.getByRole("dialog", { name: "Find" })).toBeVisible();
    await expectHears(["ada"], ben);
    await keyboard.up(key);
    await expectSilence(ben);
    await expect(ada.page.getByRole("combobox")).toHaveValue("");
    await keyboard.press("Escape");
  }

  const endedMessage = "You're off Ops: this window lost focus.";
  await holdSpace(ada);
  await expectLive(ada, "Ops");
  // The sound of the press's own beginning is over.
  await expectSilence(ada);
  // Without the first 50 ms, of which the tone fills only a part.
  const [, ...fall] = await pitchesDuring(ada.page, () => ada.page.evaluate(() => window.dispatchEvent(new Event("blur"))));
  expect(fall.length, "a tone is heard").toBeGreaterThan(2);
  expect(fall.at(-1), `the tone falls: ${fall.join(", ")} Hz`).toBeLessThan(0.85 * (fall[0] ?? 0));
  await expect(bar(ada)).toContainText(endedMessage);
  await expect(tile(ada, "Ops")).toContainText(endedMessage);
  await expect(ada.page).toHaveTitle(endedMessage);
  await releaseSpace(ada);
  await expectSilence(ben);
  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expect(ada.page).not.toHaveTitle(endedMessage);
  await releaseSpace(ada);
});

test("a tile shows who talked last and what was missed, plays it in place, and stays visible beside an open channel", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops", { recording: true });
  await company.channel("Yard");
  await company.add(ben, "Member");
  for (const person of [ada, ben]) await join(person, company, "Ops");
  await ada.page.getByRole("button", { name: "Join Yard", exact: true }).click();
  await readyToTalk(ben, "Ops");
  const ops = tile(ada, "Ops");
  await expect(ops).toContainText("Recorded");

  await ops.getByRole("button", { name: "Mute Ops for me" }).click();
  await holdSpace(ben);
  await expect(ops).toContainText("Ben is talking");
  await expect(ops).toContainText("Muted");
  await expect(ops).toHaveAttribute("data-phase", "unheard");
  await expect(ops).toContainText("1 missed");
  await releaseSpace(ben);
  await expect(ops).toContainText("Last: Ben");
  await expect(rail(ada)).toContainText("1 missed");

  // After a reload, missed transmissions and, on a recorded channel, the last talker are still shown.
  await ada.page.reload();
  await waitForAudio(ada);
  await expect(ops).toContainText("Last: Ben");
  await ops.getByRole("button", { name: "Play 1 missed: Ops" }).click();
  await expect(ops.getByRole("button", { name: /missed/ })).toHaveCount(0);
  await expect(ops.getByRole("button", { name: /^Replay Ben/ })).toBeVisible();
  expect(new URL(ada.page.url()).pathname).toBe(`/${company.slug}`);

  await ops.getByRole("button", { name: "Unmute Ops for me" }).click();
  await holdSpace(ben);
  await expect(ops).toHaveAttribute("data-phase", "incoming");
  await tile(ada, "Yard").getByRole("link", { name: "Yard" }).click();
  await expect(ada.page.getByRole("complementary", { name: "Yard" })).toBeVisible();
  for (const width of [1280, 1024, 900, 375]) {
    await ada.page.setViewportSize({ width, height: 800 });
    await expectInSight(ops);
    await expectInSight(bar(ada));
  }
  await releaseSpace(ben);
});

test("leaving a channel can be undone and moves nothing under the pointer, and closing a menu keeps the talk target", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  const names = Array.from({ length: 14 }, (_, n) => `Line ${String(n + 1).padStart(2, "0")}`);
  for (const name of names) await company.channel(name);
  const { page } = ada;
  await page.goto(`/${company.slug}`);

  // Tab stops only once in the list of channels, however long it is.
  await rail(ada).getByRole("searchbox", { name: "Search channels" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await expect(rail(ada).getByRole("link", { name: "Line 02" })).toBeFocused();
  for (let stops = 0; stops < 3; stops += 1) await page.keyboard.press("Tab");
  expect(await rail(ada).evaluate((nav) => nav.contains(document.activeElement))).toBe(false);

  await rail(ada).getByRole("button", { name: "Favourite: Line 14" }).click();
  for (const name of names.slice(0, 12))
    await rail(ada)
      .getByRole("button", { name: `Join ${name}` })
      .click();
  await page.mouse.move(700, 10);
  await expect(rail(ada).getByRole("link").first()).toContainText("Line 01");
  await expect(rail(ada).getByRole("region", { name: "Favourites" })).toContainText("Line 14");
  await rail(ada).getByRole("searchbox", { name: "Search channels" }).fill("13");
  await expect(rail(ada).getByRole("link")).toHaveCount(1);
  await rail(ada).getByRole("button", { name: "Clear the search" }).click();

  const target = (name: string) => tile(ada, name).getByRole("button", { name: /^Space talks here/ });
  await expect(target("Line 01")).toBeVisible();
  await expect(bar(ada)).toContainText(/talks on\s*Line 01/);
  await page
    .getByRole("button", { name: /^Account:/ })
    .last()
    .click();
  await tile(ada, "Line 03").click({ position: { x: 150, y: 60 } });
  await expect(page.getByRole("dialog", { name: "Account" })).toHaveCount(0);
  await expect(target("Line 01")).toBeVisible();

  await page.locator("body").click({ position: { x: 640, y: 12 } });
  await page.keyboard.press("ArrowLeft");
  await expectInSight(tile(ada, "Line 12"));
  await expect(bar(ada)).toContainText("Line 12");
  await page.keyboard.press("ArrowRight");
  await expectInSight(tile(ada, "Line 01"));

  const places = () =>
    page
      .getByRole("article")
      .evaluateAll((all) => all.map((article) => [article.textContent, article.getBoundingClientRect().top]));
  const before = (await places()).filter(([text]) => !String(text).startsWith("Line 02"));
  await tile(ada, "Line 02").getByRole("button", { name: "Leave Line 02" }).click();
  await expect(tile(ada, "Line 02")).toHaveCount(0);
  expect(await places()).toEqual(before);
  await page.getByRole("button", { name: "Undo leaving Line 02" }).first().click();
  await expect(page.getByRole("article").nth(1)).toContainText("Line 02");
  await tile(ada, "Line 02").getByRole("button", { name: "Leave Line 02" }).click();
  await page.mouse.move(700, 10);
  await expect(page.getByRole("article").nth(1)).toContainText("Line 03");

  await test.step("with forced colours only the tile that Space talks on is outlined", async () => {
    await page.emulateMedia({ forcedColors: "active" });
    await expect(tile(ada, "Line 01")).toHaveCSS("outline-style", "solid");
    await expect(tile(ada, "Line 03")).toHaveCSS("outline-style", "none");
    await page.emulateMedia({ forcedColors: null });
  });

  await test.step("on a phone in landscape half of the screen is the board's", async () => {
    await page.setViewportSize({ width: 667, height: 375 });
    await expect.poll(async () => (await page.getByRole("main").boundingBox())?.height).toBeGreaterThan(188);
  });
});

test("on narrow tiles whoever may only listen reads the whole reason, and a phone in landscape shows two whole tiles", async ({
  people,
  browsers,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.signedUp("Ben", browser);
  const company = await makeCompany(people, ada);
  for (const name of ["Ops", "Yard", "Cranes"]) await company.channel(name);
  await company.add(ben, "Viewer");
  const { page } = ben;
  for (const name of ["Ops", "Yard", "Cranes"]) await join(ben, company, name);
  const reason = tile(ben, "Yard").getByRole("button", { name: /^Listen only/ });
  const cut = () =>
    reason
      .locator(":scope > span")
      .last()
      .evaluate(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight);

  await page.setViewportSize({ width: 1235, height: 800 });
  await expect(reason).toContainText("An admin can change your role.");
  expect(await cut()).toBe(false);

  await page.setViewportSize({ width: 844, height: 390 });
  for (const name of ["Ops", "Yard"]) {
    const leave = tile(ben, name).getByRole("button", { name: `Leave ${name}` });
    await expect(leave).toBeInViewport({ ratio: 1 });
    const [inner, outer] = [await leave.boundingBox(), await tile(ben, name).boundingBox()];
    expect(inner!.x + inner!.width).toBeLessThan(outer!.x + outer!.width);
    expect(outer!.y).toBeGreaterThanOrEqual(0);
  }
  expect(await cut()).toBe(false);
});

test("the level in the talk bar follows the microphone, and is drawn 20 times a second at most", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await join(ada, company, "Ops");
  await readyToTalk(ada, "Ops");

  const meter = bar(ada).getByTitle("Your microphone's level");
  const height = () => meter.evaluate((level) => level.querySelectorAll("i")[2]?.getBoundingClientRect().height ?? 0);
  await expect.poll(height).toBeGreaterThan(8);
  const drawn = await meter.evaluate(async (level) => {
    let changes = 0;
    const observer = new MutationObserver((records) => (changes += records.length));
    observer.observe(level, { subtree: true, attributes: true });
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    observer.disconnect();
    return changes / level.querySelectorAll("i").length / ((performance.now() - start) / 1_000);
  });
  expect(drawn).toBeLessThan(25);
});
