import { examine } from "./support/axe.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

test("by keyboard alone: the encryption key is replaced, and the page shows the new key's name", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada, "Harbour");
  const keys = keyboardOf(ada);
  const { page } = ada;
  const section = page.getByRole("region", { name: "Encryption key" });
  const name = section.locator("code");

  await keys.open(`/${company.slug}/settings/security`);
  await expect(section).toContainText("the workspace's first");
  const before = await name.textContent();
  await keys.to(section.getByRole("button", { name: "Replace the key…" }));
  await shotBothThemesAndPhone(page, "encryption-key/01-first");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Replace the encryption key of Harbour" });
  await keys.expectFocusInside(dialog);
  expect.soft(await examine(page)).toEqual([]);
  await shotBothThemesAndPhone(page, "encryption-key/02-dialog");
  await keys.press(dialog.getByRole("button", { name: "Replace the key" }));
  await expect(dialog).toBeHidden();
  await expect(section).toContainText(", since ");
  await expect(name).not.toHaveText(before ?? "");

  await keys.to(section.getByRole("button", { name: "Replace the key…" }));
  await expect(page.getByRole("tooltip")).toContainText("The key was replaced within the last day.");
  await page.keyboard.press("Shift+Tab");
  await expect(page.getByRole("tooltip")).toBeHidden();
  expect.soft(await examine(page)).toEqual([]);
  await shotBothThemesAndPhone(page, "encryption-key/03-replaced");
});
