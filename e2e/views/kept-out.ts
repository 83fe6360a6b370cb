/** A workspace to those who may do little in it or nothing any more, and the app when the server fails. */
import { expect, type Locator, type Page } from "@playwright/test";
import type { Browsers } from "../support/browsers.ts";
import { audioIsUp, type Company, makeCompany, type People, type Person } from "../support/people.ts";
import type { View } from "./view.ts";

export interface KeptOut {
  /** A viewer's. */
  page: Page;
  /** Somebody whose role allows next to nothing. */
  guest: Person;
  company: Company;
  ada: Person;
  opsId: string;
  roleId: string;
  /** Errors that the last views make the pages have. */
  complaints: string[];
}

export async function keptOut(people: People, browsers: Browsers): Promise<KeptOut> {
  const browser = await browsers.of("ada");
  const [ada, vi, guest] = (await Promise.all(
    ["Ada Okafor", "Vi Lund", "Gus Meyer"].map((name) => people.signedUp(name, browser)),
  )) as [Person, Person, Person];
  const company = await makeCompany(people, ada, "Harbour");
  const opsId = await company.channel("Ops", { recording: true });
  const roleId = await company.role("Guests", []);
  await company.add(vi, "Viewer");
  await company.add(guest, "Guests");
  return { page: vi.page, guest, company, ada, opsId, roleId, complaints: people.complaints };
}

async function open(page: Page, address: string, shows: Locator): Promise<void> {
  await page.goto(address);
  await expect(shows).toBeVisible();
}

const hidden = (page: Page, name: string) => page.getByRole("heading", { name });

export const KEPT_OUT: View<KeptOut>[] = [
  {
    route: "/:slug/channels/:channelId",
    state: "listening only",
    show: async ({ company, opsId }, page) => {
      await open(page, `/${company.slug}/channels/${opsId}`, page.getByRole("heading", { name: "Ops" }).first());
      await page.getByRole("button", { name: "Join Ops", exact: true }).first().click();
      await audioIsUp({ page } as Person);
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
    show: ({ company }, page) =>
      open(page, `/${company.slug}/settings/audit-log`, hidden(page, "The audit log is hidden from you")),
  },
  {
    route: "/:slug/settings/access-reviews",
    state: "hidden",
    show: ({ company }, page) =>
      open(page, `/${company.slug}/settings/access-reviews`, hidden(page, "Access reviews are hidden from you")),
  },
  {
    route: "/:slug/people",
    state: "hidden",
    on: ({ guest }) => guest.page,
    show: ({ company }, page) => open(page, `/${company.slug}/people`, hidden(page, "The member list is hidden from you")),
  },
  {
    route: "/:slug",
    state: "no channel may be joined",
    on: ({ guest }) => guest.page,
    show: ({ company }, page) => open(page, `/${company.slug}`, page.getByRole("heading", { name: "Board" })),
  },
  {
    route: "/:slug/settings/roles",
    state: "hidden",
    on: ({ guest }) => guest.page,
    show: ({ company }, page) => open(page, `/${company.slug}/settings/roles`, hidden(page, "Roles are hidden from you")),
  },
  {
    route: "/:slug/settings/roles/:roleId",
    state: "hidden",
    on: ({ guest }) => guest.page,
    show: ({ company, roleId }, page) =>
      open(page, `/${company.slug}/settings/roles/${roleId}`, hidden(page, "Roles are hidden from you")),
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
    on: ({ guest }) => guest.page,
    show: async ({ ada, company }, page) => {
      const path = `/tenants/${company.slug}/members`;
      const { items } = await ada.api<{ items: { memberId: string; name: string }[] }>("GET", path);
      const memberIds = items.filter(({ name }) => name === "Gus Meyer").map(({ memberId }) => memberId);
      await ada.api("POST", `${path}/suspensions`, { memberIds });
      await open(page, `/${company.slug}`, page.getByRole("heading", { name: "You are suspended from this workspace" }));
    },
  },
  {
    route: "/:slug",
    state: "the workspace can't be loaded",
    on: ({ guest }) => guest.page,
    show: async ({ company }, page) => {
      await page.route(`**/api/v1/tenants/${company.slug}`, (route) => route.fulfill({ status: 500, body: "{}" }));
      await open(page, `/${company.slug}`, page.getByRole("button", { name: "Try again" }));
    },
  },
  {
    route: "/:slug",
    state: "the page broke",
    show: async ({ company, complaints }, page) => {
      await page.route(`**/api/v1/tenants/${company.slug}/channels`, (route) => route.fulfill({ json: { items: [null] } }));
      await open(page, `/${company.slug}`, page.getByRole("heading", { name: "This page broke" }));
      // It broke as it was meant to.
      complaints.splice(0);
    },
  },
];
