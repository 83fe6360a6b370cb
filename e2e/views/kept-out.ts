/** A workspace as people with few permissions or a suspended membership see it, and the app when the server fails. */
import { expect, type Locator, type Page } from "@playwright/test";
import type { Browsers } from "../support/browsers.ts";
import { waitForAudio, type Company, makeCompany, type People, type Person } from "../support/people.ts";
import type { View } from "./view.ts";

export interface KeptOut {
  /** A viewer's page. */
  page: Page;
  /** Somebody whose role has no permissions. */
  guest: Person;
  company: Company;
  ada: Person;
  opsId: string;
  roleId: string;
  /** Errors that pages reported. The last view causes some on purpose. */
  pageErrors: string[];
}

export async function keptOut(people: People, browsers: Browsers): Promise<KeptOut> {
  const browser = await browsers.withVoice("ada");
  const [ada, vi, guest] = (await Promise.all(
    ["Ada Okafor", "Vi Lund", "Gus Meyer"].map((name) => people.signedUp(name, browser)),
  )) as [Person, Person, Person];
  const company = await makeCompany(people, ada, "Harbour");
  const opsId = await company.channel("Ops", { recording: true });
  const roleId = await company.role("Guests", []);
  await company.add(vi, "Viewer");
  await company.add(guest, "Guests");
  return { page: vi.page, guest, company, ada, opsId, roleId, pageErrors: people.pageErrors };
}

async function open(page: Page, address: string, shows: Locator): Promise<void> {
  await page.goto(address);
  await expect(shows).toBeVisible();
}

const refusal = (page: Page, name: string) => page.getByRole("heading", { name });

export const KEPT_OUT: View<KeptOut>[] = [
  {
    route: "/:slug/channels/:channelId",
    state: "listening only",
    show: async ({ company, opsId }, page) => {
      await open(page, `/${company.slug}/channels/${opsId}`, page.getByRole("heading", { name: "Ops" }).first());
      await page.getByRole("button", { name: "Join Ops", exact: true }).first().click();
      await waitForAudio({ page } as Person);
      await expect(page.getByText("can listen but not talk", { exact: false }).first()).toBeAttached();
    },
  },
  {
    route: "/:slug/settings",
    state: "read only",
    show: ({ company }, page) => open(page, `/${company.slug}/settings`, page.getByRole("heading", { name: "General" })),
  },
  {
    route: "/:slug/settings/roles",
    state: "read only",
    show: ({ company }, page) =>
      open(page, `/${company.slug}/settings/roles`, page.getByRole("heading", { name: "Roles", level: 1 })),
  },
  {
    route: "/:slug/settings/audit-log",
    state: "hidden",
    show: ({ company }, page) => open(page, `/${company.slug}/settings/audit-log`, refusal(page, "You can't read the audit log")),
  },
  {
    route: "/:slug/settings/access-reviews",
    state: "hidden",
    show: ({ company }, page) =>
      open(page, `/${company.slug}/settings/access-reviews`, refusal(page, "You can't run access reviews")),
  },
  {
    route: "/:slug/people",
    state: "hidden",
    pageOf: ({ guest }) => guest.page,
    show: ({ company }, page) => open(page, `/${company.slug}/people`, refusal(page, "You can't see the member list")),
  },
  {
    route: "/:slug",
    state: "without a channel to join",
    pageOf: ({ guest }) => guest.page,
    show: ({ company }, page) => open(page, `/${company.slug}`, page.getByRole("heading", { name: "Board" })),
  },
  {
    route: "/:slug/settings/roles",
    state: "hidden",
    pageOf: ({ guest }) => guest.page,
    show: ({ company }, page) => open(page, `/${company.slug}/settings/roles`, refusal(page, "You can't see roles")),
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "hidden",
    pageOf: ({ guest }) => guest.page,
    show: ({ company, roleId }, page) =>
      open(page, `/${company.slug}/settings/roles/${roleId}`, refusal(page, "You can't see roles")),
  },
  {
    route: "/:slug/people",
    state: "the server fails",
    show: async ({ company }, page) => {
      await page.route("**/members?*", (route) =>
        route.fulfill({ status: 403, json: { error: { code: "forbidden", message: "Your role can't see it." } } }),
      );
      await open(page, `/${company.slug}/people`, page.getByRole("button", { name: "Try again" }));
    },
  },
  {
    route: "/:slug",
    state: "suspended",
    pageOf: ({ guest }) => guest.page,
    show: async ({ ada, company }, page) => {
      const path = `/tenants/${company.slug}/members`;
      const { items } = await ada.api<{ items: { memberId: string; name: string }[] }>("GET", path);
      const memberIds = items.filter(({ name }) => name === "Gus Meyer").map(({ memberId }) => memberId);
      await ada.api("POST", `${path}/suspensions`, { memberIds });
      await open(page, `/${company.slug}`, page.getByRole("heading", { name: "You're suspended from this workspace" }));
    },
  },
  {
    route: "/:slug",
    state: "a workspace that can't be loaded",
    pageOf: ({ guest }) => guest.page,
    show: async ({ company }, page) => {
      await page.route(`**/api/v1/tenants/${company.slug}`, (route) => route.fulfill({ status: 500, body: "{}" }));
      await open(page, `/${company.slug}`, page.getByRole("button", { name: "Try again" }));
    },
  },
  {
    route: "/:slug",
    state: "a broken page",
    show: async ({ company, pageErrors }, page) => {
      await page.route(`**/api/v1/tenants/${company.slug}/channels?*`, (route) =>
        route.fulfill({ json: { items: [null], nextCursor: null } }),
      );
      await open(page, `/${company.slug}`, page.getByRole("heading", { name: "This page broke" }));
      // These errors were caused on purpose.
      pageErrors.splice(0);
    },
  },
];
