/** Many workspaces by keyboard alone: switching, the overview, creating, access reviews, and deleting. */
import { readFileSync } from "node:fs";
import { runSql } from "./support/database.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany, PASSWORD, unique } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

test("by keyboard alone, the palette, the switcher and the overview are used, and a workspace is created", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const acme = await makeCompany(people, ada, "Acme");
  const beta = await makeCompany(people, ada, "Beta");
  await acme.channel("Ops");
  await acme.add(await people.signedUp("Ben", await browsers.withVoice("ben")), "Member");
  const { page } = ada;
  const keys = keyboardOf(ada);
  const switcher = page.getByRole("button", { name: /^Workspace/ });
  const finder = page.getByRole("dialog", { name: "Find" });

  await test.step("closing the palette returns the focus", async () => {
    await keys.open(`/${acme.slug}/people`);
    const invite = page.getByRole("button", { name: "Invite people" });
    await keys.press(page.getByRole("link", { name: "Skip to content" }));
    await keys.to(invite);
    await page.keyboard.press("Control+k");
    await keys.expectFocusInside(finder);
    await keys.escape(finder, invite);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("general");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/${acme.slug}/settings`);
    await keys.to(page.getByRole("form", { name: "Name and address" }).getByLabel("Name"));
  });

  await test.step("the switcher closes, switches, and opens a workspace in a new tab", async () => {
    const field = page.getByRole("combobox", { name: "Your workspaces" });
    await keys.press(switcher, "Enter", "back");
    await keys.expectFocusOn(field);
    await keys.escape(page.getByRole("listbox", { name: "Your workspaces" }), switcher);
    await keys.press(switcher);
    await keys.expectFocusOn(field);
    await page.keyboard.type("bet");
    const opened = page.context().waitForEvent("page");
    await page.keyboard.press("Control+Enter");
    await expect(await opened).toHaveURL(`/${beta.slug}`);
    await (await opened).close();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/${beta.slug}`);
    await keys.expectFocusOn(page.getByRole("main"));
  });

  await test.step("the overview is searched and sorted, and leads to what needs attention", async () => {
    await keys.press(switcher, "Enter", "back");
    await keys.press(page.getByRole("link", { name: /^All workspaces/ }));
    await expect(page).toHaveURL("/workspaces");
    const rows = page.getByRole("table", { name: "Your workspaces" }).getByRole("row");
    await keys.fill(page.getByRole("textbox", { name: "Find a workspace" }), "acm");
    await expect(rows).toHaveCount(2);
    await keys.choose(page.getByRole("radio", { name: "Name" }));
    await keys.press(page.getByRole("link", { name: "Only one admin" }));
    await expect(page).toHaveURL(new RegExp(`/${acme.slug}/people`));
    await keys.to(page.getByRole("button", { name: "Invite people" }));
  });

  await test.step("another workspace is created", async () => {
    await keys.press(switcher, "Enter", "back");
    await keys.press(page.getByRole("link", { name: "Create a workspace" }));
    const slug = unique("third");
    await keys.fill(page.getByLabel("Name"), "Third");
    await keys.fill(page.getByLabel("Address"), slug);
    await keys.press(page.getByRole("button", { name: "Create Third" }));
    await expect(page).toHaveURL(`/${slug}`);
    await keys.press(page.getByRole("main").getByRole("button", { name: "Create a channel" }));
    const dialog = page.getByRole("dialog", { name: "Create a channel" });
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, page.getByRole("main").getByRole("button", { name: "Create a channel" }));
  });
});

