import type { Locator, Page } from "@playwright/test";

/** Puts a finger down and keeps it there; Playwright's own touchscreen can only tap. */
export async function holdFinger(page: Page, target: Locator): Promise<{ lift(): Promise<void> }> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error("there is nothing to touch");
  const session = await page.context().newCDPSession(page);
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  return {
    async lift() {
      await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
      await session.detach();
    },
  };
}
