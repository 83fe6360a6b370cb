/** The settings of a workspace by keyboard alone. */
import { join as joinPath } from "node:path";
import { ROOT } from "../scripts/prepare.mjs";
import { runSql } from "./support/database.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany, PASSWORD, type Person, unique } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

const LOGO = joinPath(ROOT, "web", "public", "logo.svg");
const region = ({ page }: Person, name: string) =>
  page.getByRole("form", { name }).or(page.getByRole("region", { name, exact: true }));

test("by keyboard alone, name, address, logo and display are changed, ownership is offered, declined and accepted, and a member leaves", async ({
  people,
  browsers,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.signedUp("Ben", browser);
  const company = await makeCompany(people, ada);
  await company.add(ben, "Member");
  const { page } = ada;
  const keys = keyboardOf(ada);
  const slug = unique("moved");
  const letAuthenticationAge = ({ email }: Person) =>
    runSql(
      whoot,
      `update sessions set authenticated_at = now() - interval '1 hour'
        where account_id = (select account_id from accounts where email = $1)`,
      [email],
    );
  /** In a second dialog, over the first. */
  async function confirm(person: Person) {
    const dialog = person.page.getByRole("dialog", { name: "Confirm that it's you" });
    // Until the form is there, the focus is on the dialog's close button.
    await expect(dialog.getByLabel("Your password")).toBeFocused();
    await keyboardOf(person).expectFocusInside(dialog);
    await person.page.keyboard.type(PASSWORD);
    await person.page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
  }

  await test.step("Tab skips the rail, and leads from one page to the next", async () => {
    await keys.open(`/${company.slug}/people`);
    await keys.press(page.getByRole("link", { name: "Skip to content" }));
    await keys.expectFocusOn(page.getByRole("main"));
    await keys.press(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }), "Enter", "back");
    await expect(page).toHaveURL(`/${company.slug}/settings`);
    await keys.to(region(ada, "Name and address").getByLabel("Name"));
  });

  await test.step("the workspace is renamed and its address changed", async () => {
    const form = region(ada, "Name and address");
    await keys.fill(form.getByLabel("Name"), "Acme & Sons");
    await keys.fill(form.getByLabel("Address"), slug);
    await expect(form.getByRole("status")).toContainText("Available: ");
    await keys.press(form.getByRole("button", { name: "Move the workspace" }));
    await expect(page).toHaveURL(`/${slug}/settings`);
  });

  await test.step("a logo is uploaded and removed", async () => {
    const logo = region(ada, "Logo");
    await keys.chooseFile(logo.getByRole("button", { name: "Choose an image…" }), LOGO);
    await expect(page.getByText("The workspace has a new logo.")).toBeVisible();
    await keys.press(logo.getByRole("button", { name: "Remove the logo" }));
    await expect(page.getByText("Logo removed.")).toBeVisible();
    await keys.to(logo.getByRole("button", { name: "Choose an image…" }));
  });

  await test.step("colour, time zone, clock and talk key are changed", async () => {
    const form = region(ada, "Display");
    await keys.fill(form.getByLabel("Colour"), "#ffdd00");
    await keys.pick(form.getByRole("combobox", { name: "Time zone" }), "Asia/Tokyo", "Tokyo");
    await keys.choose(form.getByRole("radio", { name: "12 hours: 2:05 PM" }));
    await keys.choose(form.getByRole("radio", { name: "Press once to talk, again to stop" }));
    await keys.press(form.getByRole("button", { name: "Save" }));
    await expect(page.getByText("Saved for everyone.")).toBeVisible();
  });

  await test.step("ownership is offered, withdrawn and offered again", async () => {
    const owner = region(ada, "Owner");
    const handOver = owner.getByRole("button", { name: "Transfer ownership…" });
    await keys.press(handOver);
    const dialog = page.getByRole("dialog");
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, handOver);
    for (const time of ["first", "second"]) {
      await keys.press(handOver);
      await keys.pick(dialog.getByRole("combobox", { name: "New owner" }), /Ben/, "Be");
      if (time === "second") await letAuthenticationAge(ada);
      await keys.press(dialog.getByRole("button", { name: /^Offer/ }));
      if (time === "second") await confirm(ada);
      await expect(dialog).toHaveCount(0);
      if (time === "first") await keys.press(owner.getByRole("button", { name: "Withdraw the offer" }));
    }
    await keys.to(owner.getByRole("button", { name: "Withdraw the offer" }));
  });

  await test.step("ownership is declined, offered again and accepted", async () => {
    const bensKeys = keyboardOf(ben);
    const answer = ben.page.getByRole("button", { name: "Answer…" });
    const dialog = ben.page.getByRole("dialog");
    await bensKeys.open(`/${slug}/settings`);
    await bensKeys.press(ben.page.getByRole("link", { name: "Skip to content" }));
    await bensKeys.press(answer);
    await bensKeys.expectFocusInside(dialog);
    await bensKeys.press(dialog.getByRole("button", { name: "Decline" }));
    await expect(answer).toHaveCount(0);
    const members = await ada.api<{ items: { memberId: string; isSelf: boolean }[] }>("GET", `/tenants/${slug}/members`);
    const memberId = members.items.find(({ isSelf }) => !isSelf)?.memberId;
    expect(await ada.status("POST", `/tenants/${slug}/ownership-offer`, { memberId })).toBe(201);
    await bensKeys.press(answer, "Enter", "back");
    await letAuthenticationAge(ben);
    await bensKeys.press(dialog.getByRole("button", { name: "Accept ownership" }));
    await confirm(ben);
    await expect(ben.page.getByText("You now own Acme & Sons.")).toBeVisible();
    await bensKeys.to(region(ben, "Name and address").getByLabel("Name"));
  });

  await test.step("the former owner leaves", async () => {
    const leave = region(ada, "Leave this workspace").getByRole("button", { name: /^Leave/ });
    await keys.press(leave);
    const dialog = page.getByRole("dialog");
    await keys.expectFocusInside(dialog);
    await keys.press(dialog.getByRole("button", { name: /^Leave/ }));
    await expect(page).toHaveURL("/new-workspace");
    await keys.to(page.getByLabel("Name"));
  });
});

