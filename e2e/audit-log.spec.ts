import { readFileSync } from "node:fs";
import { addCrowd } from "./support/crowd.ts";
import type { Browsers } from "./support/browsers.ts";
import { makeCompany, type People, type Person } from "./support/people.ts";
import { shot, shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const open = (person: Person, slug: string) => person.page.goto(`/${slug}/settings/audit-log`);
const entries = ({ page }: Person) => page.locator("main ol > li");

/** Ada creates the channel Ops and renames it Operations; then Ben switches its recording on. */
async function makeHistory(people: People, browsers: Browsers) {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"), { acceptDownloads: true });
  const ben = await people.signedUp("Ben Nowak", await browsers.withVoice("ben"));
  const acme = await makeCompany(people, ada);
  await acme.add(ben, "Admin");
  const ops = await acme.channel("Ops");
  await ada.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, { name: "Operations" });
  await ben.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, { recording: true });
  return { ada, ben, acme, ops };
}

test("an admin opens an entry of the audit log, filters by its channel, and is offered new entries", async ({
  people,
  browsers,
}) => {
  const { ada, ben, acme, ops } = await makeHistory(people, browsers);
  const { page } = ada;
  await open(ada, acme.slug);
  await expect(page.getByRole("heading", { name: "Audit log", level: 1 })).toBeVisible();
  await expect(entries(ada).first()).toContainText("Ben Nowak changed the add-ons of the channel Operations");
  await expect(entries(ada).first()).toContainText("Recording: off → on");
  await expect(entries(ada).filter({ hasText: "Ada Okafor created the workspace Acme" })).toBeVisible();
  await shot(page, "audit-log");

  // By keyboard alone: open the entry of the rename, and filter by its channel.
  const renamed = page.getByRole("button", { name: /Ada Okafor edited the channel Operations/ });
  await renamed.focus();
  await page.keyboard.press("Enter");
  await expect(renamed).toHaveAttribute("aria-expanded", "true");
  const entry = entries(ada).filter({ has: renamed });
  await expect(entry.getByRole("definition").filter({ hasText: "Ops → Operations" })).toBeVisible();
  await expect(entry).toContainText("127.0.0.1");
  await expect(entry).toContainText(/Chrome \d+/);
  await shot(page, "audit-log-entry");
  const filterByTarget = entry.getByRole("button", { name: "Only what was done to Operations" });
  await filterByTarget.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`on=${ops}`));
  await expect(entries(ada)).toHaveCount(3);

  // New entries do not move the list; a button offers them.
  await ben.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, { description: "Nights too" });
  await expect(page.getByRole("button", { name: "Show new entries" })).toBeVisible();
  await expect(entries(ada)).toHaveCount(3);
  await page.getByRole("button", { name: "Show new entries" }).click();
  await expect(entries(ada)).toHaveCount(4);

  await page.emulateMedia({ colorScheme: "dark" });
  await shot(page, "audit-log-dark");
  await page.setViewportSize({ width: 375, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  await shot(page, "audit-log-phone");
});

test("the audit log is filtered by person, action, target and day, and exported as CSV", async ({ people, browsers }) => {
  const { ada, ben, acme, ops } = await makeHistory(people, browsers);
  await ben.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, { description: "Nights too" });
  const namesake = await people.signedUp("Ben Nowak", await browsers.withVoice("ben"));
  await acme.add(namesake, "Member");
  const { page } = ada;
  await page.goto(`/${acme.slug}/settings/audit-log?on=${ops}`);
  await expect(entries(ada)).toHaveCount(4);

  // A target is found by any name that it had, deleted or not, and is shown with its kind.
  const target = page.getByRole("combobox", { name: "To whom or what" });
  await expect(target).toHaveValue("Operations");
  await page.getByRole("button", { name: "Show everything" }).click();
  await expect(page).not.toHaveURL(/on=/);
  // The field is emptied in the next render.
  await expect(target).toHaveValue("");
  await target.fill("nobody of that name");
  await expect(page.getByText("No matches. Try fewer letters.")).toBeVisible();
  await target.fill("ops");
  await shot(page, "audit-log-target");
  await page.getByRole("option", { name: /^Operations channel, last / }).click();
  await expect(page).toHaveURL(new RegExp(`on=${ops}`));
  await expect(entries(ada)).toHaveCount(4);

  // Filters by person and action are kept in the URL.
  await page.getByRole("combobox", { name: "Who", exact: true }).click();
  await expect(page.getByRole("option", { name: /^Ben Nowak/ })).toHaveCount(2);
  await expect(page.getByRole("option", { name: `Ben Nowak ${namesake.email}` })).toBeVisible();
  await shot(page, "audit-log-who");
  await page.getByRole("option", { name: `Ben Nowak ${ben.email}` }).click();
  await expect(entries(ada)).toHaveCount(2);
  await page.getByRole("combobox", { name: "What", exact: true }).click();
  await page.getByRole("option", { name: "All of: Add-on configuration" }).click();
  await expect(entries(ada)).toHaveCount(1);
  await page.reload();
  await expect(entries(ada)).toHaveCount(1);
  await expect(page.getByRole("combobox", { name: "Who", exact: true })).toHaveValue(`Ben Nowak (${ben.email})`);
  await expect(target).toHaveValue("Operations");
  await shot(page, "audit-log-narrowed");

  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export these entries as CSV" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe(`audit-log-${acme.slug}.csv`);
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('"channel.addons_changed","Ben Nowak"');

  await page.getByRole("combobox", { name: "When" }).click();
  await page.getByRole("option", { name: "Between two days" }).click();
  await page.getByLabel("Last day").fill("2001-01-01");
  await expect(page.getByRole("heading", { name: "No matches. Try fewer letters, or clear a filter." })).toBeVisible();
  await shot(page, "audit-log-nothing");
  await page.getByRole("button", { name: "Show everything" }).last().click();
  await expect(entries(ada).first()).toContainText("exported the audit log of Acme");
});

