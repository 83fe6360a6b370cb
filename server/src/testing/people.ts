/** People who use the real API: they sign up, read their mail, create workspaces and invite each other. */
import type { Permission } from "#contract/permissions.ts";
import { type HttpClient, httpClient } from "./http.ts";
import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

export const PASSWORD = "correct horse battery";

export interface Person extends HttpClient {
  email: string;
  name: string;
  accountId: string;
}

export interface Workspace {
  slug: string;
  tenantId: string;
  roles: Record<"Admin" | "Member" | "Viewer", string>;
  /** `/api/v1/tenants/{slug}` */
  path: string;
}

let count = 0;

/** A new address each time, because rate limits count by address. */
export function freshEmail(name: string): string {
  return `${name.toLowerCase()}.${process.pid}.${++count}@example.com`;
}

/** A new domain each time. */
export function freshDomain(): string {
  return `d${process.pid}-${++count}.example.com`;
}

/** A new slug each time. */
export function freshSlug(name = "acme"): string {
  return `${name}-${process.pid}-${++count}`;
}

function expectStatus(answer: { status: number; text: string }, status: number): void {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
}

/** The token after the # of a mailed or copied link. */
export function tokenOf(link: string | null): string {
  const token = link?.split("#")[1];
  if (!token) throw new Error(`no token in ${link}`);
  return token;
}

/** The full name of a server's cookie: on plain http it ends in the port. */
export function cookieName(server: { url: string }, base: "whoot-session" | "whoot-device"): string {
  return `${base}-${new URL(server.url).port}`;
}

/** Signs up, opens the mailed link in the same browser and is then signed in. */
export async function signUpPerson(server: TestServer, name: string, email = freshEmail(name)): Promise<Person> {
  const browser = httpClient(server.url);
  expectStatus(await browser.post("/api/v1/accounts", { email, name, password: PASSWORD }), 202);
  const mail = await server.mailTo(email);
  const verified = await browser.post("/api/v1/accounts/verification", { token: tokenOf(mail.link) });
  expectStatus(verified, 200);
  return Object.assign(browser, { email, name, accountId: verified.json.account.accountId as string });
}

export async function signIn(server: TestServer, email: string, password = PASSWORD): Promise<HttpClient> {
  const browser = httpClient(server.url);
  expectStatus(await browser.post("/api/v1/session", { email, password }), 200);
  return browser;
}

/** Sets the newest authentication of the person's sessions to six minutes ago, so that it is no longer recent. */
export async function letAuthenticationAge({ database }: TestServer, { accountId }: Pick<Person, "accountId">): Promise<void> {
  await database.query("update sessions set authenticated_at = now() - interval '6 minutes' where account_id = $1", [accountId]);
}

export async function makeWorkspace(owner: HttpClient, slug = freshSlug(), name = `Workspace ${slug}`): Promise<Workspace> {
  const created = await owner.post("/api/v1/tenants", { name, slug });
  expectStatus(created, 201);
  const path = `/api/v1/tenants/${slug}`;
  const { items } = (await owner.get(`${path}/roles`)).json as { items: Array<{ name: string; roleId: string }> };
  const roles = Object.fromEntries(items.map((role) => [role.name, role.roleId])) as Workspace["roles"];
  return { slug, tenantId: created.json.tenantId, roles, path };
}

/** Invites an existing person, who accepts the mailed link. */
export async function addMember(
  server: TestServer,
  admin: HttpClient,
  workspace: Workspace,
  person: Person,
  roleId: string,
): Promise<void> {
  expectStatus(await admin.post(`${workspace.path}/invitations`, { email: person.email, roleId }), 201);
  const mail = await server.mailTo(person.email, /invites you/);
  expectStatus(await person.post("/api/v1/invitations/acceptance", { token: tokenOf(mail.link) }), 200);
}

export async function makeChannel(admin: HttpClient, workspace: Workspace, input: Record<string, unknown>): Promise<string> {
  const created = await admin.post(`${workspace.path}/channels`, input);
  expectStatus(created, 201);
  return created.json.channelId;
}

/** Creates a custom role. */
export async function makeRole(
  admin: HttpClient,
  workspace: Workspace,
  permissions: readonly Permission[],
  name = freshSlug("role"),
): Promise<string> {
  const created = await admin.post(`${workspace.path}/roles`, { name, permissions });
  expectStatus(created, 201);
  return created.json.roleId;
}

/** Waits until no export is in progress. @returns the newest one, if any */
export async function exportsSettled(owner: HttpClient, path: string): Promise<{ exportId: string; status: string } | undefined> {
  const settled = await until("the exports to be made", async () => {
    const { items } = (await owner.get(`${path}/exports`)).json as { items: Array<{ exportId: string; status: string }> };
    return items.every(({ status }) => status !== "building") && { newest: items[0] };
  });
  return settled.newest;
}
