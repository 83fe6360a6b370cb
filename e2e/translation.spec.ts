/** A browser that translates a page replaces text nodes that React made. No page may break then, whatever changes meanwhile. */
import type { Page } from "@playwright/test";
import type { People } from "./support/people.ts";
import { expect, test } from "./support/test.ts";
import { translate, translated } from "./support/translator.ts";
import { BOARD, inside, PEOPLE } from "./views/inside.ts";
import { KEPT_OUT, keptOut } from "./views/kept-out.ts";
import { OUTSIDE, outside } from "./views/outside.ts";
import { GENERAL_AND_ROLES, SECURITY_AND_END, settings } from "./views/settings.ts";
import type { View } from "./views/view.ts";

// Each test visits many pages.

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

async function walk<World extends { page: Page }>(views: readonly View<World>[], world: World): Promise<void> {
  for (const { route, state, pageOf, show, cleanUp } of views) {
    await test.step(`${route}: ${state}`, async () => {
      const page = pageOf?.(world) ?? world.page;
      await show(world, page);
      const { count, unsafe, changedAgain } = await translated(page);
      expect(count, `texts translated on ${route}: ${state}`).toBeGreaterThan(0);
      if (VOICES.includes(route)) expect.soft(changedAgain, `translated texts that change on ${route}: ${state}`).toEqual([]);
      expect.soft(unsafe, `text nodes that React holds on ${route}: ${state}`).toEqual([]);
      const times = page.locator('time:not([translate="no"], [translate="no"] *)');
      expect.soft(await times.count(), `translated times on ${route}: ${state}`).toBe(0);
      await cleanUp?.(world);
    });
  }
}

test("no page outside of workspaces breaks when the browser translates it", async ({ people, browsers, whoot }) => {
  await walk(OUTSIDE, await outside(foreigners(people), browsers, whoot));
});

test("neither the board nor a channel breaks when the browser translates it", async ({ people, browsers, whoot }) => {
  await walk(BOARD, await inside(foreigners(people), browsers, whoot));
});

test("no page of people and invitations breaks when the browser translates it", async ({ people, browsers, whoot }) => {
  await walk(PEOPLE, await inside(foreigners(people), browsers, whoot));
});

test("no page of the settings breaks when the browser translates it", async ({ people, browsers }) => {
  const world = await settings(foreigners(people), browsers);
  await walk(GENERAL_AND_ROLES, world);
  await walk(SECURITY_AND_END, world);
});

test("no page that refuses somebody breaks when the browser translates it", async ({ people, browsers }) => {
  await walk(KEPT_OUT, await keptOut(foreigners(people), browsers));
});
