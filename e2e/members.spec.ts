import { crowd } from "./support/crowd.ts";
import { runSql } from "./support/database.ts";
import { makeCompany, type Person } from "./support/people.ts";
import { shot } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const row = ({ page }: Person, name: string) =>
  page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
const names = ({ page }: Person) => page.getByRole("table", { name: "Members" }).getByRole("rowheader");
const bulk = ({ page }: Person) => page.getByRole("region", { name: "Selected people" });

test("members are found, sorted, paged, and changed one or many at once", async ({ whoot, people, browsers }) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.of("ada"));
  const company = await makeCompany(people, ada);
  await crowd(whoot, company.slug, 120);
  const { page } = ada;
  await page.goto(`/${company.slug}/people`);

  await test.step("the list is by name, page after page", async () => {
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

  await test.step("a column's header sorts by it, and the other way round; the address says so", async () => {
    await page.getByRole("button", { name: "Joined" }).click();
    await expect(page.getByRole("columnheader", { name: "Joined" })).toHaveAttribute("aria-sort", "descending");
    await expect(names(ada).first()).toContainText("Ada Okafor");
    await page.getByRole("button", { name: "Joined" }).click();
    await expect(names(ada).first()).toContainText("Crowd 120");
    expect(new URL(page.url()).search).toBe("?sort=joined&order=asc");
  });

  await test.step("search and filters, and nobody who matches", async () => {
    await page.getByLabel("Search members").fill("crowd 01");
    await expect(names(ada)).toHaveCount(10);
    await page.getByRole("combobox", { name: "Filter by role" }).click();
    await page.getByRole("option", { name: /Viewer/ }).click();
    await expect(names(ada)).toHaveCount(2);
    await page.reload();
    await expect(names(ada)).toHaveCount(2);
    await expect(page.getByLabel("Search members")).toHaveValue("crowd 01");
    await page.getByLabel("Search members").fill("zebra");
    await expect(page.getByRole("heading", { name: "Nobody matches" })).toBeVisible();
    await shot(page, "members/02-nobody");
    await page.getByRole("button", { name: "Show everybody" }).click();
    await expect(page.getByLabel("Search members")).toHaveValue("");
    await expect(names(ada)).toHaveCount(50);
  });

  await test.step("three of them change role, by keyboard alone", async () => {
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
    await expect(page.getByText("3 people have the role Viewer now.")).toBeVisible();
    for (const number of ["001", "002", "003"]) await expect(row(ada, `Crowd ${number}`)).toContainText("Viewer");
    await expect(bulk(ada)).toHaveCount(0);
  });

  await test.step("what cannot be done says why", async () => {
    await page.getByLabel("Search members").fill("ada");
    await expect(names(ada)).toHaveCount(1);
    await expect(page.getByRole("checkbox", { name: "Select Ada Okafor" })).toBeDisabled();
    await page.getByRole("button", { name: "What to do with Ada Okafor" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menuitem", { name: "Remove" })).toContainText("Nobody removes themselves.");
    await expect(page.getByRole("menuitem", { name: "Remove" })).toHaveAttribute("aria-disabled", "true");
    await shot(page, "members/05-menu");
    await page.keyboard.press("Escape");
  });

  await test.step("all or none: one who was removed meanwhile, and nothing was done to the other", async () => {
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

  await test.step("at phone width", async () => {
    await page.setViewportSize({ width: 375, height: 812 });
    await shot(page, "members/07-phone");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.getByRole("checkbox", { name: "Select Crowd 005" }).check();
    await page.getByRole("button", { name: "What to do with Crowd 007" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).waitFor();
    await shot(page, "members/10-phone-dark");
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
  });
});

test("who is suspended sees it on the page that they have open, is let in again, and is removed", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const ben = await people.signedUp("Ben", await browsers.of("ben"));
  const company = await makeCompany(people, ada);
  await company.add(ben, "Member");
  await company.channel("Ops");
  await ben.page.goto(`/${company.slug}`);
  await expect(ben.page.getByRole("button", { name: "Join Ops" })).toBeVisible();
  await ada.page.goto(`/${company.slug}/people`);

  async function choose(what: "Suspend" | "Reactivate" | "Remove"): Promise<void> {
    await ada.page.getByRole("button", { name: "What to do with Ben" }).click();
    await ada.page.getByRole("menuitem", { name: what }).click();
    await ada.page
      .getByRole("dialog")
      .getByRole("button", { name: `${what} Ben` })
      .click();
    await expect(ada.page.getByRole("dialog")).toHaveCount(0);
  }

  await choose("Suspend");
  await expect(row(ada, "Ben")).toContainText("Suspended");
  await expect(ben.page.getByRole("heading", { name: "You are suspended from this workspace" })).toBeVisible();
  await shot(ben.page, "members/08-suspended");
  await shot(ada.page, "members/09-suspended-in-list");

  await choose("Reactivate");
  await expect(row(ada, "Ben")).not.toContainText("Suspended");
  await ben.page.getByRole("button", { name: "Try again" }).click();
  await expect(ben.page.getByRole("button", { name: "Join Ops" })).toBeVisible();

  // What goes with them is said before.
  const roles = await ada.api<{ items: { roleId: string }[] }>("GET", `/tenants/${company.slug}/roles`);
  const adminId = roles.items[0]?.roleId;
  const { items } = await ada.api<{ items: { memberId: string; name: string }[] }>("GET", `/tenants/${company.slug}/members`);
  const memberIds = items.filter(({ name }) => name === "Ben").map(({ memberId }) => memberId);
  await ada.api("POST", `/tenants/${company.slug}/members/role-changes`, { memberIds, roleId: adminId });
  await ben.api("POST", `/tenants/${company.slug}/invitations`, { email: "carla@example.com", roleId: adminId });
  await ada.page.getByRole("button", { name: "What to do with Ben" }).click();
  await ada.page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(ada.page.getByRole("dialog").getByRole("status")).toHaveText(
    "1 open invitation of theirs stops working until somebody else sends it again.",
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
