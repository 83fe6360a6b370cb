import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../scripts/prepare.mjs";
import { runSql } from "./support/database.ts";
import { addCrowd } from "./support/crowd.ts";
import { makeCompany, type Person } from "./support/people.ts";
import { shot, shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const card = ({ page }: Person, name: string) => page.getByRole("article", { name, exact: true });
const addressOf = (slug: string) => `/${slug}/settings/access-reviews`;

test("an access review runs from its start to its report, and a revocation closes the person's open page", async ({
  people,
  browsers,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  // A time zone in which the day differs from the workspace's, which uses UTC.
  const ada = await people.signedUp("Ada", browser, { timezoneId: "America/New_York" });
  const company = await makeCompany(people, ada, "Harbour");
  await company.channel("Dispatch");
  await company.channel("Leadership", { transmission: "restricted" });
  const crew = new Map<string, Person>();
  for (const [name, role] of [
    ["Ben", "Member"],
    ["Cid", "Member"],
    ["Dot", "Admin"],
    ["Eli", "Viewer"],
    ["Fay", "Member"],
  ] as const) {
    const person = await people.signedUp(name, browser);
    await company.add(person, role);
    crew.set(name, person);
  }
  const slug = company.slug;
  await runSql(
    whoot,
    `update members set joined_at = now() - interval '200 days', last_seen_at = now() - interval '120 days'
      where name = 'Eli' and tenant_id = (select tenant_id from directory_slugs where slug = $1)`,
    [slug],
  );
  const { page } = ada;

  await test.step("the empty page explains reviews and starts one", async () => {
    await page.goto(`/${slug}/settings`);
    await page.getByRole("link", { name: "Access reviews" }).click();
    await expect(page.getByRole("heading", { name: "Does everyone still have the right access?" })).toBeVisible();
    await shot(page, "access-reviews/01-empty");
    await page.getByRole("button", { name: "Start a review" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Autumn 2026");
    const due = await dialog.getByLabel("Due").inputValue();
    await shot(page, "access-reviews/02-start");
    await dialog.getByRole("button", { name: "Start the review" }).click();
    await expect(page.getByRole("heading", { name: "Autumn 2026", level: 1 })).toBeVisible();
    await expect(page.getByText("0 of 6 decided")).toBeVisible();
    const { items } = await ada.api<{ items: { dueAt: string }[] }>("GET", `/tenants/${slug}/access-reviews`);
    expect(items[0]?.dueAt).toBe(`${due}T23:59:59.000Z`);
  });

  await test.step("members who stand out come first, with role, permissions and channels in words", async () => {
    const cards = page.getByRole("list", { name: "Members" }).getByRole("article");
    await expect(cards).toHaveCount(6);
    await expect(cards.nth(0)).toHaveAccessibleName("Ada");
    await expect(cards.nth(2)).toHaveAccessibleName("Eli");
    await expect(card(ada, "Eli")).toContainText("Not seen for 90 days");
    await expect(card(ada, "Dot")).toContainText("Powerful role");
    await expect(card(ada, "Dot")).toContainText("Can do everything");
    await expect(card(ada, "Ben")).toContainText("Listens on both channels, talks on Dispatch.");
    await card(ada, "Ben")
      .getByText(/Can do \d+ of \d+ permissions/)
      .click();
    await expect(card(ada, "Ben")).toContainText("talk on channels (push-to-talk)");
    await shot(page, "access-reviews/03-cards");
    // Dot may run reviews too, so Ada may not decide on herself.
    await expect(card(ada, "Ada").getByRole("button", { name: "Approve Ada", exact: true })).toHaveAttribute(
      "aria-disabled",
      "true",
    );
    const complete = page.getByRole("button", { name: "Complete the review" });
    await expect(complete).toHaveAttribute("aria-disabled", "true");
    await expect(complete).toHaveAccessibleDescription("6 people still to decide on.");
  });

  await test.step("approving by keyboard alone moves the focus to the next member", async () => {
    await card(ada, "Ada").focus();
    for (let steps = 0; steps < 3; steps += 1) await page.keyboard.press("j");
    await expect(card(ada, "Ben")).toBeFocused();
    await shot(page, "access-reviews/04-focus");
    await page.keyboard.press("a");
    await expect(page.getByText("1 of 6 decided")).toBeVisible();
    await expect(card(ada, "Ben")).toHaveCount(0);
    await expect(card(ada, "Cid")).toBeFocused();
    await page.keyboard.press("r");
    await expect(page.getByRole("dialog", { name: "Revoke the access of Cid" }).getByLabel("Why")).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(card(ada, "Cid")).toBeFocused();
    await page.keyboard.press("x");
    await expect(page.getByRole("checkbox", { name: "Select Cid" })).toBeChecked();
    await page.keyboard.press("x");
    await expect(page.getByRole("region", { name: "Selected people" })).toHaveCount(0);
  });

  await test.step("a role that changes while the dialog is open is shown before the decision", async () => {
    await card(ada, "Eli").getByRole("button", { name: "Approve with a note… Eli" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Note (optional)").fill("Still on the boats");
    const roles = await ada.api<{ items: Array<{ name: string; roleId: string }> }>("GET", `/tenants/${slug}/roles`);
    const members = await ada.api<{ items: Array<{ memberId: string }> }>("GET", `/tenants/${slug}/members?search=Eli`);
    await ada.api("POST", `/tenants/${slug}/members/role-changes`, {
      memberIds: members.items.map(({ memberId }) => memberId),
      roleId: roles.items.find(({ name }) => name === "Member")?.roleId,
    });
    await expect(card(ada, "Eli")).toContainText("Changed since the start: Member in place of Viewer.");
    await dialog.getByRole("button", { name: "Approve Eli" }).click();
    await expect(dialog.getByRole("alert")).toContainText("Eli is Member, and since the start may now also");
    await shot(page, "access-reviews/04-changed-meanwhile");
    await dialog.getByRole("button", { name: "Approve Eli" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText("2 of 6 decided")).toBeVisible();
    await card(ada, "Cid").focus();
  });

  await test.step("a revocation asks for a reason, and closes the person's open page", async () => {
    const cid = crew.get("Cid") as Person;
    await cid.page.goto(`/${slug}`);
    await expect(cid.page.getByRole("navigation", { name: "Channels" })).toBeVisible();
    await card(ada, "Cid").getByRole("button", { name: "Revoke… Cid" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Revoke the access of Cid" }).click();
    await expect(dialog.getByText("Say why: the note is in the report.")).toBeVisible();
    await shot(page, "access-reviews/05-revoke");
    await dialog.getByLabel("Why").fill("Left the company in May");
    await dialog.getByRole("button", { name: "Revoke the access of Cid" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText("3 of 6 decided")).toBeVisible();
    await expect(card(ada, "Fay")).toBeFocused();
    await expect(cid.page.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
  });

  await test.step("one member gets a new role, and two are approved together", async () => {
    await card(ada, "Fay").getByRole("button", { name: "Change role… of Fay" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "New role" }).click();
    await page.getByRole("option", { name: "Viewer" }).click();
    await dialog.getByLabel("Why").fill("Only listens now");
    await shot(page, "access-reviews/06-change");
    await dialog.getByRole("button", { name: "Change role of Fay" }).click();
    await expect(page.getByText("4 of 6 decided")).toBeVisible();
    await page.getByRole("radiogroup", { name: "Show" }).getByText("All (6)").click();
    for (const name of ["Dot", "Eli"]) await page.getByRole("checkbox", { name: `Select ${name}` }).check();
    await shot(page, "access-reviews/07-selected");
    await page.getByRole("region", { name: "Selected people" }).getByRole("button", { name: "Approve 2 people" }).click();
    await expect(page.getByText("5 of 6 decided")).toBeVisible();
    await page.getByRole("radiogroup", { name: "Show" }).getByText("Decided (5)").click();
    await expect(card(ada, "Eli")).toContainText("When decided: Member in place of Viewer.");
    await expect(card(ada, "Fay")).toContainText("Role changed to Viewer by Ada");
    await expect(card(ada, "Cid")).toContainText("“Left the company in May”");
    await shot(page, "access-reviews/08-decided");
  });

  await test.step("another reviewer decides on Ada, her page shows it, and the review can be completed", async () => {
    const dot = crew.get("Dot") as Person;
    await dot.page.goto(addressOf(slug));
    await dot.page.getByRole("link", { name: "Autumn 2026" }).click();
    await card(dot, "Ada").getByRole("button", { name: "Approve Ada", exact: true }).click();
    await expect(dot.page.getByRole("heading", { name: "All decisions are made" })).toBeVisible();
    await shot(dot.page, "access-reviews/09-all-decided");
    await expect(page.getByText("6 of 6 decided")).toBeVisible();
    await page.getByRole("button", { name: "Complete the review" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Complete the review" }).click();
    await expect(page.getByText("Complete", { exact: true })).toBeVisible();
    await expect(page.getByRole("button", { name: "Complete the review" })).toHaveCount(0);
    await shot(page, "access-reviews/10-complete");
  });

  await test.step("the report prints without the app's frame, and its CSV has every member", async () => {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "CSV" }).click();
    const csv = readFileSync(await (await download).path(), "utf8");
    expect(csv.trim().split("\r\n").length).toBe(7);
    expect(csv).toContain("Left the company in May");
    await page.getByRole("link", { name: "Report" }).click();
    const report = page.getByRole("article", { name: "Report" });
    await expect(report.getByRole("row")).toHaveCount(7);
    await expect(report.getByRole("row", { name: /^Eli/ })).toContainText("When decided: Member, can do");
    await expect(report).toContainText("6 people: 4 approved, 1 changed, 1 revoked");
    await shot(page, "access-reviews/11-report");
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await expect(report.getByText("Left the company in May")).toBeVisible();
    await expect(page.getByRole("navigation", { name: "Main" })).toBeHidden();
    await expect(page.getByRole("button", { name: "Print or save as PDF" })).toBeHidden();
    const folder = join(ROOT, "test-results", "screens", "access-reviews");
    mkdirSync(folder, { recursive: true });
    await page.setViewportSize({ width: 688, height: 1000 });
    await shot(page, "access-reviews/11-report-on-paper");
    await page.setViewportSize({ width: 1280, height: 800 });
    const pdf = await page.pdf({ format: "A4" });
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    writeFileSync(join(folder, "report.pdf"), pdf);
    await page.emulateMedia({ media: "screen", colorScheme: "light" });
  });

  await test.step("the list shows the review, also at phone width and in the dark theme", async () => {
    await page.goto(addressOf(slug));
    await expect(page.getByText("6 of 6 decided")).toBeVisible();
    await shot(page, "access-reviews/12-list");
    await ada.api("POST", `/tenants/${slug}/access-reviews`, {
      name: "Winter 2026",
      dueAt: new Date(Date.now() + 1e9).toISOString(),
    });
    await runSql(
      whoot,
      "update access_reviews set due_at = now() - interval '2 days' where ended_at is null and tenant_id = (select tenant_id from directory_slugs where slug = $1)",
      [slug],
    );
    await page.reload();
    await expect(page.getByText("Overdue")).toBeVisible();
    await page.emulateMedia({ colorScheme: "dark" });
    await shot(page, "access-reviews/13-overdue-dark");
    await page.getByRole("link", { name: "Winter 2026" }).click();
    await page.getByRole("checkbox", { name: "Select Ben" }).check();
    await shot(page, "access-reviews/14-dark");
    await ada.api("POST", `/tenants/${slug}/invitations`, {
      email: "gil@example.com",
      roleId: (await ada.api<{ items: { roleId: string }[] }>("GET", `/tenants/${slug}/roles`)).items[2]?.roleId,
    });
    await addCrowd(whoot, slug, 3);
    await page.reload();
    await expect(page.getByRole("listitem").filter({ hasText: "Crowd 001" })).toBeHidden();
    await page.getByText("3 people joined since the start and aren't in this review").click();
    await expect(page.getByRole("listitem").filter({ hasText: /^Crowd 00/ })).toHaveText(["Crowd 003", "Crowd 002", "Crowd 001"]);
    await page.getByText("1 invitation is pending").click();
    await expect(page.getByRole("listitem").filter({ hasText: "gil@example.com (Viewer)" })).toBeVisible();
    await shotBothThemesAndPhone(page, "access-reviews/17-counts-open");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 375, height: 800 });
    await shot(page, "access-reviews/15-phone-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await card(ada, "Eli").scrollIntoViewIfNeeded();
    await shot(page, "access-reviews/16-phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  });
});

test("a person who may not run reviews is told so, and sees none", async ({ people, browsers }) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const company = await makeCompany(people, ada);
  const vi = await people.signedUp("Vi", browser);
  await company.add(vi, "Viewer");
  await vi.page.goto(addressOf(company.slug));
  await expect(vi.page.getByRole("heading", { name: "You can't run access reviews" })).toBeVisible();
  expect(await vi.status("GET", `/tenants/${company.slug}/access-reviews`)).toBe(403);
});