test("by keyboard alone, an access review is started, decided singly and together, completed and reported", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  // Members without accounts.
  await runSql(
    whoot,
    `insert into members (tenant_id, member_id, account_id, role_id, name, email)
     select tenant_id, gen_random_uuid(), gen_random_uuid(), role_id, member, lower(member) || '@example.com'
     from tenants join roles using (tenant_id), unnest(array['Ben', 'Cid', 'Dot', 'Eli', 'Fay']) member
     where tenants.slug = $1 and roles.name = 'Member'`,
    [company.slug],
  );
  const { page } = ada;
  const keys = keyboardOf(ada);
  const card = (name: string) => page.getByRole("article", { name, exact: true });
  const dialog = page.getByRole("dialog");
  const decided = (count: number) => expect(page.getByText(`${count} of 6 decided`)).toBeVisible();

  await test.step("the review is started", async () => {
    await keys.open(`/${company.slug}/settings/access-reviews`);
    await keys.press(page.getByRole("link", { name: "Skip to content" }));
    const start = page.getByRole("button", { name: "Start a review" });
    await keys.press(start);
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, start);
    await keys.press(start);
    await keys.fill(dialog.getByLabel("Name"), "Autumn");
    await keys.press(dialog.getByRole("button", { name: "Start the review" }));
    await decided(0);
  });

  await test.step("keys move from card to card, and letters approve, change and revoke", async () => {
    await keys.to(card("Ada"));
    await page.keyboard.press("a");
    await decided(1);
    await keys.expectFocusOn(card("Ben"));
    await page.keyboard.press("c");
    await keys.expectFocusInside(dialog);
    await keys.pick(dialog.getByRole("combobox", { name: "New role" }), "Viewer");
    await keys.fill(dialog.getByLabel("Why"), "Only listens");
    await keys.press(dialog.getByRole("button", { name: "Change role of Ben" }));
    await decided(2);
    await keys.expectFocusOn(card("Cid"));
    await page.keyboard.press("r");
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, card("Cid"));
    await page.keyboard.press("r");
    await keys.fill(dialog.getByLabel("Why"), "Left in May");
    await keys.press(dialog.getByRole("button", { name: "Revoke the access of Cid" }));
    await decided(3);
    await keys.expectFocusOn(card("Dot"));
  });

  await test.step("members are decided by a card's buttons, and together", async () => {
    await keys.press(card("Dot").getByRole("button", { name: "Approve with a note… Dot" }));
    await keys.fill(dialog.getByLabel("Note (optional)"), "Asked her");
    await keys.press(dialog.getByRole("button", { name: "Approve Dot" }));
    await decided(4);
    await keys.expectFocusOn(card("Eli"));
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await keys.press(page.getByRole("region", { name: "Selected people" }).getByRole("button", { name: "Approve 2 people" }));
    await decided(6);
  });

  await test.step("the review is completed and its report exported", async () => {
    const complete = page.getByRole("button", { name: "Complete the review" });
    await keys.press(complete, "Enter", "back");
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, complete);
    await keys.press(complete);
    await keys.press(dialog.getByRole("button", { name: "Complete the review" }));
    await expect(page.getByText("Complete", { exact: true })).toBeVisible();
    const download = page.waitForEvent("download");
    await keys.press(page.getByRole("link", { name: "CSV" }), "Enter", "back");
    expect(readFileSync(await (await download).path(), "utf8")).toContain("Left in May");
    await keys.press(page.getByRole("link", { name: "Report" }), "Enter", "back");
    await page.evaluate(() => (window.print = () => (document.title = "Printed")));
    await keys.press(page.getByRole("button", { name: "Print or save as PDF" }));
    await expect(page).toHaveTitle("Printed");
  });
});

test("by keyboard alone, a workspace is exported and deleted, and its receipts are downloaded", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  const { page } = ada;
  const keys = keyboardOf(ada);
  const dialog = page.getByRole("dialog");
  const remove = page.getByRole("button", { name: "Delete Acme…" });

  await test.step("the dialog of the deletion links to the export first", async () => {
    await keys.open(`/${company.slug}/settings`);
    await keys.press(remove, "Enter", "back");
    await keys.expectFocusInside(dialog);
    await keys.press(dialog.getByRole("link", { name: "export everything" }));
    await keys.press(page.getByRole("button", { name: "Export everything" }));
    const archive = page.getByRole("link", { name: /^Download the export from/ });
    await expect(archive).toBeVisible();
    const download = page.waitForEvent("download");
    await keys.press(archive, "Enter", "back");
    expect((await download).suggestedFilename()).toContain(company.slug);
  });

  await test.step("the workspace is deleted with its address, after the dialog that asks who it is was cancelled once", async () => {
    await keys.press(remove);
    await keys.escape(dialog, remove);
    await keys.press(remove);
    const confirmation = page.getByRole("dialog", { name: "Confirm that it's you" });
    await runSql(whoot, "update sessions set authenticated_at = now() - interval '1 hour'", []);
    async function ask() {
      await keys.press(dialog.getByRole("button", { name: "Delete Acme" }));
      await expect(confirmation.getByLabel("Your password")).toBeFocused();
      await keys.expectFocusInside(confirmation);
    }
    await keys.fill(dialog.getByLabel(`Type ${company.slug} to confirm`), company.slug);
    await ask();
    // Escape leaves the dialog beneath open, with what was typed there.
    await page.keyboard.press("Escape");
    await expect(confirmation).toBeHidden();
    await expect(dialog).toHaveCount(1);
    await ask();
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "The workspace is erased" })).toBeVisible();
  });

  await test.step("the receipts are downloaded", async () => {
    for (const kind of ["PDF", "JSON"]) {
      const download = page.waitForEvent("download");
      await keys.press(page.getByRole("button", { name: `Download ${kind}` }));
      expect((await download).suggestedFilename()).toMatch(new RegExp(`\\.${kind.toLowerCase()}$`));
    }
    await keys.press(page.getByRole("link", { name: "Go to my workspaces" }));
    await keys.to(page.getByLabel("Name"));
  });
});
