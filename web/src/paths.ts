import { mailedPaths } from "#contract/paths.ts";

/** Every address of the web app. The whole table is in paths.test.ts; first segments are reserved in contract/slug.ts. */
export const paths = {
  home: () => "/",
  signIn: (next?: string) => (next ? `${mailedPaths.signIn()}?next=${encodeURIComponent(next)}` : mailedPaths.signIn()),
  signUp: () => "/sign-up",
  checkMail: () => "/check-mail",
  verify: mailedPaths.verify,
  forgotPassword: mailedPaths.forgotPassword,
  resetPassword: mailedPaths.resetPassword,
  account: mailedPaths.account,
  mfaReset: mailedPaths.mfaReset,
  emailChange: mailedPaths.emailChange,
  invitation: mailedPaths.invitation,
  deletion: mailedPaths.deletion,
  ssoSignIn: mailedPaths.ssoSignIn,
  ssoFinish: mailedPaths.ssoFinish,
  ssoCallback: mailedPaths.ssoCallback,
  /** The server adds the reason as a fragment. */
  ssoFailed: () => "/sso/failed",
  outbox: () => "/outbox",
  newWorkspace: () => "/new-workspace",
  workspaces: () => "/workspaces",
  board: (slug: string) => `/${encodeURIComponent(slug)}`,
  channel: (slug: string, channelId: string) => `${paths.board(slug)}/channels/${encodeURIComponent(channelId)}`,
  people: (slug: string) => `${paths.board(slug)}/people`,
  peopleWithRole: (slug: string, roleId: string) => `${paths.people(slug)}?role=${encodeURIComponent(roleId)}`,
  peopleNamed: (slug: string, name: string) => `${paths.people(slug)}?search=${encodeURIComponent(name)}`,
  settings: mailedPaths.settings,
  settingsMembers: (slug: string) => `${paths.settings(slug)}/members`,
  membersUnseenFirst: (slug: string) => `${paths.settingsMembers(slug)}?status=active&sort=lastSeen&order=asc`,
  settingsInvitations: (slug: string) => `${paths.settingsMembers(slug)}?tab=invitations`,
  settingsRoles: (slug: string) => `${paths.board(slug)}/settings/roles`,
  settingsRole: (slug: string, roleId: string) => `${paths.settingsRoles(slug)}/${encodeURIComponent(roleId)}`,
  /** @param copyOf id of the role whose permissions the new role starts with */
  newRole: (slug: string, copyOf?: string) =>
    copyOf === undefined
      ? `${paths.settingsRoles(slug)}/new`
      : `${paths.settingsRoles(slug)}/new?copy=${encodeURIComponent(copyOf)}`,
  settingsSecurity: mailedPaths.settingsSecurity,
  newSsoConnection: (slug: string) => `${paths.settingsSecurity(slug)}/sso/new`,
  /** @param step of the set-up; without it, the first that is not done */
  ssoConnection: (slug: string, connectionId: string, step?: string) =>
    `${paths.settingsSecurity(slug)}/sso/${encodeURIComponent(connectionId)}${step === undefined ? "" : `/${step}`}`,
  settingsBilling: mailedPaths.settingsBilling,
  /** Opens the dialog that changes licences. */
  buyLicences: (slug: string) => `${paths.settingsBilling(slug)}?change=licences`,
  buyAddOns: (slug: string) => `${paths.settingsBilling(slug)}?change=add-ons`,
  auditLog: (slug: string) => `${paths.board(slug)}/settings/audit-log`,
  /** @param what an action, or a group as `group:billing` */
  auditLogAbout: (slug: string, what: string) => `${paths.auditLog(slug)}?what=${encodeURIComponent(what)}`,
  accessReviews: (slug: string) => `${paths.board(slug)}/settings/access-reviews`,
  accessReview: (slug: string, reviewId: string) => `${paths.accessReviews(slug)}/${encodeURIComponent(reviewId)}`,
  accessReviewReport: (slug: string, reviewId: string) => `${paths.accessReview(slug, reviewId)}/report`,
  // Files and streams of the server, which are not JSON operations of the generated client.
  audio: (slug: string, transmissionId: string) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/transmissions/${encodeURIComponent(transmissionId)}/audio`,
  exportArchive: (slug: string, exportId: string) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/exports/${encodeURIComponent(exportId)}/archive`,
  invoicePdf: (slug: string, invoiceId: string) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/billing/invoices/${encodeURIComponent(invoiceId)}/pdf`,
  accessReviewCsv: (slug: string, reviewId: string) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/access-reviews/${encodeURIComponent(reviewId)}/report`,
  /** Cached for ever: a changed logo gets a new id. */
  logo: (slug: string, logoId: string) => `/api/v1/tenants/${encodeURIComponent(slug)}/logos/${encodeURIComponent(logoId)}`,
  auditExport: (slug: string, query: Record<string, string | readonly string[]>) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/audit-log/export?${new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
    ).toString()}`,
  ssoMetadata: (connectionId: string) => `/api/v1/sso/${encodeURIComponent(connectionId)}/metadata`,
  gateway: (slug: string, at: { protocol: string; host: string }) =>
    `${at.protocol === "https:" ? "wss" : "ws"}://${at.host}/api/v1/tenants/${encodeURIComponent(slug)}/gateway`,
};

/** The address of the same page after its workspace moved to the slug `to`. */
export function moved(pathname: string, to: string): string {
  return paths.board(to) + pathname.replace(/^\/[^/]*/, "");
}

/** Returns `next` when it is an address of this site, else null: after sign-in nobody may be sent to another site. */
export function safeNext(next: string | null): string | null {
  // Browsers read a backslash as a slash and skip tabs and line breaks: "/\t/evil.example" leads to another site too.
  if (!next?.startsWith("/") || next.startsWith("//") || /[\\\p{Cc}]/u.test(next)) return null;
  return next;
}
