/** Every address of the web app. The whole table is in paths.test.ts; first segments are reserved in contract/slug.ts. */
export const paths = {
  home: () => "/",
  signIn: (next?: string) => (next ? `/sign-in?next=${encodeURIComponent(next)}` : "/sign-in"),
  signUp: () => "/sign-up",
  checkMail: () => "/check-mail",
  verify: () => "/verify",
  /** The token travels in the fragment, which browsers keep out of requests, logs and referrers. */
  invitation: (token?: string) => (token ? `/invitation#${token}` : "/invitation"),
  deletion: (token?: string) => (token ? `/deletion#${token}` : "/deletion"),
  outbox: () => "/outbox",
  newWorkspace: () => "/new-workspace",
  workspaces: () => "/workspaces",
  board: (slug: string) => `/${encodeURIComponent(slug)}`,
  channel: (slug: string, channelId: string) => `${paths.board(slug)}/channels/${encodeURIComponent(channelId)}`,
  people: (slug: string) => `${paths.board(slug)}/people`,
  peopleWithRole: (slug: string, roleId: string) => `${paths.people(slug)}?role=${encodeURIComponent(roleId)}`,
  peopleNamed: (slug: string, name: string) => `${paths.people(slug)}?search=${encodeURIComponent(name)}`,
  settings: (slug: string) => `${paths.board(slug)}/settings`,
  settingsRoles: (slug: string) => `${paths.board(slug)}/settings/roles`,
  settingsRole: (slug: string, roleId: string) => `${paths.settingsRoles(slug)}/${encodeURIComponent(roleId)}`,
  /** @param copyOf a role's id to begin with what it allows */
  newRole: (slug: string, copyOf?: string) =>
    copyOf === undefined
      ? `${paths.settingsRoles(slug)}/new`
      : `${paths.settingsRoles(slug)}/new?copy=${encodeURIComponent(copyOf)}`,
  auditLog: (slug: string) => `${paths.board(slug)}/settings/audit-log`,
  accessReviews: (slug: string) => `${paths.board(slug)}/settings/access-reviews`,
  accessReview: (slug: string, reviewId: string) => `${paths.accessReviews(slug)}/${encodeURIComponent(reviewId)}`,
  accessReviewReport: (slug: string, reviewId: string) => `${paths.accessReview(slug, reviewId)}/report`,
  /** What the server answers beside the API's JSON. */
  audio: (slug: string, transmissionId: string) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/transmissions/${encodeURIComponent(transmissionId)}/audio`,
  exportArchive: (slug: string, exportId: string) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/exports/${encodeURIComponent(exportId)}/archive`,
  accessReviewCsv: (slug: string, reviewId: string) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/access-reviews/${encodeURIComponent(reviewId)}/report`,
  /** The image never changes under its id. */
  logo: (slug: string, logoId: string) => `/api/v1/tenants/${encodeURIComponent(slug)}/logos/${encodeURIComponent(logoId)}`,
  auditExport: (slug: string, query: Record<string, string | readonly string[]>) =>
    `/api/v1/tenants/${encodeURIComponent(slug)}/audit-log/export?${new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
    ).toString()}`,
  gateway: (slug: string, at: { protocol: string; host: string }) =>
    `${at.protocol === "https:" ? "wss" : "ws"}://${at.host}/api/v1/tenants/${encodeURIComponent(slug)}/gateway`,
};

/** The same place of a workspace that moved from one slug to another. */
export function moved(pathname: string, to: string): string {
  return paths.board(to) + pathname.replace(/^\/[^/]*/, "");
}

/** An address to go on to after signing in, if it is one of ours: never another site's. */
export function safeNext(next: string | null): string | null {
  // Browsers take a backslash for a slash and skip tabs and line breaks: "/\t/evil.example" is another site too.
  if (!next?.startsWith("/") || next.startsWith("//") || /[\\\p{Cc}]/u.test(next)) return null;
  return next;
}
