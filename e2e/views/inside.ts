/** A workspace's pages as its owner sees them: the board, the people, and the dialogs and menus above them. */
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
  /** The owner's page. */
  page: Page;
  ada: Person;
  /** An admin, also on the channel. */
  ben: Person;
  company: Company;
  /** A recorded channel. */
  opsId: string;
  /** A restricted channel. */
  leadersId: string;
}

export async function inside(people: People, browsers: Browsers, whoot: Whoot): Promise<Inside> {
  const [ada, ben, cid] = await Promise.all([
    people.signedUp("Ada Okafor", await browsers.withVoice("ada")),
    people.signedUp("Ben Nowak", await browsers.withVoice("ben")),
    people.signedUp("Cid Vega", await browsers.withVoice("ada")),
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

/** Loads the page anew, so that nothing of the view before is left. */
async function open(page: Page, address: string, shows: Locator): Promise<void> {
  await page.goto(address);
  await expect(shows).toBeVisible();
}

const tile = (page: Page, name: string) => page.getByRole("article", { name });
const table = (page: Page) => page.getByRole("table", { name: "Members" });
const dialog = (page: Page) => page.getByRole("dialog");

async function openPeople({ company }: Inside, page: Page): Promise<void> {
  await open(page, `/${company.slug}/people`, table(page));
  await expect(page.getByRole("tab", { name: "Invitations 2" })).toBeVisible();
}

async function openInvitations({ company }: Inside, page: Page): Promise<void> {
  const rows = page.getByRole("region", { name: "Invitations" }).getByRole("listitem");
  await open(page, `/${company.slug}/people?tab=invitations`, rows.first());
  await expect(rows).toHaveCount(2);
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

export const BOARD: View<Inside>[] = [
  {
    route: "/:slug",
    state: "no channel joined",
    show: ({ company }, page) => open(page, `/${company.slug}`, page.getByRole("heading", { name: "Join a channel" })),
  },
  {
    route: "/:slug",
    state: "two channels joined",
    show: async ({ ada, ben, company }) => {
      await ben.page.goto(`/${company.slug}`);
      const leaders = ben.page
        .getByRole("list", { name: "Channels to join" })
        .getByRole("listitem")
        .filter({ hasText: "Leaders" });
      await expect(leaders.getByText("Nobody here")).toBeVisible();
      await join(ada, company, "Ops");
      await join(ada, company, "Leaders");
      await expect(leaders.getByText("1 here")).toBeVisible();
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
    pageOf: ({ ben }) => ben.page,
    show: (_, page) => expect(tile(page, "Ops").getByText("is talking")).toBeVisible(),
  },
  {
    route: "/:slug",
    state: "a channel on which this person can't talk",
    pageOf: ({ ben }) => ben.page,
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
    pageOf: ({ ben }) => ben.page,
    show: async ({ ben }, page) => {
      await ben.context.setOffline(true);
      // A lost connection is noticed after 7.5 s.
      await expect(page.getByText("Not connected: nobody can hear you").first()).toBeVisible();
    },
    // A WebSocket that is held offline keeps a core busy in Chromium.
    cleanUp: ({ ben }) => ben.context.setOffline(false),
  },
  {
    route: "/:slug",
    state: "the switcher is open",
    show: async ({ company }, page) => {
      await open(page, `/${company.slug}`, tile(page, "Ops"));
      await page.getByRole("button", { name: /^Workspace/ }).click();
      await expect(page.getByRole("option", { name: /Harbour/ })).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "the palette is open",
    show: async (_, page) => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("a");
      await expect(dialog(page).getByRole("group", { name: "People" }).getByRole("option").first()).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "the list of keys is open",
    show: async (_, page) => {
      await page.keyboard.press("Escape");
      await expect(dialog(page)).toHaveCount(0);
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "the account menu is open",
    show: async (_, page) => {
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /^Account:/ }).click();
      await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
    },
  },
  {
    route: "/:slug",
    state: "creating a restricted channel",
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
    state: "with transmissions",
    show: ({ company, opsId }, page) =>
      open(page, `/${company.slug}/channels/${opsId}`, page.getByRole("button", { name: /^Play Ada/ })),
  },
  {
    route: "/:slug/channels/:channelId",
    state: "about to be deleted in its settings",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Settings for Ops" }).click();
      await dialog(page).getByRole("button", { name: "Delete Ops…" }).click();
      await expect(dialog(page).getByRole("button", { name: "Delete Ops and its recordings" })).toBeVisible();
    },
  },
  {
    route: "/:slug/channels/:channelId",
    state: "without transmissions",
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
        page.getByRole("heading", { name: "Channel not found" }),
      ),
  },
  {
    route: "/:slug/*",
    state: "an unknown page",
    show: ({ company }, page) =>
      open(page, `/${company.slug}/nowhere`, page.getByRole("heading", { name: "There is nothing at this address" })),
  },
];

export const PEOPLE: View<Inside>[] = [
  { route: "/:slug/people", state: "members", show: openPeople },
  { route: "/:slug/people", state: "invitations", show: openInvitations },
  {
    route: "/:slug/settings/members",
    state: "members",
    show: ({ company }, page) => open(page, `/${company.slug}/settings/members`, table(page)),
  },
  {
    route: "/:slug/people",
    state: "some people selected",
    show: async (world, page) => {
      await openPeople(world, page);
      await page.getByRole("checkbox", { name: "Select Ben Nowak" }).check();
      await expect(page.getByRole("region", { name: "Selected people" })).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "confirming a removal",
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
    state: "confirming that an invitation is withdrawn",
    show: async (world, page) => {
      await openInvitations(world, page);
      await page.getByRole("checkbox", { name: /^Select the invitation for dot@/ }).check();
      await page.getByRole("button", { name: /^Withdraw 1 invitation/ }).click();
      await expect(page.getByRole("dialog", { name: "Withdraw 1 invitation" })).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "the menu of the owner",
    show: async (world, page) => {
      await openPeople(world, page);
      await page.getByRole("button", { name: "Actions for Ada Okafor" }).click();
      await expect(page.getByRole("menu")).toBeVisible();
    },
  },
  {
    route: "/:slug/people",
    state: "nobody found",
    show: ({ company }, page) =>
      open(
        page,
        `/${company.slug}/people?search=zebra`,
        page.getByRole("heading", { name: "No matches. Try fewer letters, or clear a filter." }),
      ),
  },
  {
    route: "/:slug/people",
    state: "inviting one person with a wrong address",
    show: async (world, page) => {
      await openInvite(world, page, "One person");
      await page.getByRole("button", { name: "Send invitation" }).click();
      await expect(dialog(page).locator("[aria-invalid=true]")).toHaveCount(1);
    },
  },
  {
    route: "/:slug/people",
    state: "inviting by CSV",
    show: async (world, page) => {
      await openInvite(world, page, "CSV file");
      await expect(page.getByRole("button", { name: "Choose a CSV file" })).toBeVisible();
    },
  },
  { route: "/:slug/people", state: "the preview of invitations", show: preview },
  {
    route: "/:slug/people",
    state: "editing a line of the preview",
    show: async (_, page) => {
      await page.getByRole("button", { name: /^Edit line 3/ }).click();
      await expect(page.getByRole("textbox", { name: "Address" })).toBeFocused();
    },
  },
  {
    route: "/:slug/people",
    state: "the result of inviting",
    show: async (_, page) => {
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Invite 1 person" }).click();
      await expect(page.getByText("1 person invited, 2 skipped.")).toBeVisible();
    },
  },
];
