/** The pages outside of a workspace: signed out, signing up and in, and the list of workspaces. */
import { expect, type Page } from "@playwright/test";
import { runSql } from "../support/database.ts";
import { type Company, makeCompany, PASSWORD, type People, type Person, tokenIn, unique } from "../support/people.ts";
import type { Browsers } from "../support/browsers.ts";
import type { Whoot } from "../support/server.ts";
import type { View } from "./view.ts";

export interface Outside {
  /** A page of somebody who is signed out. */
  page: Page;
  /** Has an account and two invitations, and is in no workspace. */
  ben: Person;
  ada: Person;
  company: Company;
  /** Opens a path with a token behind the #, as a link in a mail does. */
  open: (page: Page, path: string, token: string | null) => Promise<void>;
  /** Invites somebody. @returns the token of the mailed link */
  invite: (email: string) => Promise<string>;
  people: People;
  whoot: Whoot;
}

export async function outside(people: People, browsers: Browsers, whoot: Whoot): Promise<Outside> {
  const browser = await browsers.withVoice("ada");
  const [visitor, ada, ben] = await Promise.all([
    people.visitor("Vi", browser),
    people.signedUp("Ada Okafor", browser),
    people.signedUp("Ben Nowak", browser),
  ]);
  const company = await makeCompany(people, ada, "Harbour");
  const { items } = await ada.api<{ items: { roleId: string }[] }>("GET", `/tenants/${company.slug}/roles`);
  return {
    page: visitor.page,
    ben,
    ada,
    company,
    people,
    whoot,
    async open(page, path, token) {
      // Another page in between: the browser would not load a page of which only the part behind # differs.
      await page.goto("about:blank");
      await page.goto(`${path}#${token}`);
    },
    async invite(email) {
      await ada.api("POST", `/tenants/${company.slug}/invitations`, { email, roleId: items[1]?.roleId });
      return tokenIn((await people.mailTo({ email }, /invites you/)).link);
    },
  };
}

const heading = (page: Page, name: string | RegExp) => expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
const newcomer = () => `${unique("new")}@example.com`;

async function signUp(page: Page, email: string): Promise<void> {
  await page.goto("/sign-up");
  await page.getByLabel("Your name").fill("Newcomer");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await heading(page, "Check your mail");
}

