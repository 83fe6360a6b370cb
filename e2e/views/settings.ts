/** Every section of a workspace's settings as its owner sees it, and the page of its deletion. */
import { expect, type Locator, type Page } from "@playwright/test";
import { join } from "node:path";
import { ROOT } from "../../scripts/prepare.mjs";
import type { Browsers } from "../support/browsers.ts";
import { type Company, makeCompany, type People, type Person } from "../support/people.ts";
import type { View } from "./view.ts";

export interface Settings {
  /** The owner's page. */
  page: Page;
  ada: Person;
  /** An admin. */
  ben: Person;
  company: Company;
  /** A custom role that a member has. */
  roleId: string;
  builtInId: string;
  /** Set by the view that starts it. */
  review: { id: string };
}

interface Item {
  memberId: string;
  name: string;
}
interface Reviewed extends Item {
  now: { seen: string };
}

export async function settings(people: People, browsers: Browsers): Promise<Settings> {
  const browser = await browsers.withVoice("ada");
  const [ada, ben, cid] = (await Promise.all(
    ["Ada Okafor", "Ben Nowak", "Cid Vega"].map((name) => people.signedUp(name, browser)),
  )) as [Person, Person, Person];
  const company = await makeCompany(people, ada, "Harbour");
  await company.channel("Ops");
  const roleId = await company.role("Dispatchers", ["users.view", "users.view_contact", "voice.join", "voice.transmit"]);
  await company.add(ben, "Admin");
  await company.add(cid, "Dispatchers");
  const roles = await ada.api<{ items: { roleId: string }[] }>("GET", `/tenants/${company.slug}/roles`);
  return { page: ada.page, ada, ben, company, roleId, builtInId: roles.items[1]?.roleId ?? "", review: { id: "" } };
}

async function open(page: Page, address: string, shows: Locator): Promise<void> {
  await page.goto(address);
  await expect(shows).toBeVisible();
}

const dialog = (page: Page) => page.getByRole("dialog");
const heading = (page: Page, name: string) => page.getByRole("heading", { name, level: 1 });
const settingsPath = ({ company }: Settings, section = "") => `/${company.slug}/settings${section}`;
const invalid = (page: Page, count: number) => expect(dialog(page).locator("[aria-invalid=true]")).toHaveCount(count);

async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
}

