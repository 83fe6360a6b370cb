import { addCrowd } from "./support/crowd.ts";
import { runSql } from "./support/database.ts";
import { makeCompany, type Person } from "./support/people.ts";
import { shot, shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const row = ({ page }: Person, name: string) =>
  page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
const names = ({ page }: Person) => page.getByRole("table", { name: "Members" }).getByRole("rowheader");
const bulk = ({ page }: Person) => page.getByRole("region", { name: "Selected people" });

test("members are found, sorted and paged", async ({ whoot, people, browsers }) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  await addCrowd(whoot, company.slug, 120);
  const { page } = ada;
  await page.goto(`/${company.slug}/people`);

  await test.step("the list is sorted by name, page by page", async () => {
    await expect(names(ada).first()).toContainText("Ada Okafor (you)");
    await expect(page.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
    await expect(names(ada)).toHaveCount(50);
    await shot(page, "members/01-list");
    await page.getByRole("button", { name: "Next" }).click();
    await expect(names(ada).first()).toContainText("Crowd 050");
    await page.getByRole("button", { name: "Next" }).click();
    await expect(names(ada).last()).toContainText("Crowd 120");
    await expect(page.getByRole("button", { name: "Next" })).toBeDisabled();
    await page.getByRole("button", { name: "Previous" }).click();
    await expect(names(ada).first()).toContainText("Crowd 050");
  });

  await test.step("a column's header sorts by it in both directions, and the URL keeps that", async () => {
    await page.getByRole("button", { name: "Joined" }).click();
    await expect(page.getByRole("columnheader", { name: "Joined" })).toHaveAttribute("aria-sort", "descending");
    await expect(names(ada).first()).toContainText("Ada Okafor");
    await page.getByRole("button", { name: "Joined" }).click();
    await expect(names(ada).first()).toContainText("Crowd 120");
    expect(new URL(page.url()).search).toBe("?sort=joined&order=asc");
  });

  await test.step("search and filters work, also without a match", async () => {
    await page.getByLabel("Search members").fill("crowd 01");
    await expect(names(ada)).toHaveCount(10);
    await page.getByRole("combobox", { name: "Filter by role" }).click();
    await page.getByRole("option", { name: /Viewer/ }).click();
    await expect(names(ada)).toHaveCount(2);
    await page.reload();
    await expect(names(ada)).toHaveCount(2);
    await expect(page.getByLabel("Search members")).toHaveValue("crowd 01");
    await page.getByLabel("Search members").fill("zebra");
    await expect(page.getByRole("heading", { name: "No matches. Try fewer letters, or clear a filter." })).toBeVisible();
    await shot(page, "members/02-nobody");
    await page.getByRole("button", { name: "Show everyone" }).click();
    await expect(page.getByLabel("Search members")).toHaveValue("");
    await expect(names(ada)).toHaveCount(50);
  });

  await test.step("the list shows the total, the page, and who is connected now", async () => {
    await page.goto(`/${company.slug}/people`);
    await expect(page.getByRole("tab", { name: "Members 121" })).toBeVisible();
    await expect(page.getByText("Page 1 of 3")).toBeVisible();
    await expect(row(ada, "Ada Okafor").getByRole("cell", { name: "now", exact: true })).toBeVisible();
    await expect.poll(() => row(ada, "Crowd 005").evaluate((element) => element.getBoundingClientRect().height)).toBe(48);
    await page.getByRole("combobox", { name: "Filter by state" }).click();
    await page.getByRole("option", { name: "Connected now" }).click();
    await expect(names(ada)).toHaveCount(1);
    await page.getByRole("combobox", { name: "Filter by state" }).click();
    await page.getByRole("option", { name: "Any state" }).click();
  });

  await test.step("the list works at phone width", async () => {
    await page.setViewportSize({ width: 375, height: 812 });
    await shot(page, "members/07-phone");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.getByRole("checkbox", { name: "Select Crowd 005" }).check();
    await page.getByRole("button", { name: "Actions for Crowd 007" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).waitFor();
    await shot(page, "members/10-phone-dark");
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
  });
});

test("a change applies to all selected members or to none, and two members with the same name can be told apart", async ({
  whoot,
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  await addCrowd(whoot, company.slug, 9);
  const { page } = ada;
  await page.goto(`/${company.slug}/people`);

  await test.step("three members get another role, by keyboard alone", async () => {
    await page.getByLabel("Search members").fill("crowd 00");
    await expect(names(ada)).toHaveCount(9);
    for (const number of ["001", "002", "003"]) {
      await page.getByRole("checkbox", { name: `Select Crowd ${number}` }).focus();
      await page.keyboard.press("Space");
    }
    await expect(bulk(ada)).toContainText("3 people selected");
    await shot(page, "members/03-selected");
    await bulk(ada).getByRole("button", { name: "Change role of 3 people" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Change role of 3 people" });
    await expect(dialog.getByRole("listitem")).toHaveCount(3);
    await dialog.getByRole("combobox", { name: "New role" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.getByRole("option", { name: "Viewer" }).waitFor();
    await page.keyboard.type("V");
    await page.getByRole("option", { name: "Viewer" }).click();
    await page.emulateMedia({ colorScheme: "dark" });
    await shot(page, "members/04-change-role");
    await page.emulateMedia({ colorScheme: "light" });
    await dialog.getByRole("button", { name: "Give 3 people the role Viewer" }).focus();
    await page.keyboard.press("Enter");
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText("3 people now have the role Viewer.")).toBeVisible();
    for (const number of ["001", "002", "003"]) await expect(row(ada, `Crowd ${number}`)).toContainText("Viewer");
    await expect(bulk(ada)).toHaveCount(0);
  });

  await test.step("actions that are not possible say why", async () => {
    await page.getByLabel("Search members").fill("ada");
    await expect(names(ada)).toHaveCount(1);
    await expect(page.getByRole("checkbox", { name: "Select Ada Okafor" })).toBeDisabled();
    await page.getByRole("button", { name: "Actions for Ada Okafor" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menuitem", { name: "Remove" })).toContainText("You can't remove yourself.");
    await expect(page.getByRole("menuitem", { name: "Remove" })).toHaveAttribute("aria-disabled", "true");
    await shot(page, "members/05-menu");
    await page.keyboard.press("Escape");
  });

  await test.step("when one selected member was removed meanwhile, the other is not changed either", async () => {
    await page.getByLabel("Search members").fill("crowd 00");
    await expect(names(ada)).toHaveCount(9);
    await page.getByRole("checkbox", { name: "Select Crowd 008" }).check();
    await page.getByRole("checkbox", { name: "Select Crowd 009" }).check();
    await bulk(ada).getByRole("button", { name: "Suspend 2 people" }).click();
    await runSql(whoot, "delete from members where name = 'Crowd 009'", []);
    const dialog = page.getByRole("dialog", { name: "Suspend 2 people" });
    await dialog.getByRole("button", { name: "Suspend 2 people" }).click();
    await expect(dialog.getByRole("alert")).toContainText("No longer in the workspace: Crowd 009");
    await shot(page, "members/06-refused");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(row(ada, "Crowd 008")).not.toContainText("Suspended");
  });

  await test.step("two people with one name are distinguished by their addresses, also in the dialog", async () => {
    await runSql(whoot, "update members set name = 'Crowd 001' where name = 'Crowd 002'", []);
    await page.reload();
    await page.getByRole("button", { name: "Actions for Crowd 001 (crowd.2@example.com)" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove Crowd 001" });
    await expect(dialog.getByRole("listitem")).toHaveText("Crowd 001 crowd.2@example.com");
    await dialog.getByRole("button", { name: "Cancel" }).click();

    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: /^Find/ }).fill("crowd 001");
    const found = page.getByRole("group", { name: "People" }).getByRole("option");
    await expect(found).toHaveCount(2);
    await expect(found.filter({ hasText: "crowd.1@example.com" })).toHaveCount(1);
    const second = found.filter({ hasText: "crowd.2@example.com" });
    await expect(second).toHaveText("Crowd 001crowd.2@example.com");
    await shotBothThemesAndPhone(page, "members/14-palette");
    await second.click();
    await expect(page.getByLabel("Search members")).toHaveValue("crowd.2@example.com");
    await expect(names(ada)).toHaveCount(1);
  });
});

test("all members who match a search are changed at once, however many", async ({ whoot, people, browsers }) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  await addCrowd(whoot, company.slug, 120);
  const { page } = ada;
  await page.goto(`/${company.slug}/people`);

  await test.step("everyone who matches is selected, beyond the page", async () => {
    await page.getByLabel("Search members").fill("crowd");
    await expect(page.getByText("120 people", { exact: true })).toBeVisible();
    await page.getByRole("checkbox", { name: "Select everyone on this page" }).check();
    await expect(bulk(ada)).toContainText("50 people selected");
    await page.getByRole("button", { name: "Select all 120 that match" }).click();
    await expect(bulk(ada)).toContainText("120 people selected");
    await shot(page, "members/11-all-selected");
    await bulk(ada).getByRole("button", { name: "Remove 120 people…" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove 120 people" });
    await expect(dialog.getByText("and 112 others")).toBeVisible();
    await dialog.getByRole("button", { name: "Remove 120 people" }).click();
    await expect(page.getByRole("heading", { name: "No matches. Try fewer letters, or clear a filter." })).toBeVisible();
    await page.getByRole("button", { name: "Show everyone" }).click();
    await expect(names(ada)).toHaveCount(1);
  });

  await test.step("a change of more people than fit into one request skips and lists those who can't be changed, and continues after a failure", async () => {
    await addCrowd(whoot, company.slug, 620);
    await page.reload();
    await page.getByLabel("Search members").fill("crowd");
    await expect(page.getByText("620 people", { exact: true })).toBeVisible();
    await page.getByRole("checkbox", { name: "Select everyone on this page" }).check();
    await page.getByRole("button", { name: "Select all 620 that match" }).click();
    await expect(bulk(ada)).toContainText("620 people selected");
    await bulk(ada).getByRole("button", { name: "Suspend 620 people…" }).click();
    await runSql(whoot, "delete from members where name = 'Crowd 009'", []);
    // The server answers the first request with who can't be changed, the second request omits them, and the third has the rest.
    let requests = 0;
    await page.route("**/members/suspensions", (route) => {
      requests += 1;
      return requests === 3 ? route.abort() : route.continue();
    });
    const dialog = page.getByRole("dialog", { name: "Suspend 620 people" });
    await expect(dialog.getByText("People are changed 500 at a time.", { exact: false })).toBeVisible();
    await shot(page, "members/12-many");
    await dialog.getByRole("button", { name: "Suspend 620 people" }).click();
    await expect(dialog.getByText("500 of 620 people were suspended.")).toBeVisible();
    await expect(dialog.getByText("1 person can't be changed:")).toBeVisible();
    await expect(dialog.getByRole("listitem")).toHaveText("Crowd 009: No longer a member of this workspace.");
    await expect(dialog.getByRole("alert")).toContainText("whoot can't be reached.");
    await expect(dialog.getByText("119 people are left.")).toBeVisible();
    await shotBothThemesAndPhone(page, "members/13-partly");
    await dialog.getByRole("button", { name: "Continue with the other 119" }).click();
    await expect(dialog.getByText("619 of 620 people were suspended.")).toBeVisible();
    await expect(dialog.getByRole("button", { name: /^Continue/ })).toHaveCount(0);
    await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
    await page.unroute("**/members/suspensions");
    await expect(bulk(ada)).toContainText("1 person selected");
    await bulk(ada).getByRole("button", { name: "Clear selection" }).click();
  });
});

test("a suspended member sees it on their open page, gets access again, and is then removed", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  await company.add(ben, "Member");
  await company.channel("Ops");
  await ben.page.goto(`/${company.slug}`);
  await expect(ben.page.getByRole("button", { name: "Join Ops" })).toBeVisible();
  await ada.page.goto(`/${company.slug}/people`);

  async function choose(what: "Suspend" | "Reactivate" | "Remove"): Promise<void> {
    await ada.page.getByRole("button", { name: "Actions for Ben" }).click();
    await ada.page.getByRole("menuitem", { name: what }).click();
    await ada.page
      .getByRole("dialog")
      .getByRole("button", { name: `${what} Ben` })
      .click();
    await expect(ada.page.getByRole("dialog")).toHaveCount(0);
  }

  await choose("Suspend");
  await expect(row(ada, "Ben")).toContainText("Suspended");
  await expect(ben.page.getByRole("heading", { name: "You're suspended from this workspace" })).toBeVisible();
  await shot(ben.page, "members/08-suspended");
  await shot(ada.page, "members/09-suspended-in-list");

  await choose("Reactivate");
  await expect(row(ada, "Ben")).not.toContainText("Suspended");
  await ben.page.getByRole("button", { name: "Try again" }).click();
  await expect(ben.page.getByRole("button", { name: "Join Ops" })).toBeVisible();

  // The dialog says in advance what else will be removed.
  const roles = await ada.api<{ items: { roleId: string }[] }>("GET", `/tenants/${company.slug}/roles`);
  const adminId = roles.items[0]?.roleId;
  const { items } = await ada.api<{ items: { memberId: string; name: string }[] }>("GET", `/tenants/${company.slug}/members`);
  const memberIds = items.filter(({ name }) => name === "Ben").map(({ memberId }) => memberId);
  await ada.api("POST", `/tenants/${company.slug}/members/role-changes`, { memberIds, roleId: adminId });
  await ben.api("POST", `/tenants/${company.slug}/invitations`, { email: "carla@example.com", roleId: adminId });
  await ada.page.getByRole("button", { name: "Actions for Ben" }).click();
  await ada.page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(ada.page.getByRole("dialog").getByRole("status")).toHaveText(
    "1 of their open invitations stops working until someone else sends it again.",
  );
  await shot(ada.page, "members/10-remove");
  await ada.page.emulateMedia({ colorScheme: "dark" });
  await ada.page.setViewportSize({ width: 375, height: 800 });
  await shot(ada.page, "members/11-remove-phone");
  await ada.page.setViewportSize({ width: 1280, height: 800 });
  await ada.page.getByRole("button", { name: "Cancel" }).click();

  await choose("Remove");
  await expect(row(ada, "Ben")).toHaveCount(0);
  await expect(ben.page.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
});
