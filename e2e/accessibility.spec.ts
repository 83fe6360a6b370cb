/**
 * axe finds nothing on any page: every route of the app, in its states, in both themes, wide and narrow. A route that nobody
 * visits here fails the first test; a view that shows another page than it says fails its own.
 */
import type { Page } from "@playwright/test";
import { examine } from "./support/axe.ts";
import { loadRoutes, type Routes } from "./support/routes.ts";
import { expect, test } from "./support/test.ts";
import { INSIDE, inside } from "./views/inside.ts";
import { KEPT_OUT, keptOut } from "./views/kept-out.ts";
import { OUTSIDE, outside } from "./views/outside.ts";
import { SETTINGS, settings } from "./views/settings.ts";
import type { View } from "./views/view.ts";

// Each test is a walk through many pages.
test.describe.configure({ timeout: 180_000 });

let loading: Promise<Routes> | undefined;
const routes = () => (loading ??= loadRoutes());

async function walk<World extends { page: Page }>(views: readonly View<World>[], world: World): Promise<void> {
  const { patternOf } = await routes();
  for (const { route, state, on, show, after } of views) {
    await test.step(`${route}: ${state}`, async () => {
      const page = on?.(world) ?? world.page;
      await show(world, page);
      expect(patternOf(page.url()), `where ${state} is`).toBe(route);
      // Soft: one page's findings don't hide the next one's.
      expect.soft(await examine(page), `axe on ${route}: ${state}`).toEqual([]);
      await after?.(world);
    });
  }
}

test("every route has a view here", async () => {
  const visited = new Set([...OUTSIDE, ...INSIDE, ...SETTINGS, ...KEPT_OUT].map(({ route }) => route));
  const { patterns } = await routes();
  expect(patterns.filter((pattern) => !visited.has(pattern))).toEqual([]);
});

test("what is wrong on a page is found", async ({ people, browsers }) => {
  const { page } = await people.visitor("Vi", await browsers.of("ada"));
  await page.goto("/sign-in");
  await page.locator("main").evaluate((main) => {
    main.insertAdjacentHTML(
      "beforeend",
      `<button></button><p style="color: #808080">Grey on both</p><p style="width: 350px">Wide</p>
      <button><span class="mantine-Button-label" style="display: block; width: 80px; overflow: hidden; white-space: nowrap">Invite 1,200 people</span></button>
      <div style="position: relative"><input aria-label="Under"><div style="position: absolute; inset: 0"></div></div>`,
    );
    document.title = "whoot";
  });
  const found = (await examine(page)).join("\n");
  for (const fault of [
    "title: ",
    "light: button-name",
    "light: color-contrast",
    "dark, phone: button-name",
    "phone: “Invite 1,200 people” is cut off",
    'phone: something lies over <input aria-label="Under"',
    "zoomed: a part of html is beside the screen",
  ]) {
    expect(found).toContain(fault);
  }
});

test("axe finds nothing outside of workspaces", async ({ people, browsers, whoot }) => {
  await walk(OUTSIDE, await outside(people, browsers, whoot));
});

test("axe finds nothing on the board and among the people", async ({ people, browsers, whoot }) => {
  await walk(INSIDE, await inside(people, browsers, whoot));
});

test("axe finds nothing in the settings, and when a workspace ends", async ({ people, browsers }) => {
  await walk(SETTINGS, await settings(people, browsers));
});

test("axe finds nothing where somebody is kept out, and where the server fails", async ({ people, browsers }) => {
  await walk(KEPT_OUT, await keptOut(people, browsers));
});
