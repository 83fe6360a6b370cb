/** Members and invitations of a workspace by keyboard alone. */
import { addCrowd } from "./support/crowd.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany, PASSWORD, tokenIn, unique } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

test("by keyboard alone, members are found, filtered, sorted, paged, and changed one or many at once", async ({
  whoot,
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  await addCrowd(whoot, company.slug, 60);
  const { page } = ada;
  const keys = keyboardOf(ada);
  const table = page.getByRole("table", { name: "Members" });
  const row = (name: string) => table.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
  const box = (name: string) => page.getByRole("checkbox", { name: `Select ${name}` });
  const menu = (name: string) => page.getByRole("button", { name: `Actions for ${name}` });
  const names = table.getByRole("rowheader");
  const bulk = page.getByRole("region", { name: "Selected people" });
  const dialog = page.getByRole("dialog");

  await test.step("Tab passes the table in a few steps, whatever its length", async () => {
    await keys.open(`/${company.slug}/people`);
    await keys.press(page.getByRole("link", { name: "Skip to content" }));
    await keys.press(page.getByRole("button", { name: "Next" }));
    await expect(names.first()).toContainText("Crowd 050");
    await keys.press(page.getByRole("button", { name: "Previous" }), "Enter", "back");
    await expect(names.first()).toContainText("Ada Okafor");
  });

  await test.step("members are sorted, searched and filtered", async () => {
    await keys.press(table.getByRole("button", { name: "Joined" }), "Enter", "back");
    await expect(names.nth(1)).toContainText("Crowd 001");
    await keys.press(table.getByRole("button", { name: "Name" }), "Enter", "back");
    await keys.pick(page.getByRole("combobox", { name: "Filter by state" }), "Active", undefined, "back");
    await keys.pick(page.getByRole("combobox", { name: "Filter by role" }), /Viewer/, undefined, "back");
    await expect(names).toHaveCount(15);
    await keys.fill(page.getByLabel("Search members"), "nobody", "back");
    await expect(page.getByRole("heading", { name: "No matches. Try fewer letters, or clear a filter." })).toBeVisible();
    await keys.press(page.getByRole("button", { name: "Show everyone" }));
    await expect(names.first()).toContainText("Ada Okafor");
    await keys.fill(page.getByLabel("Search members"), "crowd 00", "back");
    await expect(names).toHaveCount(9);
  });

  await test.step("arrow keys move from row to row, and Space selects", async () => {
    await keys.press(box("Crowd 001"), "Space");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await page.keyboard.press("End");
    await keys.expectFocusOn(box("Crowd 009"));
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Space");
    for (const name of ["Crowd 001", "Crowd 002", "Crowd 008"]) await expect(box(name)).toBeChecked();
    await expect(bulk).toContainText("3 people selected");
  });

  await test.step("many members are changed at once", async () => {
    const suspend = bulk.getByRole("button", { name: "Suspend 3 people" });
    await keys.press(suspend);
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, suspend);
    await keys.press(suspend);
    await keys.press(dialog.getByRole("button", { name: "Suspend 3 people" }));
    await expect(row("Crowd 008")).toContainText("Suspended");
    await expect(bulk).toHaveCount(0);
    await keys.press(page.getByRole("checkbox", { name: "Select everyone on this page" }), "Space", "back");
    await keys.press(bulk.getByRole("button", { name: "Change role of 9 people" }));
    await keys.pick(dialog.getByRole("combobox", { name: "New role" }), "Viewer");
    await keys.press(dialog.getByRole("button", { name: "Give 9 people the role Viewer" }));
    await expect(row("Crowd 009")).toContainText("Viewer");
    await expect(bulk).toHaveCount(0);
    await keys.expectFocusOn(menu("Crowd 009"));
    await page.keyboard.press("Home");
  });

  await test.step("one member is changed by the row's menu", async () => {
    const choose = async (name: string, what: string) => {
      await keys.press(menu(name));
      await keys.arrow(page.getByRole("menuitem", { name: what }), "ArrowDown");
      await page.keyboard.press("Enter");
      await keys.expectFocusInside(dialog);
    };
    await choose("Crowd 001", "Reactivate");
    await keys.press(dialog.getByRole("button", { name: "Reactivate Crowd 001" }));
    await expect(row("Crowd 001")).not.toContainText("Suspended");
    await keys.expectFocusOn(menu("Crowd 001"));
    await choose("Crowd 001", "Change role");
    await keys.escape(dialog, menu("Crowd 001"));
    await choose("Crowd 001", "Remove");
    await keys.press(dialog.getByRole("button", { name: "Remove Crowd 001" }));
    await expect(row("Crowd 001")).toHaveCount(0);
    // The member who took the removed one's place has the focus now.
    await keys.expectFocusOn(box("Crowd 002"));
  });
});

