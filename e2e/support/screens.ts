import type { Locator, Page } from "@playwright/test";
import { join } from "node:path";
import { ROOT } from "../../scripts/prepare.mjs";

/** `WHOOT_SCREENSHOTS=1 npm test -- members`: screenshots are for people to look at. No test compares them, and 300 of them take a minute of CPU. */
const WANTED = Boolean(process.env["WHOOT_SCREENSHOTS"]);

/** Takes a screenshot, if they are wanted. */
export async function shot(page: Page, name: string): Promise<void> {
  if (!WANTED) return;
  await page.screenshot({ path: join(ROOT, "test-results", "screens", `${name}.png`), animations: "disabled" });
}

/**
 * Takes four screenshots, if they are wanted: at desktop and phone width, each in both themes.
 * @param shows is scrolled to, if it is given
 */
export async function shotBothThemesAndPhone(page: Page, name: string, shows?: Locator): Promise<void> {
  if (!WANTED) return;
  const size = page.viewportSize();
  for (const [suffix, width] of [
    ["", 1280],
    ["-phone", 375],
  ] as const) {
    await page.setViewportSize({ width, height: width === 375 ? 720 : 800 });
    await shows?.scrollIntoViewIfNeeded();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await shot(page, `${name}${suffix}${colorScheme === "dark" ? "-dark" : ""}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (size) await page.setViewportSize(size);
}
