import { readFileSync } from "node:fs";
import { makeCompany, type Person } from "./support/people.ts";
import { shot } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const open = (person: Person, slug: string) => person.page.goto(`/${slug}/settings/audit-log`);
const entries = ({ page }: Person) => page.locator("main ol > li");

test("an admin finds who did what, opens an entry, narrows to it, and takes it away as CSV", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada Okafor", await browsers.of("ada"), { acceptDownloads: true });
  const ben = await people.signedUp("Ben Nowak", await browsers.of("ben"));
  const acme = await makeCompany(people, ada);
  await acme.add(ben, "Admin");
  const ops = await acme.channel("Ops");
  await ada.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, { name: "Operations" });
  await ben.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, { recording: true });

  const { page } = ada;
  await open(ada, acme.slug);
  await expect(page.getByRole("heading", { name: "Audit log", level: 1 })).toBeVisible();
  await expect(entries(ada).first()).toContainText("Ben Nowak changed the add-ons of the channel Operations");
  await expect(entries(ada).first()).toContainText("Recording: off → on");
  await expect(entries(ada).filter({ hasText: "Ada Okafor created the workspace Acme" })).toBeVisible();
  await shot(page, "audit-log");

  // By keyboard alone: open the entry of the new name, and narrow to its channel.
  const renamed = page.getByRole("button", { name: /Ada Okafor edited the channel Operations/ });
  await renamed.focus();
  await page.keyboard.press("Enter");
  await expect(renamed).toHaveAttribute("aria-expanded", "true");
  const entry = entries(ada).filter({ has: renamed });
  await expect(entry.getByRole("definition").filter({ hasText: "Ops → Operations" })).toBeVisible();
  await expect(entry).toContainText("127.0.0.1");
  await expect(entry).toContainText(/Chrome \d+/);
  await shot(page, "audit-log-entry");
  const only = entry.getByRole("button", { name: "Only what was done to Operations" });
  await only.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`on=${ops}`));
  await expect(entries(ada)).toHaveCount(3);

  // What happens meanwhile does not move the list; it is offered.
  await ben.api("PATCH", `/tenants/${acme.slug}/channels/${ops}`, { description: "Nights too" });
  await expect(page.getByRole("button", { name: "Show new entries" })).toBeVisible({ timeout: 20_000 });
  await expect(entries(ada)).toHaveCount(3);
  await page.getByRole("button", { name: "Show new entries" }).click();
  await expect(entries(ada)).toHaveCount(4);

  // To whom or what: found by a name that it had, gone or not, and said with its kind.
  const target = page.getByRole("combobox", { name: "To whom or what" });
  await expect(target).toHaveValue("Operations");
  await page.getByRole("button", { name: "Show everything" }).click();
  await expect(page).not.toHaveURL(/on=/);
  await target.fill("nobody of that name");
  await expect(page.getByText("Nothing in the log is called that.")).toBeVisible();
  await target.fill("ops");
  await shot(page, "audit-log-target");
  await page.getByRole("option", { name: /^Operations channel, last / }).click();
  await expect(page).toHaveURL(new RegExp(`on=${ops}`));
  await expect(entries(ada)).toHaveCount(4);

  // Who, and what, kept in the address.
  await page.getByRole("combobox", { name: "Who", exact: true }).click();
  await page.getByRole("option", { name: "Ben Nowak" }).click();
  await expect(entries(ada)).toHaveCount(2);
  await page.getByRole("combobox", { name: "What", exact: true }).click();
  await page.getByRole("option", { name: "All of: Add-on configuration" }).click();
  await expect(entries(ada)).toHaveCount(1);
  await page.reload();
  await expect(entries(ada)).toHaveCount(1);
  await expect(page.getByRole("combobox", { name: "Who", exact: true })).toHaveValue("Ben Nowak");
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
  await expect(page.getByRole("heading", { name: "Nothing fits" })).toBeVisible();
  await shot(page, "audit-log-nothing");
  await page.getByRole("button", { name: "Show everything" }).last().click();
  await expect(entries(ada).first()).toContainText("exported the audit log of Acme");

  await page.emulateMedia({ colorScheme: "dark" });
  await shot(page, "audit-log-dark");
  await page.setViewportSize({ width: 375, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
  await shot(page, "audit-log-phone");
});

test("who may not read it is told why", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.of("ada"));
  const vi = await people.signedUp("Vi", await browsers.of("ben"));
  const acme = await makeCompany(people, ada);
  await acme.add(vi, "Viewer");
  await open(vi, acme.slug);
  await expect(vi.page.getByRole("heading", { name: "The audit log is hidden from you" })).toBeVisible();
});