test("by keyboard alone, people are invited singly, by pasting and by file, and invitations are sent again, copied and withdrawn", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  const { page } = ada;
  await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const keys = keyboardOf(ada);
  const address = (name: string) => `${unique(name)}@example.com`;
  const [cid, dan, eve, fay] = [address("cid"), address("dan"), address("eve"), address("fay")];
  const dialog = page.getByRole("dialog");
  const invite = page.getByRole("button", { name: "Invite people" });
  const row = (email: string) =>
    page.getByRole("region", { name: "Invitations" }).getByRole("listitem").filter({ hasText: email });
  const tab = async (name: string) => {
    await keys.to(dialog.getByRole("tab", { selected: true }), "back");
    await keys.arrow(dialog.getByRole("tab", { name }), "ArrowRight");
  };

  await test.step("one person is invited", async () => {
    await keys.open(`/${company.slug}/people`);
    await keys.press(page.getByRole("link", { name: "Skip to content" }));
    await keys.press(invite);
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, invite);
    await keys.press(invite);
    await keys.fill(dialog.getByLabel("Email"), cid);
    await keys.pick(dialog.getByRole("combobox", { name: "Role" }), "Viewer");
    await keys.press(dialog.getByRole("button", { name: "Send invitation" }));
    await expect(row(cid)).toContainText("Viewer");
    await keys.expectFocusOn(invite);
  });

  await test.step("pasted lines: one is corrected, one is left out", async () => {
    await keys.press(invite);
    await tab("Many addresses");
    await keys.to(dialog.getByRole("textbox", { name: "Email addresses" }));
    await page.keyboard.insertText(`${dan}\n${eve}\nfay at example.com`);
    await keys.press(dialog.getByRole("button", { name: "Preview" }));
    await keys.expectFocusOn(dialog.getByText("2 people will be invited. 1 line will be skipped."));
    await keys.press(dialog.getByRole("button", { name: "Edit line 3, fay at example.com" }));
    await keys.fill(dialog.getByRole("textbox", { name: "Address" }), fay);
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("row").filter({ hasText: fay })).toContainText("Will be invited as Member.");
    await keys.press(dialog.getByRole("button", { name: `Edit line 1, ${dan}` }), "Enter", "back");
    await keys.expectFocusOn(dialog.getByRole("textbox", { name: "Address" }));
    await page.keyboard.press("Escape");
    await keys.expectFocusOn(dialog.getByRole("button", { name: `Edit line 1, ${dan}` }));
    await keys.press(dialog.getByRole("button", { name: `Leave out line 1, ${dan}` }));
    await keys.press(dialog.getByRole("button", { name: "Invite 2 people" }));
    await expect(dialog.getByText("2 people invited.")).toBeVisible();
    await keys.press(dialog.getByRole("button", { name: "Done" }));
    await keys.expectFocusOn(invite);
  });

  await test.step("people are invited from a file", async () => {
    await keys.press(invite);
    await tab("CSV file");
    const csv = { name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(`email,role\n${dan},Viewer\n`) };
    await keys.chooseFile(dialog.getByRole("button", { name: "Choose a CSV file" }), csv);
    await expect(dialog.getByRole("row").filter({ hasText: dan })).toContainText("Will be invited as Viewer.");
    await keys.press(dialog.getByRole("button", { name: "Invite 1 person" }));
    await keys.press(dialog.getByRole("button", { name: "Done" }));
    await expect(row(dan)).toBeVisible();
  });

  await test.step("a link is copied, one invitation is sent again, one is withdrawn, and then the others together", async () => {
    await keys.press(row(dan).getByRole("button", { name: /^Copy link/ }));
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain("/invitation#");
    await keys.press(row(dan).getByRole("button", { name: /^Send again/ }));
    await expect(page.getByText("Sent 1 invitation again.", { exact: false })).toBeVisible();
    await keys.expectFocusOn(row(dan).getByRole("button", { name: /^Send again/ }));
    await page.keyboard.press("ArrowDown");
    await keys.expectFocusOn(row(fay).getByRole("button", { name: /^Send again/ }));
    await keys.press(row(fay).getByRole("button", { name: /^Withdraw/ }));
    await expect(row(fay)).toHaveCount(0);
    await keys.press(page.getByRole("checkbox", { name: "Select all invitations shown" }), "Space", "back");
    const withdraw = page.getByRole("button", { name: "Withdraw 3 invitations…" });
    await keys.press(withdraw);
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, withdraw);
    await keys.press(withdraw);
    await keys.press(dialog.getByRole("button", { name: "Withdraw 3 invitations" }));
    await expect(page.getByText("Nobody is invited right now.")).toBeVisible();
    await keys.to(invite, "back");
  });
});

