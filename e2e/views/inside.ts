/** The pages of a workspace, to the one who owns it: its board, its people, and what opens above them. */
import { expect, type Locator, type Page } from "@playwright/test";
import type { Browsers } from "../support/browsers.ts";
import { runSql } from "../support/database.ts";
import {
  type Company,
  expectLive,
  holdSpace,
  join,
  makeCompany,
  type People,
  type Person,
  readyToTalk,
  releaseSpace,
} from "../support/people.ts";
import type { Whoot } from "../support/server.ts";
import type { View } from "./view.ts";

export interface Inside {
  /** The owner's. */
  page: Page;
  ada: Person;
  /** An admin, on the channel too. */
  ben: Person;
  company: Company;
  /** Is recorded. */
  opsId: string;
  /** Only chosen people talk on it. */
  leadersId: string;
}

export async function inside(people: People, browsers: Browsers, whoot: Whoot): Promise<Inside> {
  const [ada, ben, cid] = await Promise.all([
    people.signedUp("Ada Okafor", await browsers.of("ada")),
    people.signedUp("Ben Nowak", await browsers.of("ben")),
    people.signedUp("Cid Vega", await browsers.of("ada")),
  ]);
  const company = await makeCompany(people, ada, "Harbour");
  const { slug } = company;
  await company.add(ben, "Admin");
  await company.add(cid, "Member");
  const opsId = await company.channel("Ops", { recording: true });
  const leadersId = await company.channel("Leaders", { transmission: "restricted" });
  await ada.api("PATCH", `/tenants/${slug}/channels/${opsId}`, { description: "Cranes, trucks and the gate" });
  const members = await ada.api<{ items: { memberId: string; name: string }[] }>("GET", `/tenants/${slug}/members`);
  const memberIds = members.items.filter(({ name }) => name === "Cid Vega").map(({ memberId }) => memberId);
  await ada.api("POST", `/tenants/${slug}/members/suspensions`, { memberIds });
  const roles = await ada.api<{ items: { roleId: string }[] }>("GET", `/tenants/${slug}/roles`);
  for (const name of ["dot", "eli"]) {
    await ada.api("POST", `/tenants/${slug}/invitations`, { email: `${name}@${slug}.example`, roleId: roles.items[1]?.roleId });
  }
  await runSql(whoot, "update invitations set expires_at = now() - interval '1 day' where email = $1", [`eli@${slug}.example`]);
  return { page: ada.page, ada, ben, company, opsId, leadersId };
}

/** What a test before has left open or typed is gone with the old page. */
async function open(page: Page, address: string, shows: Locator): Promise<void> {
  await page.goto(address);
  await expect(shows).toBeVisible();
}

const tile = (page: Page, name: string) => page.getByRole("article", { name });
const table = (page: Page) => page.getByRole("table", { name: "Members" });
const dialog = (page: Page) => page.getByRole("dialog");

async function openPeople({ company }: Inside, page: Page): Promise<void> {
  await open(page, `/${company.slug}/people`, table(page));
  await expect(page.getByRole("region", { name: "Invitations" }).getByRole("listitem")).toHaveCount(2);
}

async function openInvite(world: Inside, page: Page, tab: string): Promise<void> {
  await openPeople(world, page);
  await page.getByRole("button", { name: "Invite people" }).click();
  await page.getByRole("tab", { name: tab }).click();
}

async function preview(world: Inside, page: Page): Promise<void> {
  await openInvite(world, page, "Many addresses");
  await page
    .getByRole("textbox", { name: "Email addresses" })
    .fill(`fay@${world.company.slug}.example\n${world.ada.email}\nnot an address`);
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText("1 person will be invited. 2 lines will be skipped.")).toBeVisible();
}

