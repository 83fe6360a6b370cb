import type { Page } from "@playwright/test";
import { join } from "node:path";
import { ROOT } from "../../scripts/prepare.mjs";

/** A picture for people to look at: nothing compares it. */
export async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(ROOT, "test-results", "screens", `${name}.png`), animations: "disabled" });
}
