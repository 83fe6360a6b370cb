/**
 * Walks every route of the app, in its states. axe finds nothing there, in both themes, wide and narrow; and no page breaks when the browser
 * translates it, which replaces text nodes that React made. One walk tests both, because showing the pages takes most of the time. A route
 * without a view fails the first test; a view that shows another route than it names fails its own.
 */
import type { Page } from "@playwright/test";
import { examine } from "./support/axe.ts";
import type { People } from "./support/people.ts";
import { loadRoutes, type Routes } from "./support/routes.ts";
import { expect, test } from "./support/test.ts";
import { translate, translated } from "./support/translator.ts";
import { BOARD, inside, PEOPLE } from "./views/inside.ts";
import { KEPT_OUT, keptOut } from "./views/kept-out.ts";
import { OUTSIDE, outside } from "./views/outside.ts";
import { GENERAL_AND_ROLES, SECURITY_AND_END, settings } from "./views/settings.ts";
import type { View } from "./views/view.ts";

/** Routes that show live talk. Texts that change there are excluded from translation, so that nobody reads an old state. */
const VOICES = ["/:slug", "/:slug/channels/:channelId"];

/** People whose browsers translate every page. */
function foreigners(people: People): People {
  return {
    ...people,
    async visitor(...asked) {
      const person = await people.visitor(...asked);
      await translate(person.context);
      return person;
    },
    async signedUp(...asked) {
      const person = await people.signedUp(...asked);
      await translate(person.context);
      return person;
    },
  };
}

/** Finds what a translated page does wrong. */
async function examineTranslation(page: Page, route: string, state: string): Promise<void> {
  const { count, unsafe, changedAgain } = await translated(page);
  expect(count, `texts translated on ${route}: ${state}`).toBeGreaterThan(0);
  if (VOICES.includes(route)) expect.soft(changedAgain, `translated texts that change on ${route}: ${state}`).toEqual([]);
  expect.soft(unsafe, `text nodes that React holds on ${route}: ${state}`).toEqual([]);
  const times = page.locator('time:not([translate="no"], [translate="no"] *)');
  expect.soft(await times.count(), `translated times on ${route}: ${state}`).toBe(0);
}

let loading: Promise<Routes> | undefined;
const routes = () => (loading ??= loadRoutes());

async function walk<World extends { page: Page }>(views: readonly View<World>[], world: World): Promise<void> {
  const { patternOf } = await routes();
  for (const { route, state, pageOf, show, cleanUp } of views) {
    await test.step(`${route}: ${state}`, async () => {
      const page = pageOf?.(world) ?? world.page;
      await show(world, page);
      expect(patternOf(page.url()), `the route that shows: ${state}`).toBe(route);
      await examineTranslation(page, route, state);
      // Soft, so that one page's findings do not hide the next page's.
      expect.soft(await examine(page), `axe on ${route}: ${state}`).toEqual([]);
      await cleanUp?.(world);
    });
  }
}

test("every route of the app has a view that axe examines", async () => {
  const views = [OUTSIDE, BOARD, PEOPLE, GENERAL_AND_ROLES, SECURITY_AND_END, KEPT_OUT].flat();
  const visited = new Set(views.map(({ route }) => route));
  const { patterns } = await routes();
  expect(patterns.filter((pattern) => !visited.has(pattern))).toEqual([]);
});

test("the check of a page finds faults that are put on it", async ({ people, browsers }) => {
  const { page } = await people.visitor("Vi", await browsers.withVoice("ada"));
  await page.goto("/sign-in");
  await page.locator("main").evaluate((main) => {
    main.insertAdjacentHTML(
      "beforeend",
      `<button></button><p style="color: #808080">Grey on both</p><p style="width: 350px">Wide</p>
      <button><span class="mantine-Button-label" style="display: block; width: 80px; overflow: hidden; white-space: nowrap">Invite 1,200 people</span></button>
      <input aria-label="Pale" style="border: 1px solid #b0b0b0; background: #fff">
      <div style="position: relative"><input aria-label="Under"><div style="position: absolute; inset: 0"></div></div>`,
    );
    document.title = "whoot";
  });
  const found = (await examine(page)).join("\n");
  for (const fault of [
    "title: ",
    "light: button-name",
    "light: color-contrast",
    "light: a border of 2.",
    "dark, phone: button-name",
    "phone: “Invite 1,200 people” is cut off",
    'phone: something covers <input aria-label="Under"',
    "zoomed: a part of html overflows the screen",
  ]) {
    expect(found).toContain(fault);
  }
});

test("the app ships its typeface, in five scripts and with tabular figures", async ({ people, browsers }) => {
  const { page } = await people.visitor("Vi", await browsers.withVoice("ada"));
  await page.goto("/sign-in");
  const scripts = { latin: "Ada", "latin-ext": "Łódź", cyrillic: "Привет", greek: "Ελλάδα", vietnamese: "Việt" };
  for (const [script, words] of Object.entries(scripts)) {
    const loaded = await page.evaluate(
      async (text) => (await document.fonts.load('16px "Inter Variable"', text)).map(({ status }) => status),
      words,
    );
    expect(loaded.length, script).toBeGreaterThan(0);
    expect(new Set(loaded), script).toEqual(new Set(["loaded"]));
  }
  const widths = await page.evaluate(() => {
    const widthOf = (name: string, text: string) => {
      const element = document.body.appendChild(document.createElement(name));
      element.style.cssText = "position: absolute; padding: 0; border: 0; font-family: var(--w-font)";
      element.textContent = text;
      return element.getBoundingClientRect().width;
    };
    return {
      times: ["1111111111", "0000000000", "4748291036"].map((figures) => widthOf("time", figures)),
      hyphen: widthOf("p", "-"),
      figure: widthOf("time", "0"),
    };
  });
  expect(new Set(widths.times).size, "times have figures of one width").toBe(1);
  expect(widths.hyphen, "a hyphen in text is narrower than a figure").toBeLessThan(0.9 * widths.figure);
});

test("axe finds nothing on the pages outside of workspaces, and translating them breaks none", async ({
  people,
  browsers,
  whoot,
}) => {
  await walk(OUTSIDE, await outside(foreigners(people), browsers, whoot));
});

test("axe finds nothing on the board and in the channels, and translating them breaks none", async ({
  people,
  browsers,
  whoot,
}) => {
  await walk(BOARD, await inside(foreigners(people), browsers, whoot));
});

test("axe finds nothing on the pages of people and invitations, and translating them breaks none", async ({
  people,
  browsers,
  whoot,
}) => {
  await walk(PEOPLE, await inside(foreigners(people), browsers, whoot));
});

test("axe finds nothing in the general settings and on the pages of roles, and translating them breaks none", async ({
  people,
  browsers,
}) => {
  await walk(GENERAL_AND_ROLES, await settings(foreigners(people), browsers));
});

test("axe finds nothing in the audit log, in access reviews and on the page of a deletion, and translating them breaks none", async ({
  people,
  browsers,
}) => {
  await walk(SECURITY_AND_END, await settings(foreigners(people), browsers));
});

test("axe finds nothing on pages that refuse somebody and when the server fails, and translating them breaks none", async ({
  people,
  browsers,
}) => {
  await walk(KEPT_OUT, await keptOut(foreigners(people), browsers));
});