const BOARD: View<Inside>[] = [
  {
    route: "/:slug",
    state: "no channel joined",
    show: ({ company }, page) => open(page, `/${company.slug}`, page.getByRole("heading", { name: "Join a channel" })),
  },
  {
    route: "/:slug",
    state: "two channels joined",
    show: async ({ ada, ben, company }) => {
      await join(ada, company, "Ops");
      await join(ada, company, "Leaders");
      await readyToTalk(ada, "Ops");
      await join(ben, company, "Ops");
      await readyToTalk(ben, "Ops");
    },
  },
  {
    route: "/:slug",
    state: "live",
    show: async ({ ada }, page) => {
      await tile(page, "Ops")
        .getByRole("button", { name: /^(Use Space|Space talks) here/ })
        .click();
      await holdSpace(ada);
      await expectLive(ada, "Ops");
    },
  },
  {
    route: "/:slug",
    state: "somebody else talks",
    on: ({ ben }) => ben.page,
    show: (_, page) => expect(tile(page, "Ops").getByText("is talking")).toBeVisible(),
  },
  {
    route: "/:slug",
    state: "not to be talked on by this person",
    on: ({ ben }) => ben.page,
    show: async ({ ada, ben, company }, page) => {
      await releaseSpace(ada);
      await page.getByRole("button", { name: "Join Leaders", exact: true }).click();
      await expect(
        tile(page, "Leaders").getByText("Only chosen people may talk on Leaders.", { exact: false }).first(),
      ).toBeVisible();
      await expect
        .poll(
          async () =>
            (
              await company.transmissions(
                (
                  await ben.api<{ items: { channelId: string; name: string }[] }>("GET", `/tenants/${company.slug}/channels`)
                ).items.find(({ name }) => name === "Ops")?.channelId ?? "",
              )
            ).length,
        )
        .toBe(1);
    },
  },
  {
    route: "/:slug",
    state: "not connected",
    on: ({ ben }) => ben.page,
    show: async ({ ben }, page) => {
      await ben.context.setOffline(true);
      await expect(page.getByText("Not connected: nobody can hear you").first()).toBeVisible();
    },
    // Chromium keeps a core busy with a WebSocket that is held offline.
    after: ({ ben }) => ben.context.setOffline(false),
  },
  {
    route: "/:slug",
    state: "the switcher",
    show: async ({ company }, page) => {
      await open(page, `/${company.slug}`, tile(page, "Ops"));
      await page.getByRole("button", { name: /^Workspace/ }).click();
      await expect(page.getByRole("option", { name: /Harbour/ })).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "the palette",
    show: async (_, page) => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("a");
      await expect(dialog(page).getByRole("group", { name: "People" }).getByRole("option").first()).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "the keys",
    show: async (_, page) => {
      await page.keyboard.press("Escape");
      await expect(dialog(page)).toHaveCount(0);
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "the account menu",
    show: async (_, page) => {
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /^Account:/ }).click();
      await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "creating a channel that only chosen people talk on",
    show: async ({ company }, page) => {
      await open(page, `/${company.slug}`, tile(page, "Ops"));
      await page.getByRole("button", { name: "Create a channel" }).first().click();
      await page.getByRole("radio", { name: "Only chosen roles and people" }).check();
      await page.getByRole("button", { name: "Create and join" }).click();
      await expect(dialog(page).locator("[aria-invalid=true]")).toHaveCount(1);
    },
  },
  {
    route: "/:slug/channels/:channelId",
    state: "with what was said",
    show: ({ company, opsId }, page) =>
      open(page, `/${company.slug}/channels/${opsId}`, page.getByRole("button", { name: /^Play Ada/ })),
  },
  {
    route: "/:slug/channels/:channelId",
    state: "its settings, about to be deleted",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Settings of Ops" }).click();
      await dialog(page).getByRole("button", { name: "Delete Ops…" }).click();
      await expect(dialog(page).getByRole("button", { name: "Delete Ops and its recordings" })).toBeVisible();
    },
  },
  {
    route: "/:slug/channels/:channelId",
    state: "nothing said yet",
    show: ({ company, leadersId }, page) =>
      open(page, `/${company.slug}/channels/${leadersId}`, page.getByText("This channel isn't recorded", { exact: false })),
  },
  {
    route: "/:slug/channels/:channelId",
    state: "no such channel",
    show: ({ company }, page) =>
      open(
        page,
        `/${company.slug}/channels/00000000-0000-7000-8000-000000000000`,
        page.getByRole("heading", { name: "This channel isn't here" }),
      ),
  },
  {
    route: "/:slug/*",
    state: "nothing there",
    show: ({ company }, page) =>
      open(page, `/${company.slug}/nowhere`, page.getByRole("heading", { name: "There is nothing at this address" })),
  },
];

const PEOPLE: View<Inside>[] = [
  { route: "/:slug/people", state: "members and invitations", show: openPeople },
  {
    route: "/:slug/people",
    state: "some selected",
    show: async (_, page) => {
      await page.getByRole("checkbox", { name: "Select Ben Nowak" }).check();
      await page.getByRole("checkbox", { name: /^Select the invitation of dot@/ }).check();
      await expect(page.getByRole("region", { name: "Selected people" })).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "asked before somebody is removed",
    show: async (_, page) => {
      await page
        .getByRole("region", { name: "Selected people" })
        .getByRole("button", { name: /^Remove/ })
        .click();
      await expect(dialog(page).getByRole("button", { name: /^Remove/ })).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "choosing another role",
    show: async (_, page) => {
      await page.keyboard.press("Escape");
      await expect(dialog(page)).toHaveCount(0);
      await page
        .getByRole("region", { name: "Selected people" })
        .getByRole("button", { name: /^Change/ })
        .click();
      await dialog(page).getByRole("combobox").click();
      await expect(page.getByRole("option", { name: "Viewer" })).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "asked before an invitation is withdrawn",
    show: async (world, page) => {
      await openPeople(world, page);
      await page.getByRole("checkbox", { name: /^Select the invitation of dot@/ }).check();
      await page.getByRole("button", { name: /^Withdraw 1 invitation/ }).click();
      await expect(page.getByRole("dialog", { name: "Withdraw 1 invitation" })).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "what can be done with the owner",
    show: async (world, page) => {
      await openPeople(world, page);
      await page.getByRole("button", { name: "What to do with Ada Okafor" }).click();
      await expect(page.getByRole("menu")).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "nobody found",
    show: ({ company }, page) =>
      open(page, `/${company.slug}/people?search=zebra`, page.getByRole("heading", { name: "Nobody matches" })),
  },
  {
    route: "/:slug/people",
    state: "inviting one, by a wrong address",
    show: async (world, page) => {
      await openInvite(world, page, "One person");
      await page.getByRole("button", { name: "Send invitation" }).click();
      await expect(dialog(page).locator("[aria-invalid=true]")).toHaveCount(1);
    },
  },
  {
    route: "/:slug/people",
    state: "inviting by a CSV",
    show: async (world, page) => {
      await openInvite(world, page, "CSV file");
      await expect(page.getByRole("button", { name: "Choose a CSV file" })).toBeVisible();
    },
  },
  { route: "/:slug/people", state: "what will happen, line by line", show: preview },
  {
    route: "/:slug/people",
    state: "editing a line",
    show: async (_, page) => {
      await page.getByRole("button", { name: /^Edit line 3/ }).click();
      await expect(page.getByRole("textbox", { name: "Address" })).toBeFocused();
    },
  },
  {
    route: "/:slug/people",
    state: "what did happen",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Invite 1 person" }).click();
      await expect(page.getByText("1 person invited, 2 skipped.")).toBeVisible();
    },
  },
];

export const INSIDE = [...BOARD, ...PEOPLE];