export const OUTSIDE: View<Outside>[] = [
  {
    route: "/",
    state: "signed out",
    show: async (_, page) => {
      await page.goto("/");
      await heading(page, "Sign in");
    },
  },
  {
    route: "/sign-in",
    state: "refused",
    show: async (_, page) => {
      await page.goto("/sign-in");
      await page.getByLabel("Email").fill("nobody@example.com");
      await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    route: "/sign-up",
    state: "with mistakes",
    show: async (_, page) => {
      await page.goto("/sign-up");
      await page.getByRole("button", { name: "Create account" }).click();
      await expect(page.getByText("Enter your name.")).toBeVisible();
    },
  },
  {
    route: "/check-mail",
    state: "offering to send the mail again",
    show: async (_, page) => {
      await signUp(page, newcomer());
      await expect(page.getByRole("button", { name: "Send the mail again" })).toBeVisible();
    },
  },
  {
    route: "/outbox",
    state: "with mails",
    show: async (_, page) => {
      await page.goto("/outbox");
      await expect(page.getByRole("listitem").first()).toBeVisible();
    },
  },
  {
    route: "/verify",
    state: "in another browser",
    show: async ({ open, people }, page) => {
      const email = newcomer();
      await signUp(page, email);
      const { link } = await people.mailTo({ email }, /Confirm/);
      await page.context().clearCookies();
      await open(page, "/verify", tokenIn(link));
      await page.getByRole("button", { name: "Confirm and continue" }).click();
      await expect(page.getByRole("textbox", { name: "Password" })).toBeFocused();
    },
  },
  {
    route: "/verify",
    state: "a link that doesn't work",
    show: async ({ open }, page) => {
      await open(page, "/verify", "a".repeat(43));
      await page.getByRole("button", { name: "Confirm and continue" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    route: "/email-change",
    state: "a link that doesn't work",
    show: async ({ open }, page) => {
      await open(page, "/email-change", "a".repeat(43));
      await page.getByRole("button", { name: "Use this address" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    route: "/security/two-step-reset",
    state: "a link that doesn't work",
    show: async ({ open }, page) => {
      await open(page, "/security/two-step-reset", "a".repeat(43));
      await page.getByRole("textbox", { name: "Your password" }).fill(PASSWORD);
      await page.getByRole("button", { name: "Turn it off" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    route: "/forgot-password",
    state: "with a mistake",
    show: async (_, page) => {
      await page.goto("/forgot-password");
      await page.getByRole("button", { name: "Send the link" }).click();
      await expect(page.getByRole("textbox", { name: "Email" })).toBeFocused();
    },
  },
  {
    route: "/forgot-password",
    state: "sent",
    show: async (_, page) => {
      await page.goto("/forgot-password");
      await page.getByLabel("Email").fill(newcomer());
      await page.getByRole("button", { name: "Send the link" }).click();
      await heading(page, "Check your mail");
    },
  },
  {
    route: "/reset-password",
    state: "a link that doesn't work",
    show: async ({ open }, page) => {
      await open(page, "/reset-password", "a".repeat(43));
      await page.getByLabel("New password").fill(PASSWORD);
      await page.getByRole("button", { name: "Save and sign in" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    route: "/account",
    state: "after renaming and a wrong password",
    pageOf: ({ ben }) => ben.page,
    show: async (_, page) => {
      await page.goto("/account");
      await page.getByRole("button", { name: "Save name" }).click();
      await expect(page.getByText("Saved in every workspace.")).toBeVisible();
      await page.getByLabel("Current password").fill("not the password");
      await page.getByLabel("New password").fill(PASSWORD);
      await page.getByRole("button", { name: "Change password" }).click();
      await expect(page.getByText("That isn't your password.")).toBeVisible();
    },
  },
  {
    route: "/sso/:connectionId",
    state: "no such connection",
    show: async (_, page) => {
      await page.goto("/sso/00000000-0000-7000-8000-000000000000");
      await heading(page, "This sign-in isn't offered");
    },
  },
  {
    route: "/sso/finish",
    state: "with a ticket that another browser began",
    show: async ({ open }, page) => {
      await open(page, "/sso/finish", "a".repeat(43));
      await heading(page, "This sign-in is over");
    },
  },
  {
    route: "/sso/callback/:connectionId",
    state: "without an answer",
    show: async (_, page) => {
      await page.goto("/sso/callback/00000000-0000-7000-8000-000000000000");
      await heading(page, "There is nothing to finish here");
    },
  },
  {
    route: "/sso/failed",
    state: "a response that answers no request",
    show: async ({ open }, page) => {
      await open(page, "/sso/failed", "unsolicited");
      await heading(page, "You weren't signed in");
    },
  },
  {
    route: "/invitation",
    state: "to a new person",
    show: async ({ open, invite }, page) => {
      await open(page, "/invitation", await invite(newcomer()));
      await expect(page.getByRole("tab", { name: "Create account", selected: true })).toBeVisible();
    },
  },
  {
    route: "/invitation",
    state: "expired",
    show: async ({ open, invite, whoot }, page) => {
      const email = newcomer();
      const token = await invite(email);
      await runSql(whoot, "update invitations set expires_at = now() - interval '1 day' where email = $1", [email]);
      await open(page, "/invitation", token);
      await heading(page, "This invitation has expired");
    },
  },
  {
    route: "/invitation",
    state: "for someone else",
    pageOf: ({ ada }) => ada.page,
    show: async ({ open, invite }, page) => {
      await open(page, "/invitation", await invite(newcomer()));
      await heading(page, "This invitation is for someone else");
    },
  },
  {
    route: "/invitation",
    state: "for the signed-in person",
    pageOf: ({ ben }) => ben.page,
    show: async ({ ben, open, invite }, page) => {
      await open(page, "/invitation", await invite(ben.email));
      await expect(page.getByRole("button", { name: "Join Harbour" })).toBeVisible();
    },
  },
  {
    route: "/workspaces",
    state: "no workspace and an invitation",
    pageOf: ({ ben }) => ben.page,
    show: async (_, page) => {
      await page.goto("/workspaces");
      await expect(page.getByRole("heading", { name: "No workspaces yet" })).toBeVisible();
      await expect(page.getByRole("button", { name: "Join Harbour" })).toBeVisible();
    },
  },
  {
    route: "/new-workspace",
    state: "an address that is taken",
    pageOf: ({ ben }) => ben.page,
    show: async ({ company }, page) => {
      await page.goto("/new-workspace");
      await page.getByLabel("Name").fill("Ben's yard");
      await page.getByLabel("Address").fill(company.slug);
      await expect(page.getByText("This address is taken. Choose another.")).toBeVisible();
    },
  },
  {
    route: "/new-workspace",
    state: "an invitation in the switcher",
    pageOf: ({ ben }) => ben.page,
    show: async (_, page) => {
      await page.goto("/new-workspace");
      await page.getByRole("button", { name: /^Workspaces/ }).click();
      await expect(page.getByRole("dialog").getByRole("button", { name: "Join Harbour" })).toBeVisible();
    },
  },
  {
    route: "/new-workspace",
    state: "the account menu",
    pageOf: ({ ben }) => ben.page,
    show: async (_, page) => {
      await page.goto("/new-workspace");
      await page.getByRole("button", { name: /^Account:/ }).click();
      await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
    },
  },
  {
    route: "/workspaces",
    state: "workspaces, one of which needs attention",
    pageOf: ({ ada }) => ada.page,
    show: async ({ people, ada, ben }, page) => {
      // A workspace with one member isn't asked for a second admin, so Ben joins first.
      const { items } = await ben.api<{ items: { invitationId: string }[] }>("GET", "/me/invitations");
      await ben.api("POST", `/me/invitations/${items[0]?.invitationId}/acceptance`);
      await makeCompany(people, ada, "Quarry");
      await page.goto("/workspaces");
      await expect(page.getByRole("link", { name: "Only one admin" })).toHaveCount(1);
    },
  },
  {
    route: "/deletion",
    state: "a link that doesn't work",
    show: async ({ open }, page) => {
      await open(page, "/deletion", "a".repeat(64));
      await heading(page, "This link doesn't work");
    },
  },
  {
    route: "/:slug",
    state: "an address of no workspace",
    pageOf: ({ ben }) => ben.page,
    show: async (_, page) => {
      await page.goto("/no-such-workspace");
      await heading(page, "There is nothing at this address");
    },
  },
];
