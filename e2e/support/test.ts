import { test as base } from "@playwright/test";
import { type Browsers, makeBrowsers } from "./browsers.ts";
import { makePeople, type People } from "./people.ts";
import { startWhoot, type Whoot } from "./server.ts";

interface PerTest {
  people: People;
}

interface PerWorker {
  /** One server, shared by all tests that do not break it. */
  whoot: Whoot;
  browsers: Browsers;
}

export const test = base.extend<PerTest, PerWorker>({
  whoot: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names out of this pattern
    async ({}, use) => {
      const whoot = await startWhoot();
      await use(whoot);
      await whoot.remove();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  browsers: [
    // oxlint-disable-next-line no-empty-pattern -- as above
    async ({}, use, { project }) => {
      const browsers = makeBrowsers(project.name === "pages");
      await use(browsers);
      await browsers.close();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  people: async ({ whoot }, use, info) => {
    const people = makePeople(whoot);
    await use(people);
    if (info.status !== info.expectedStatus) {
      for (const { name, page } of people.all) {
        if (!page.isClosed()) await info.attach(name, { body: await page.screenshot(), contentType: "image/png" });
      }
    }
    await people.close();
    if (people.pageErrors.length > 0) throw new Error(`pages reported errors:\n${people.pageErrors.join("\n")}`);
  },
});

export { expect } from "@playwright/test";
