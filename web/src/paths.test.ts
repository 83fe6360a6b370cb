import { RESERVED_SLUGS } from "#contract/slug.ts";
import { expect, test } from "vitest";
import { moved, paths, safeNext } from "./paths.ts";

const table = {
  home: paths.home(),
  signIn: paths.signIn(),
  signInNext: paths.signIn("/acme/people"),
  signUp: paths.signUp(),
  checkMail: paths.checkMail(),
  verify: paths.verify(),
  forgotPassword: paths.forgotPassword(),
  resetPassword: paths.resetPassword("t0k3n"),
  account: paths.account(),
  mfaReset: paths.mfaReset("t0k3n"),
  emailChange: paths.emailChange("t0k3n"),
  invitation: paths.invitation("t0k3n"),
  deletion: paths.deletion("t0k3n"),
  outbox: paths.outbox(),
  newWorkspace: paths.newWorkspace(),
  workspaces: paths.workspaces(),
  board: paths.board("acme"),
  channel: paths.channel("acme", "c1"),
  people: paths.people("acme"),
  peopleWithRole: paths.peopleWithRole("acme", "r1"),
  peopleNamed: paths.peopleNamed("acme", "Ada Okafor"),
  settings: paths.settings("acme"),
  settingsMembers: paths.settingsMembers("acme"),
  membersUnseenFirst: paths.membersUnseenFirst("acme"),
  settingsInvitations: paths.settingsInvitations("acme"),
  settingsRoles: paths.settingsRoles("acme"),
  settingsRole: paths.settingsRole("acme", "r1"),
  newRole: paths.newRole("acme"),
  newRoleCopy: paths.newRole("acme", "r1"),
  settingsSecurity: paths.settingsSecurity("acme"),
  newSsoConnection: paths.newSsoConnection("acme"),
  ssoConnection: paths.ssoConnection("acme", "s1"),
  ssoConnectionStep: paths.ssoConnection("acme", "s1", "test"),
  ssoSignIn: paths.ssoSignIn("s1"),
  ssoFinish: paths.ssoFinish("t1cket"),
  ssoCallback: paths.ssoCallback("s1"),
  ssoFailed: paths.ssoFailed(),
  ssoMetadata: paths.ssoMetadata("s1"),
  settingsBilling: paths.settingsBilling("acme"),
  auditLog: paths.auditLog("acme"),
  auditLogAbout: paths.auditLogAbout("acme", "group:billing"),
  auditExport: paths.auditExport("acme", { from: "2026-01-01T00:00:00.000Z", action: ["role.created", "role.edited"] }),
  accessReviews: paths.accessReviews("acme"),
  accessReview: paths.accessReview("acme", "r1"),
  accessReviewReport: paths.accessReviewReport("acme", "r1"),
  exportArchive: paths.exportArchive("acme", "e1"),
  accessReviewCsv: paths.accessReviewCsv("acme", "r1"),
  invoicePdf: paths.invoicePdf("acme", "i1"),
  logo: paths.logo("acme", "l1"),
  audio: paths.audio("acme", "t1"),
  gateway: paths.gateway("acme", { protocol: "https:", host: "whoot.example" }),
  gatewayPlain: paths.gateway("acme", { protocol: "http:", host: "localhost:3000" }),
};

