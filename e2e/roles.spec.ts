import { expectLive, holdSpace, join, makeCompany, type Person, readyToTalk, releaseSpace, talkKey } from "./support/people.ts";
import { shot, shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const roleRow = ({ page }: Person, name: string) =>
  page.getByRole("list", { name: "Roles" }).getByRole("listitem").filter({ hasText: name });
const permission = ({ page }: Person, allows: string) => page.getByRole("checkbox", { name: allows });
const saveBar = ({ page }: Person) => page.getByRole("status").filter({ hasText: /(has it yet|Takes effect)/ });

test("a role is copied, edited, restored, and deleted with a replacement", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  const { page } = ada;

  await test.step("the list shows the built-in roles, and suggests what to do", async () => {
    await page.goto(`/${company.slug}/settings/roles`);
    await expect(roleRow(ada, "Admin")).toContainText("Built in · everything");
    await expect(roleRow(ada, "Admin")).toContainText("1 person");
    await expect(page.getByText("These three roles are built in")).toBeVisible();
    await shot(page, "roles/01-list");
  });

  await test.step("a built-in role shows its permissions and can't be changed", async () => {
    await roleRow(ada, "Member").getByRole("link").click();
    await expect(page.getByRole("heading", { name: "Member", level: 1 })).toBeVisible();
    await expect(page.getByText("Member is built in: it can't be changed")).toBeVisible();
    await expect(page.getByRole("list", { name: "Voice" }).getByRole("listitem")).toHaveText([
      "Join channels and listen",
      "Talk on channels (push-to-talk)",
      "Latch the talk key (hands-free)",
    ]);
    await expect(page.getByText("It has no permissions in: Channels, Billing, Security, Workspace.")).toBeVisible();
    await expect(page.getByRole("checkbox")).toHaveCount(0);
    await shotBothThemesAndPhone(page, "roles/02-built-in");
  });

  await test.step("a copy of it becomes a custom role", async () => {
    await page.getByRole("button", { name: "Copy" }).click();
    await expect(page.getByText(/^\d+ permissions of Member left out: not available yet\.$/)).toBeVisible();
    await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue("Copy of Member");
    await page.getByRole("textbox", { name: "Name" }).fill("admin");
    await page.getByRole("button", { name: "Create role" }).click();
    await expect(page.getByText("There is already a role called Admin.")).toBeVisible();
    await page.getByRole("textbox", { name: "Name" }).fill("Dispatchers");
    await page.getByRole("textbox", { name: "Description" }).fill("Whoever sits at the desk");
    await page.getByRole("button", { name: "Open all" }).click();
    await permission(ada, "See email addresses and contact details").check();
    await permission(ada, "Play recordings").uncheck();
    await expect(permission(ada, "Write in channel chat")).not.toBeChecked();
    await shot(page, "roles/03-copy");
    await page.getByRole("button", { name: "Create role" }).click();
    await expect(roleRow(ada, "Dispatchers")).toContainText("Like Member, 1 more, 1 fewer");
    await expect(roleRow(ada, "Dispatchers")).toContainText("0 people");
    await shot(page, "roles/04-list");
  });

  await company.add(ben, "Dispatchers");

  await test.step("the editor searches, compares, and says before saving what will change for whom", async () => {
    await roleRow(ada, "Dispatchers").getByRole("link").click();
    await expect(page.getByText("1 person has it.")).toBeVisible();
    await expect(page.getByRole("list", { name: "Who has it" }).getByRole("listitem").first()).toContainText("Ben");
    await page.getByLabel("Search permissions").fill("audit log");
    await expect(page.getByRole("checkbox", { name: /audit log/i })).toHaveCount(2);
    await page.getByLabel("Search permissions").fill("zebra");
    await expect(page.getByText("No matches for “zebra”. Try fewer letters.")).toBeVisible();
    await page.getByLabel("Search permissions").fill("");
    await page.getByLabel("Only differences").check({ force: true });
    await expect(page.getByRole("checkbox", { name: /^(See email|Play)/ })).toHaveCount(2);
    await expect(page.getByText("not in Member")).toBeVisible();
    await expect(page.getByText("Member has it")).toBeVisible();
    await shot(page, "roles/05-differs");
    await page.getByText("Viewer", { exact: true }).click();
    await expect(page.getByText(/Compared with Viewer: \d+ more, 0 fewer\./)).toBeVisible();
    await page.getByLabel("Only differences").uncheck({ force: true });

    const all = page.getByRole("checkbox", { name: "All of Voice" });
    // All available permissions; the others cannot be chosen yet.
    await expect(all).toBeChecked();
    await expect(permission(ada, "Talk to several channels at once")).toBeDisabled();
    await all.click();
    await expect(all).not.toBeChecked();
    await expect(saveBar(ada)).toHaveText("3 removed. Takes effect immediately for 1 person.");
    await permission(ada, "Talk on channels (push-to-talk)").check();
    await expect(page.getByText("Has no effect without “join channels and listen”")).toBeVisible();
    await shot(page, "roles/06-editing");
    await page.emulateMedia({ colorScheme: "dark" });
    await shot(page, "roles/06-editing-dark");
    await page.setViewportSize({ width: 375, height: 720 });
    await shot(page, "roles/06-editing-dark-phone");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: "light" });
  });

  await test.step("leaving without saving asks for confirmation", async () => {
    await page.getByRole("link", { name: "Roles", exact: true }).first().click();
    const dialog = page.getByRole("dialog", { name: "Leave without saving?" });
    await shot(page, "roles/07-leaving");
    await dialog.getByRole("button", { name: "Keep editing" }).click();
    await expect(dialog).toHaveCount(0);
    await page.getByRole("button", { name: "Discard" }).click();
    await expect(saveBar(ada)).toHaveCount(0);
    await expect(permission(ada, "Join channels and listen")).toBeChecked();
  });

  await test.step("when two people edit at once, the second sees the first one's change", async () => {
    const { items } = await ada.api<{ items: { roleId: string; name: string; version: number }[] }>(
      "GET",
      `/tenants/${company.slug}/roles`,
    );
    const { roleId, version } = items.find(({ name }) => name === "Dispatchers")!;
    await permission(ada, "See roles and what they allow").uncheck();
    await ada.api("PATCH", `/tenants/${company.slug}/roles/${roleId}`, { version, description: "By somebody else" });
    await expect(page.getByText("Someone else changed this role")).toBeVisible();
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "Look at it again, then make your change" })).toBeVisible();
    await shot(page, "roles/08-conflict");
    await page.getByRole("button", { name: "Show theirs" }).click();
    await expect(page.getByRole("textbox", { name: "Description" })).toHaveValue("By somebody else");
    await permission(ada, "See roles and what they allow").uncheck();
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByText("Dispatchers is saved for everyone.")).toBeVisible();
    await expect(saveBar(ada)).toHaveCount(0);
  });

  await test.step("deleting it asks for the role that replaces it", async () => {
    await page.getByRole("button", { name: "Delete…" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete Dispatchers" });
    await dialog.getByRole("button", { name: "Move 1 person and delete it" }).click();
    await expect(dialog.getByText("Choose the role that replaces it.")).toBeVisible();
    await dialog.getByRole("combobox", { name: "Replace it with" }).click();
    await page.getByRole("option", { name: "Viewer" }).click();
    await shot(page, "roles/09-delete");
    await dialog.getByRole("button", { name: "Move 1 person and delete it" }).click();
    await expect(page.getByText("Dispatchers was deleted.")).toBeVisible();
    await expect(roleRow(ada, "Dispatchers")).toHaveCount(0);
    expect((await ben.api<{ self: { roleName: string } }>("GET", `/tenants/${company.slug}`)).self.roleName).toBe("Viewer");
  });
});