test("by keyboard alone, a role is created, copied, edited, and deleted with a replacement", async ({ people, browsers }) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.signedUp("Ben", browser);
  const company = await makeCompany(people, ada);
  const { page } = ada;
  const keys = keyboardOf(ada);
  const roles = page.getByRole("list", { name: "Roles" });
  const permission = (allows: string) => page.getByRole("checkbox", { name: allows });
  const dialog = page.getByRole("dialog");

  await test.step("a role is created with a name and permissions", async () => {
    await keys.open(`/${company.slug}/settings/roles`);
    await keys.press(page.getByRole("link", { name: "Skip to content" }));
    await keys.press(page.getByRole("button", { name: "Create a role" }));
    await expect(page).toHaveURL(/roles\/new$/);
    await keys.fill(page.getByRole("textbox", { name: "Name" }), "Desk");
    await keys.fill(page.getByLabel("Search permissions"), "join channels");
    // Enter in the search field must not create the role.
    await page.keyboard.press("Enter");
    await keys.press(permission("Join channels and listen"), "Space");
    await keys.press(page.getByRole("button", { name: "Create role" }));
    await expect(roles.getByRole("listitem").filter({ hasText: "Desk" })).toBeVisible();
  });

  await test.step("a role is copied", async () => {
    await keys.press(roles.getByRole("link", { name: /^Member/ }));
    await keys.press(page.getByRole("button", { name: "Copy" }));
    await keys.fill(page.getByRole("textbox", { name: "Name" }), "Dispatchers");
    await page.keyboard.press("Enter");
    await expect(roles.getByRole("listitem").filter({ hasText: "Dispatchers" })).toBeVisible();
  });

  await company.add(ben, "Dispatchers");

  await test.step("a role is edited by category and by permission, and compared", async () => {
    await keys.press(roles.getByRole("link", { name: /^Dispatchers/ }));
    await expect(page.getByRole("list", { name: "Who has it" })).toContainText("Ben");
    await keys.to(page.getByRole("link", { name: "Show in People" }));
    await keys.choose(page.getByRole("radio", { name: "Viewer" }));
    await keys.press(page.getByRole("switch", { name: "Only differences" }), "Space");
    await expect(page.getByText(/Compared with Viewer: \d+ more/)).toBeVisible();
    await keys.press(page.getByRole("switch", { name: "Only differences" }), "Space");
    await keys.press(page.getByRole("button", { name: "Open all" }), "Enter", "back");
    await keys.press(page.getByRole("button", { name: "Close all" }));
    await keys.press(page.getByRole("checkbox", { name: "All of Security" }), "Space");
    const category = page.getByRole("button", { name: /^Security \d/ });
    await keys.press(category);
    await expect(category).toHaveAttribute("aria-expanded", "true");
    await keys.press(permission("Export the audit log"), "Space");
    await expect(permission("Export the audit log")).not.toBeChecked();
    await keys.press(page.getByRole("link", { name: "Roles", exact: true }).last(), "Enter", "back");
    await keys.expectFocusInside(page.getByRole("dialog", { name: "Leave without saving?" }));
    await keys.press(dialog.getByRole("button", { name: "Keep editing" }));
    await keys.press(page.getByRole("button", { name: "Save changes" }), "Enter", "back");
    await expect(page.getByText("Dispatchers is saved for everyone.")).toBeVisible();
  });

  await test.step("a role is deleted and replaced", async () => {
    const remove = page.getByRole("button", { name: "Delete…" });
    await keys.press(remove, "Enter", "back");
    await keys.expectFocusInside(dialog);
    await keys.escape(dialog, remove);
    await keys.press(remove);
    await keys.pick(dialog.getByRole("combobox", { name: "Replace it with" }), "Viewer");
    await keys.press(dialog.getByRole("button", { name: "Move 1 person and delete it" }));
    await expect(page.getByText("Dispatchers was deleted.")).toBeVisible();
    await keys.to(page.getByRole("button", { name: "Create a role" }));
  });
});