test("every address of the web app is as listed here", () => {
  expect(table).toMatchInlineSnapshot(`
    {
      "accessReview": "/acme/settings/access-reviews/r1",
      "accessReviewCsv": "/api/v1/tenants/acme/access-reviews/r1/report",
      "accessReviewReport": "/acme/settings/access-reviews/r1/report",
      "accessReviews": "/acme/settings/access-reviews",
      "account": "/account",
      "audio": "/api/v1/tenants/acme/transmissions/t1/audio",
      "auditExport": "/api/v1/tenants/acme/audit-log/export?from=2026-01-01T00%3A00%3A00.000Z&action=role.created&action=role.edited",
      "auditLog": "/acme/settings/audit-log",
      "auditLogAbout": "/acme/settings/audit-log?what=group%3Abilling",
      "board": "/acme",
      "channel": "/acme/channels/c1",
      "checkMail": "/check-mail",
      "deletion": "/deletion#t0k3n",
      "emailChange": "/email-change#t0k3n",
      "exportArchive": "/api/v1/tenants/acme/exports/e1/archive",
      "forgotPassword": "/forgot-password",
      "gateway": "wss://whoot.example/api/v1/tenants/acme/gateway",
      "gatewayPlain": "ws://localhost:3000/api/v1/tenants/acme/gateway",
      "home": "/",
      "invitation": "/invitation#t0k3n",
      "invoicePdf": "/api/v1/tenants/acme/billing/invoices/i1/pdf",
      "logo": "/api/v1/tenants/acme/logos/l1",
      "membersUnseenFirst": "/acme/settings/members?status=active&sort=lastSeen&order=asc",
      "mfaReset": "/security/two-step-reset#t0k3n",
      "newRole": "/acme/settings/roles/new",
      "newRoleCopy": "/acme/settings/roles/new?copy=r1",
      "newSsoConnection": "/acme/settings/security/sso/new",
      "newWorkspace": "/new-workspace",
      "outbox": "/outbox",
      "people": "/acme/people",
      "peopleNamed": "/acme/people?search=Ada%20Okafor",
      "peopleWithRole": "/acme/people?role=r1",
      "resetPassword": "/reset-password#t0k3n",
      "settings": "/acme/settings",
      "settingsBilling": "/acme/settings/billing",
      "settingsInvitations": "/acme/settings/members?tab=invitations",
      "settingsMembers": "/acme/settings/members",
      "settingsRole": "/acme/settings/roles/r1",
      "settingsRoles": "/acme/settings/roles",
      "settingsSecurity": "/acme/settings/security",
      "signIn": "/sign-in",
      "signInNext": "/sign-in?next=%2Facme%2Fpeople",
      "signUp": "/sign-up",
      "ssoCallback": "/sso/callback/s1",
      "ssoConnection": "/acme/settings/security/sso/s1",
      "ssoConnectionStep": "/acme/settings/security/sso/s1/test",
      "ssoFailed": "/sso/failed",
      "ssoFinish": "/sso/finish#t1cket",
      "ssoMetadata": "/api/v1/sso/s1/metadata",
      "ssoSignIn": "/sso/s1",
      "verify": "/verify",
      "workspaces": "/workspaces",
    }
  `);
});

test("the first segment of every page outside workspaces is a reserved slug", () => {
  const first = [
    paths.signIn(),
    paths.signUp(),
    paths.checkMail(),
    paths.verify(),
    paths.forgotPassword(),
    paths.resetPassword(),
    paths.account(),
    paths.invitation(),
    paths.deletion(),
    paths.ssoSignIn("s1"),
    paths.ssoFinish(),
    paths.ssoCallback("s1"),
    paths.ssoFailed(),
    paths.outbox(),
    paths.newWorkspace(),
    paths.workspaces(),
  ];
  const segments = first.map((path) => path.slice(1).split(/[#?/]/)[0] ?? "");
  expect(segments.filter((segment) => !RESERVED_SLUGS.has(segment))).toEqual([]);
});

test("the address to open after sign-in must be on this site", () => {
  expect(safeNext("/acme")).toBe("/acme");
  for (const unsafe of [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "acme",
    null,
  ])
    expect(safeNext(unsafe)).toBe(null);
});

test("the address of a page keeps its rest when the workspace moves to another slug", () => {
  expect(moved("/acme", "globex")).toBe("/globex");
  expect(moved("/acme/channels/c1", "globex")).toBe("/globex/channels/c1");
  expect(moved("/acme/settings/acme", "globex")).toBe("/globex/settings/acme");
});
