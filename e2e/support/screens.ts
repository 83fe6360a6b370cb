import type { Locator, Page } from "@playwright/test";
import { join } from "node:path";
import { ROOT } from "../../scripts/prepare.mjs";

/** Takes a screenshot for people to look at; no test compares it. */
export async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(ROOT, "test-results", "screens", `${name}.png`), animations: "disabled" });
}

/** Takes four screenshots: at desktop and phone width, each in both themes. @param shows is scrolled to, if it is given */
export async function shotBothThemesAndPhone(page: Page, name: string, shows?: Locator): Promise<void> {
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