test("by keyboard alone, the audit log is filtered, opened, paged and exported", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  const ops = await company.channel("Ops");
  for (let count = 0; count < 52; count += 1) {
    await ada.api("PATCH", `/tenants/${company.slug}/channels/${ops}`, { description: `The ${count}th` });
  }
  await ada.api("PATCH", `/tenants/${company.slug}/channels/${ops}`, { name: "Operations" });
  const { page } = ada;
  const keys = keyboardOf(ada);
  const entries = page.locator("main ol > li");
  const action = page.getByRole("combobox", { name: "What", exact: true });

  await test.step("older entries are loaded at the end of the list", async () => {
    await keys.open(`/${company.slug}/settings/audit-log`);
    await keys.press(page.getByRole("link", { name: "Skip to content" }));
    await keys.press(page.getByRole("button", { name: "Load older entries" }));
    // The focus is on the first of the loaded entries.
    await keys.expectFocusOn(entries.nth(50).getByRole("button"));
    await page.keyboard.press("Home");
    await keys.expectFocusOn(entries.first().getByRole("button"));
  });

  await test.step("an entry is opened, and the log filtered by its channel", async () => {
    await page.keyboard.press("Enter");
    await expect(entries.first()).toContainText("127.0.0.1");
    await keys.press(entries.first().getByRole("button", { name: "Only what was done to Operations" }));
    await expect(page).toHaveURL(/on=/);
    const target = page.getByRole("combobox", { name: "To whom or what" });
    await keys.to(target, "back");
    await expect(target).toHaveValue("Operations");
    await keys.press(page.getByRole("button", { name: "Show everything" }));
    await expect(page).not.toHaveURL(/on=/);
    await keys.pick(target, /^Operations channel/, "ops", "back");
    await expect(page).toHaveURL(/on=/);
    await keys.press(page.getByRole("button", { name: "Show everything" }));
    await expect(page).not.toHaveURL(/on=/);
  });

  await test.step("the log is filtered by day, action and person", async () => {
    await keys.pick(page.getByRole("combobox", { name: "When" }), "Between two days", undefined, "back");
    await keys.pick(action, "Created the workspace", "created the works");
    await expect(entries).toHaveCount(1);
    await keys.pick(page.getByRole("combobox", { name: "Who", exact: true }), "Ada", "Ad");
    await keys.to(page.getByLabel("First day"));
    await page.keyboard.type("01012001");
    await expect(page.getByLabel("First day")).toHaveValue("2001-01-01");
    await expect(entries).toHaveCount(1);
  });

  await test.step("the entries are exported", async () => {
    const download = page.waitForEvent("download");
    await keys.press(page.getByRole("link", { name: "Export these entries as CSV" }), "Enter", "back");
    expect((await download).suggestedFilename()).toBe(`audit-log-${company.slug}.csv`);
    await keys.press(page.getByRole("button", { name: "Show everything" }));
    await expect(entries.nth(49)).toBeVisible();
    await keys.to(page.getByRole("combobox", { name: "When" }), "back");
  });
});