test("one action on many people is one row of the audit log, which expands, and which grows when older entries are loaded", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.withVoice("ada"));
  const acme = await makeCompany(people, ada);
  await addCrowd(whoot, acme.slug, 60);
  const { items } = await ada.api<{ items: { memberId: string }[] }>(
    "GET",
    `/tenants/${acme.slug}/members?search=crowd&limit=60`,
  );
  await ada.api("POST", `/tenants/${acme.slug}/members/removals`, { memberIds: items.map(({ memberId }) => memberId) });
  const { page } = ada;
  await open(ada, acme.slug);
  const row = page.getByRole("button", { name: /Ada Okafor removed .* people$/ });
  await expect(row).toHaveText(/Ada Okafor removed 50 or more people$/);
  await expect(entries(ada)).toHaveCount(1);
  await row.focus();
  await page.keyboard.press("Enter");
  await expect(row).toHaveAttribute("aria-expanded", "true");
  const rowEntries = entries(ada).first().getByRole("listitem");
  await expect(rowEntries).toHaveCount(50);
  await shotBothThemesAndPhone(page, "audit-log-fold");
  await rowEntries.first().getByRole("button").click();
  await expect(rowEntries.first()).toContainText("127.0.0.1");
  await page.getByRole("button", { name: "Load older entries" }).click();
  await expect(row).toHaveText(/Ada Okafor removed 60 people$/);
  await expect(row).toHaveAttribute("aria-expanded", "true");
  await expect(rowEntries).toHaveCount(60);
  await row.click();
  await expect(rowEntries).toHaveCount(0);
  await expect(page.getByRole("button", { name: /created the workspace Acme/ })).toBeVisible();
});

test("a viewer reads the settings as text and is told why the audit log is closed, and a role with one permission gets one control", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const vi = await people.signedUp("Vi", await browsers.withVoice("ben"));
  const acme = await makeCompany(people, ada);
  await acme.add(vi, "Viewer");
  await open(vi, acme.slug);
  const { page } = vi;
  await expect(page.getByRole("heading", { name: "You can't read the audit log" })).toBeVisible();

  const controls = page.getByRole("main").locator("input, select, textarea, [role=checkbox], [role=switch], [role=radio]");
  await page.goto(`/${acme.slug}/settings`);
  const fact = (term: string) => page.getByRole("main").getByRole("term").filter({ hasText: term }).locator("+ dd");
  await expect(fact("Name")).toHaveText("Acme");
  await expect(fact("Address")).toContainText(`/${acme.slug}`);
  await expect(fact("Time zone")).toContainText("UTC");
  await expect(page.getByRole("term").filter({ hasText: "Talk key" })).toHaveCount(0);
  await expect(controls).toHaveCount(0);
  await shotBothThemesAndPhone(page, "viewer-settings");

  const ops = await acme.channel("Ops", { transmission: "restricted" });
  const roleId = await acme.role("Recorders", ["voice.join", "recording.configure"]);
  const { items } = await ada.api<{ items: { memberId: string }[] }>("GET", `/tenants/${acme.slug}/members?search=vi`);
  await ada.api("POST", `/tenants/${acme.slug}/members/role-changes`, {
    memberIds: items.map(({ memberId }) => memberId),
    roleId,
  });
  await ada.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, {
    talkers: { roleIds: [roleId], memberIds: [items[0]?.memberId] },
  });
  await page.goto(`/${acme.slug}/channels/${ops}`);
  await page.getByRole("button", { name: "Settings for Ops" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings for Ops" });
  await expect(dialog.getByRole("region", { name: "Your role can't change these" })).toContainText(
    "Who may talk1 role, 1 person",
  );
  await expect(dialog.locator("input, textarea")).toHaveCount(1);
  await shotBothThemesAndPhone(page, "channel-partial-rights");
  await dialog.getByRole("switch", { name: "Recording" }).check({ force: true });
  await dialog.getByRole("button", { name: "Save changes" }).click();
  await expect(dialog).toHaveCount(0);
  expect(await vi.api("GET", `/tenants/${acme.slug}/channels/${ops}`)).toMatchObject({ recording: true, name: "Ops" });
});
