import { examine } from "./support/axe.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

test("by keyboard alone: billing details are refused and saved, with who takes a licence and who changed what", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada, "Harbour");
  const keys = keyboardOf(ada);
  const { page } = ada;
  await ada.api("POST", `/tenants/${company.slug}/invitations`, {
    email: "ben@example.com",
    roleId: (await ada.api<{ items: { roleId: string }[] }>("GET", `/tenants/${company.slug}/roles`)).items[1]?.roleId,
  });
  const section = (name: string) => page.getByRole("region", { name, exact: true });

  await keys.open(`/${company.slug}/settings/billing`);
  await expect(section("Licences")).toContainText("1 by 1 open invitation");
  await keys.press(page.getByRole("button", { name: "Show who takes one: 1 person" }));
  await expect(page.getByRole("list", { name: "People who take a licence" })).toContainText(/^AdaAdmin/);

  const form = page.getByRole("form", { name: "Billing details" });
  await keys.fill(form.getByLabel("Company"), "Łódź & Søns GmbH");
  await keys.fill(form.getByLabel("Street"), "Musterstraße 1");
  await keys.fill(form.getByLabel("City"), "Berlin");
  await keys.pick(form.getByRole("combobox", { name: "Country" }), "Germany", "Germ");
  await keys.fill(form.getByLabel("Tax ID"), "DE136695975");
  await keys.fill(form.getByLabel("Recipients"), "books@example.com");
  await keys.press(form.getByRole("button", { name: "Save" }));
  await expect(form.getByText("This isn't a VAT ID of Germany: its form or its check digit is wrong.")).toBeVisible();
  await keys.expectFocusOn(form.getByLabel("Tax ID"));
  expect.soft(await examine(page)).toEqual([]);
  await shotBothThemesAndPhone(page, "billing/01-details-refused");

  await keys.fill(form.getByLabel("Tax ID"), "de 136 695 976");
  await keys.press(form.getByRole("button", { name: "Save" }));
  await expect(form.getByText("Form checked, not looked up in a register.")).toBeVisible();
  await expect(form.getByLabel("Tax ID")).toHaveValue("DE136695976");
  await expect(section("History")).toContainText("Ada changed the billing details of Harbour");
  expect.soft(await examine(page)).toEqual([]);
  await page.evaluate(() => window.scrollTo(0, 0));
  await shotBothThemesAndPhone(page, "billing/02-saved");
});