test("by keyboard alone, invitations are accepted by a new person, after a change of account and with an account, and declined", async ({
  people,
  browsers,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.signedUp("Ben", browser);
  const cid = await people.visitor("Cid", browser);
  const company = await makeCompany(people, ada);
  const other = await makeCompany(people, ada, "Other");
  const linkTo = async ({ slug, name }: { slug: string; name: string }, email: string) => {
    const { items } = await ada.api<{ items: { roleId: string; name: string }[] }>("GET", `/tenants/${slug}/roles`);
    const roleId = items.find((role) => role.name === "Member")?.roleId;
    await ada.api("POST", `/tenants/${slug}/invitations`, { email, roleId });
    return `/invitation#${tokenIn((await people.mailTo({ email }, new RegExp(`invites you.*${name}`))).link)}`;
  };

  await test.step("a new person joins", async () => {
    const keys = keyboardOf(cid);
    await keys.open(await linkTo(company, cid.email));
    await keys.fill(cid.page.getByLabel("Your name"), "Cid");
    await keys.fill(cid.page.getByRole("textbox", { name: "Password" }), PASSWORD);
    await keys.press(cid.page.getByRole("button", { name: "Create account" }));
    await expect(cid.page).toHaveURL(`/${company.slug}`);
    await keys.expectFocusOn(cid.page.getByRole("main"));
  });

  await test.step("the wrong account signs out, and the right one signs in", async () => {
    const keys = keyboardOf(cid);
    await keys.open(await linkTo(company, ben.email));
    await keys.press(cid.page.getByRole("button", { name: "Sign out and continue" }));
    await keys.fill(cid.page.getByRole("textbox", { name: "Password" }), PASSWORD);
    await keys.press(cid.page.getByRole("button", { name: "Sign in" }));
    await expect(cid.page).toHaveURL(`/${company.slug}`);
  });

  await test.step("a person with an account joins, and declines another invitation", async () => {
    const keys = keyboardOf(ben);
    await keys.open(await linkTo(other, ben.email));
    await keys.press(ben.page.getByRole("button", { name: "Join Other" }));
    await expect(ben.page).toHaveURL(`/${other.slug}`);
    const third = await makeCompany(people, ada, "Third");
    await linkTo(third, ben.email);
    await keys.open("/workspaces");
    await keys.press(ben.page.getByRole("button", { name: "Decline the invitation to Third" }));
    await expect(ben.page.getByText("You declined the invitation to Third.")).toBeVisible();
    await keys.to(ben.page.getByRole("textbox", { name: "Find a workspace" }));
  });
});