test("editing a role acts on its holder's open page and live talk, without a reload", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  const roleId = await company.role("Crew", ["users.view", "voice.join", "voice.transmit"]);
  await company.add(ben, "Crew");
  const path = `/tenants/${company.slug}/roles/${roleId}`;

  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");
  await expect(ben.page.getByRole("button", { name: "Create a channel" }).first()).toHaveAttribute("aria-disabled", "true");
  await holdSpace(ben);
  await expectLive(ben, "Ops");
  await ada.api("PATCH", path, { version: 1, permissions: ["users.view", "voice.join", "channels.create"] });
  await expect(talkKey(ben, "Ops")).toContainText("Listen only");
  await releaseSpace(ben);
  await expect(ben.page.getByRole("button", { name: "Create a channel" }).first()).not.toHaveAttribute("aria-disabled", "true");

  await ada.api("PATCH", path, {
    version: 2,
    name: "Deck crew",
    permissions: ["users.view", "voice.join", "voice.transmit", "users.invite"],
  });
  await readyToTalk(ben, "Ops");
  await holdSpace(ben);
  await expectLive(ben, "Ops");
  await releaseSpace(ben);
  await expect(ben.page.getByText("Deck crew", { exact: true }).first()).toBeVisible();
  await ben.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "People" }).first().click();
  await expect(ben.page.getByRole("button", { name: "Invite people" })).not.toHaveAttribute("aria-disabled", "true");
});

test("a person who may not give a permission sees why, also by keyboard alone", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const eve = await people.signedUp("Eve", await browsers.withVoice("ben"), { viewport: { width: 375, height: 720 } });
  const company = await makeCompany(people, ada);
  await company.role("Keepers", ["roles.view", "roles.create", "roles.edit", "voice.join", "voice.transmit"]);
  await company.role("Auditors", ["audit.view", "voice.join"]);
  await company.role("Listeners", ["voice.join"]);
  await company.add(eve, "Keepers");
  const { page } = eve;
  await page.goto(`/${company.slug}/settings/roles`);
  await expect(roleRow(eve, "Auditors")).toBeVisible();
  await shot(page, "roles/10-phone-list");

  await page.getByRole("link", { name: "Auditors" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Auditors is above your own role")).toBeVisible();
  await expect(page.getByRole("list", { name: "Security" })).toHaveText("Read the audit log");
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await page.goBack();

  await page.getByRole("link", { name: "Listeners" }).focus();
  await page.keyboard.press("Enter");
  await expect(permission(eve, "Talk on channels (push-to-talk)")).toBeEnabled();
  await expect(permission(eve, "Latch the talk key")).toBeDisabled();
  await expect(permission(eve, "Latch the talk key")).toHaveAccessibleDescription(
    /You can't give this: you don't have it yourself/,
  );
  await permission(eve, "Talk on channels (push-to-talk)").focus();
  await page.keyboard.press("Space");
  await expect(saveBar(eve)).toHaveText("1 added. Nobody has it yet.");
  await shot(page, "roles/11-phone-editing");
  await page.getByRole("button", { name: "Save changes" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Listeners is saved for everyone.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Delete…" })).toHaveAttribute("aria-disabled", "true");
});