const GENERAL: View<Settings>[] = [
  {
    route: "/:slug/settings",
    state: "with an export, a mistake and a refused logo",
    show: async (world, page) => {
      await world.ada.api("POST", `/tenants/${world.company.slug}/exports`);
      await open(page, settingsPath(world), page.getByRole("link", { name: /^Download the export/ }));
      await page.getByRole("form", { name: "Name and address" }).getByLabel("Address").fill("ab");
      await expect(page.getByText("Use at least 3 characters.")).toBeVisible();
      await page.locator('input[type="file"]').setInputFiles(join(ROOT, "package.json"));
      await expect(page.getByRole("region", { name: "Logo" }).getByRole("alert")).toBeVisible();
    },
  },
  {
    route: "/:slug/settings",
    state: "transferring ownership",
    show: async (world, page) => {
      await open(page, settingsPath(world), heading(page, "General"));
      await page.getByRole("button", { name: "Transfer ownership…" }).click();
      await dialog(page).getByRole("button", { name: "Offer ownership" }).click();
      await invalid(page, 1);
    },
  },
  {
    route: "/:slug/settings",
    state: "deleting the workspace",
    show: async (_, page) => {
      await closeDialog(page);
      await page.getByRole("button", { name: "Delete Harbour…" }).click();
      await dialog(page).getByRole("button", { name: "Delete Harbour" }).click();
      await invalid(page, 1);
    },
  },
  {
    route: "/:slug/settings",
    state: "with ownership offered to somebody",
    show: async (world, page) => {
      const path = `/tenants/${world.company.slug}`;
      const { items } = await world.ada.api<{ items: Item[] }>("GET", `${path}/members`);
      const memberId = items.find(({ name }) => name === "Ben Nowak")?.memberId;
      expect(await world.ada.status("POST", `${path}/ownership-offer`, { memberId })).toBe(201);
      await open(page, settingsPath(world), page.getByRole("button", { name: "Withdraw the offer" }));
    },
  },
  {
    route: "/:slug/settings",
    state: "with ownership offered to this person",
    pageOf: ({ ben }) => ben.page,
    show: (world, page) => open(page, settingsPath(world), page.getByRole("button", { name: "Answer…" })),
  },
  {
    route: "/:slug/settings",
    state: "answering the offer of ownership",
    pageOf: ({ ben }) => ben.page,
    show: async (_, page) => {
      await page.getByRole("button", { name: "Answer…" }).click();
      await expect(dialog(page).getByRole("button", { name: "Accept ownership" })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings",
    state: "leaving the workspace",
    pageOf: ({ ben }) => ben.page,
    show: async (_, page) => {
      await closeDialog(page);
      await page.getByRole("button", { name: "Leave Harbour…" }).click();
      await expect(dialog(page)).toBeVisible();
    },
  },
];

const ROLES: View<Settings>[] = [
  {
    route: "/:slug/settings/roles",
    state: "the list",
    show: (world, page) => open(page, settingsPath(world, "/roles"), page.getByRole("link", { name: /Dispatchers/ })),
  },
  {
    route: "/:slug/settings/roles/new",
    state: "a name that is taken",
    show: async (world, page) => {
      await open(
        page,
        settingsPath(world, `/roles/new?copy=${world.builtInId}`),
        page.getByRole("button", { name: "Create role" }),
      );
      await page.getByRole("textbox", { name: "Name" }).fill("Dispatchers");
      await page.getByRole("button", { name: "Create role" }).click();
      await expect(page.getByText("There is already a role called Dispatchers.")).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "built in",
    show: (world, page) =>
      open(
        page,
        settingsPath(world, `/roles/${world.builtInId}`),
        page.getByText("is built in: it can't be changed", { exact: false }),
      ),
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "all categories open and a change",
    show: async (world, page) => {
      await open(page, settingsPath(world, `/roles/${world.roleId}`), heading(page, "Dispatchers"));
      await page.getByRole("button", { name: "Open all" }).click();
      await page.getByRole("checkbox", { name: "Join channels and listen" }).uncheck();
      await expect(page.getByText("Has no effect without", { exact: false }).first()).toBeVisible();
      await expect(page.getByRole("button", { name: "Save changes" })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "leaving without saving",
    show: async (_, page) => {
      await page.getByRole("link", { name: "Roles", exact: true }).first().click();
      await expect(page.getByRole("dialog", { name: "Leave without saving?" })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "showing only what differs",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Keep editing" }).click();
      await expect(page.getByRole("dialog")).toBeHidden(); // a closing dialog would catch the forced click
      await page.getByLabel("Only differences").check({ force: true });
      await expect(page.getByText("not in Viewer").first()).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "deleting a role that somebody has",
    show: async (world, page) => {
      await page.getByRole("button", { name: "Discard" }).click();
      await open(page, settingsPath(world, `/roles/${world.roleId}`), heading(page, "Dispatchers"));
      await page.getByRole("button", { name: "Delete…" }).click();
      await dialog(page).getByRole("button", { name: "Move 1 person and delete it" }).click();
      await invalid(page, 1);
    },
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "no such role",
    show: (world, page) =>
      open(page, settingsPath(world, "/roles/00000000-0000-7000-8000-000000000000"), heading(page, "Role not found")),
  },
];

const SECURITY: View<Settings>[] = [
  {
    route: "/:slug/settings/security",
    state: "who would have to set up two-step verification",
    show: async (world, page) => {
      await open(page, settingsPath(world, "/security"), heading(page, "Security"));
      await page.getByRole("button", { name: "Show who has it" }).click();
      await expect(page.getByRole("table", { name: "Who has two-step verification" })).toBeVisible();
      await page.getByRole("radio", { name: "Enforced" }).check();
      await expect(page.getByText("to set it up before they can enter again")).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/billing",
    state: "billing is off",
    show: async (world, page) => {
      await open(page, settingsPath(world, "/billing"), heading(page, "Billing"));
      await expect(page.getByRole("region", { name: "Billing is off" })).toContainText("WHOOT_BILLING=sample npm start");
      await page.getByRole("button", { name: "Show who takes one: 3 people" }).click();
      await expect(page.getByRole("list", { name: "People who take a licence" })).toContainText("Cid Vega");
    },
  },
  {
    route: "/:slug/settings/audit-log",
    state: "an entry open",
    show: async (world, page) => {
      await world.ada.api("PATCH", `/tenants/${world.company.slug}`, { talkKeyMode: "latch" });
      await open(page, settingsPath(world, "/audit-log"), heading(page, "Audit log"));
      await page.locator("main ol > li").first().getByRole("button").click();
      await expect(page.getByRole("definition").first()).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/audit-log",
    state: "filtered by a channel",
    show: async (_, page) => {
      await page.getByRole("combobox", { name: "To whom or what" }).fill("ops");
      await page.getByRole("option", { name: /^Ops channel, last / }).click();
      await expect(page).toHaveURL(/on=/);
    },
  },
  {
    route: "/:slug/settings/audit-log",
    state: "without matches between two days",
    show: async (_, page) => {
      await page.getByRole("combobox", { name: "When" }).click();
      await page.getByRole("option", { name: "Between two days" }).click();
      await page.getByLabel("Last day").fill("2001-01-01");
      await expect(page.getByRole("heading", { name: "No matches. Try fewer letters, or clear a filter." })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/access-reviews",
    state: "none yet",
    show: (world, page) =>
      open(
        page,
        settingsPath(world, "/access-reviews"),
        page.getByRole("heading", { name: "Does everyone still have the right access?" }),
      ),
  },
  {
    route: "/:slug/settings/access-reviews",
    state: "starting a review without a name",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Start a review" }).click();
      await dialog(page).getByLabel("Name").fill("");
      await dialog(page).getByRole("button", { name: "Start the review" }).click();
      await invalid(page, 1);
    },
  },
  {
    route: "/:slug/settings/access-reviews/:reviewId",
    state: "with a selection and open permissions",
    show: async (world, page) => {
      const path = `/tenants/${world.company.slug}/access-reviews`;
      const dueAt = new Date(Date.now() + 86_400_000).toISOString();
      world.review.id = (await world.ada.api<{ reviewId: string }>("POST", path, { name: "Autumn", dueAt })).reviewId;
      const { items } = await world.ada.api<{ items: Reviewed[] }>("GET", `${path}/${world.review.id}/members`);
      const ben = items.filter(({ name }) => name === "Ben Nowak");
      await world.ada.api("POST", `${path}/${world.review.id}/decisions`, {
        members: ben.map(({ memberId, now: { seen } }) => ({ memberId, seen })),
        decision: "approve",
        note: "Runs the yard",
      });
      await open(
        page,
        settingsPath(world, `/access-reviews/${world.review.id}`),
        page.getByRole("article", { name: "Cid Vega" }),
      );
      await page
        .getByText(/Can do \d+ of \d+ permissions/)
        .first()
        .click();
      await page.getByRole("checkbox", { name: "Select Cid Vega" }).check();
      await expect(page.getByRole("region", { name: "Selected people" })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/access-reviews/:reviewId",
    state: "revoking without a reason",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Revoke… Cid Vega" }).click();
      await dialog(page).getByRole("button", { name: "Revoke the access of Cid Vega" }).click();
      await invalid(page, 1);
    },
  },
  {
    route: "/:slug/settings/access-reviews/:reviewId",
    state: "ending a review early",
    show: async (_, page) => {
      await closeDialog(page);
      await page.getByRole("button", { name: "End early…" }).click();
      await expect(dialog(page)).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/access-reviews/:reviewId",
    state: "the decided members",
    show: async (_, page) => {
      await closeDialog(page);
      await page.getByRole("radiogroup", { name: "Show" }).getByText("Decided (1)").click();
      await expect(page.getByRole("article", { name: "Ben Nowak" })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/access-reviews/:reviewId/report",
    state: "of an open review",
    show: (world, page) =>
      open(
        page,
        settingsPath(world, `/access-reviews/${world.review.id}/report`),
        page.getByRole("table").getByText("Runs the yard"),
      ),
  },
  {
    route: "/:slug/settings/access-reviews",
    state: "a review that was ended early",
    show: async (world, page) => {
      const path = `/tenants/${world.company.slug}/access-reviews/${world.review.id}/completion`;
      await world.ada.api("POST", path, { early: true, note: "The yard closes" });
      await open(page, settingsPath(world, "/access-reviews"), page.getByText("Ended early"));
    },
  },
];

const DOMAINS: View<Settings>[] = [
  {
    route: "/:slug/settings/security",
    state: "a domain that is not verified",
    show: async (world, page) => {
      await world.ada.api("POST", `/tenants/${world.company.slug}/domains`, { domain: "harbour.example.com" });
      await open(page, settingsPath(world, "/security"), page.getByRole("button", { name: "Check now: harbour.example.com" }));
    },
  },
  {
    route: "/:slug/settings/security",
    state: "a mail provider's domain",
    show: async (_, page) => {
      await page.getByRole("textbox", { name: "Add a domain" }).fill("gmail.com");
      await page.keyboard.press("Enter");
      await expect(page.getByText("belongs to a mail provider")).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/security",
    state: "releasing a domain",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Release harbour.example.com" }).click();
      await expect(dialog(page)).toBeVisible();
    },
    cleanUp: async ({ page }) => closeDialog(page),
  },
];

const SSO: View<Settings>[] = [
  {
    route: "/:slug/settings/security/sso/new",
    state: "without a name",
    show: async (world, page) => {
      await open(page, settingsPath(world, "/security/sso/new"), heading(page, "Connect an identity provider"));
      await page.getByLabel("Name").fill("");
      await page.getByRole("button", { name: "Create and go on" }).click();
      await expect(page.locator("[aria-invalid=true]")).toHaveCount(1);
    },
  },
  {
    route: "/:slug/settings/security/sso/:connectionId/:step?",
    state: "just begun",
    show: async (_, page) => {
      await page.getByLabel("Name").fill("Corp");
      await page.getByRole("button", { name: "Create and go on" }).click();
      await expect(page.getByRole("heading", { name: "Set up Okta" })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/security/sso/:connectionId/:step?",
    state: "entered by hand, with mistakes",
    show: async (_, page) => {
      await page.getByRole("link", { name: "Enter here" }).click();
      await page.getByRole("radio", { name: "By hand" }).check();
      await page.getByRole("button", { name: "Save and continue" }).click();
      await expect(page.locator("[aria-invalid=true]")).toHaveCount(3);
    },
  },
  {
    route: "/:slug/settings/security/sso/:connectionId/:step?",
    state: "who gets in, with mistakes",
    show: async (_, page) => {
      await page.getByRole("link", { name: "Who gets in" }).click();
      await page.getByRole("button", { name: "Add a group" }).click();
      await page.getByRole("radio", { name: "An attribute" }).check();
      await page.getByText("Names of attributes").click();
      await page.getByRole("button", { name: "Save and continue" }).click();
      await expect(page.locator("[aria-invalid=true]")).toHaveCount(2);
    },
  },
  {
    route: "/:slug/settings/security/sso/:connectionId/:step?",
    state: "leaving without saving",
    show: async (_, page) => {
      await page.getByRole("link", { name: "Test", exact: true }).click();
      await expect(dialog(page)).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/security/sso/:connectionId/:step?",
    state: "not ready for a test",
    show: async (_, page) => {
      await dialog(page).getByRole("button", { name: "Leave without saving" }).click();
      await expect(page.getByRole("heading", { name: "Test and switch on" })).toBeVisible();
    },
  },
  {
    route: "/:slug/settings/security/sso/:connectionId/:step?",
    state: "deleting it",
    show: async (_, page) => {
      await page.getByRole("link", { name: "Provider" }).click();
      await page.getByRole("button", { name: "Delete Corp…" }).click();
      await expect(dialog(page)).toBeVisible();
    },
    cleanUp: async ({ page }) => closeDialog(page),
  },
  {
    route: "/:slug/settings/security",
    state: "with a connection that is not set up",
    show: async (world, page) => {
      await open(page, settingsPath(world, "/security"), page.getByRole("link", { name: "Corp" }));
      const form = page.getByRole("form", { name: "Single sign-on policy" });
      await form.getByRole("radio", { name: "Required" }).check();
      await expect(form.getByText("within the last hour. No test has succeeded yet.")).toBeVisible();
      await form.getByRole("button", { name: "Require single sign-on" }).click();
      await expect(form.getByRole("alert")).toBeVisible();
    },
  },
];

const END: View<Settings>[] = [
  {
    route: "/deletion",
    state: "the receipt",
    show: async (world, page) => {
      const { slug } = world.company;
      const { token } = await deleted(world, slug);
      await page.goto(`/deletion#${token}`);
      await expect(heading(page, "The workspace is erased")).toBeVisible();
    },
  },
];

async function deleted({ ada }: Settings, slug: string): Promise<{ token: string }> {
  const response = await ada.context.request.post(`/api/v1/tenants/${slug}/deletion`, { data: { slug } });
  return (await response.json()) as { token: string };
}

export const GENERAL_AND_ROLES = [...GENERAL, ...ROLES];
export const SECURITY_AND_END = [...SECURITY, ...DOMAINS, ...SSO, ...END];
