/** Gate 1 as a table: how each way in treats a person after each change. Every way in calls the same `admit`. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getMyActivity, listMyTenants } from "../my-tenants/my-tenants.ts";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { someLogo } from "../testing/furnish.ts";
import { principalOf } from "../testing/principal.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";
import { CONDITIONS } from "./conditions.ts";
import type { Ctx } from "./ctx.ts";
import { admitLive, enter, reenter } from "./gate.ts";
import type { Principal } from "./principal.ts";
import { behindRosterLock } from "./roster.ts";

const server = useServer();
let services: Awaited<ReturnType<typeof openServices>>;
let owner: Person;
beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
});
afterAll(() => services.close());

interface Somebody {
  person: Person;
  workspace: Workspace;
  logoId: string;
  principal: Principal;
  /** The context from before the change. */
  stale: Ctx;
}

async function makeSomebody(): Promise<Somebody> {
  const workspace = await makeWorkspace(owner);
  const { logoId } = (await owner.send("PUT", `${workspace.path}/logo`, someLogo())).json;
  const person = await signUpPerson(server, "Ben");
  await addMember(server, owner, workspace, person, workspace.roles.Member);
  const [session] = await server.database.query<{ id: string }>("select session_id as id from sessions where account_id = $1", [
    person.accountId,
  ]);
  const principal = principalOf(person, session?.id ?? "");
  expect((await person.get(workspace.path)).status).toBe(200);
  const stale = await enter(services, { tenantId: workspace.tenantId, principal, origin: null }, async (ctx) => ctx);
  return { person, workspace, logoId, principal, stale };
}

/**
 * Changes the session as if a workspace's provider had begun it: another workspace's provider, or this one's with a proof that has ended.
 */
async function asIfBySso(principal: Principal, tenantId: string | null): Promise<void> {
  await server.database.query(
    `with here as (update member_sessions set sso_connection_id = gen_random_uuid(), sso_proved_at = now() - interval '2 hours',
        sso_until = now() - interval '1 hour' where tenant_id = $2)
      update sessions set signed_in_by = 'sso', password_at = null, sso_tenant_id = coalesce($2, gen_random_uuid()) where session_id = $1`,
    [principal.sessionId, tenantId],
  );
  Object.assign(principal, { signedInBy: "sso", passwordAt: null, ssoTenantId: tenantId ?? randomUUID() });
}

/** Identifies the session anew, as the next request does. */
async function identifyAgain({ principal }: Somebody): Promise<void> {
  const [row] = await server.database.query<{ at: Date }>("select authenticated_at as at from sessions where session_id = $1", [
    principal.sessionId,
  ]);
  if (row) principal.authenticatedAt = row.at;
}

/** What has happened to them: the conditions of conditions.ts, and changes that need no condition because there is no member left. */
const BECAME: Record<string, (somebody: Somebody) => Promise<unknown>> = {
  nothing: async () => {},
  suspended: ({ workspace, person }) =>
    server.database.query("update members set status = 'suspended' where tenant_id = $1 and account_id = $2", [
      workspace.tenantId,
      person.accountId,
    ]),
  session_expired_here: ({ workspace, principal }) =>
    server.database.query(
      `with limits as (update tenants set session_idle_minutes = 15 where tenant_id = $1),
        seen as (update member_sessions set last_seen_at = now() - interval '16 minutes' where tenant_id = $1)
      update sessions set authenticated_at = now() - interval '1 hour' where session_id = $2`,
      [workspace.tenantId, principal.sessionId],
    ),
  "session too old": ({ workspace, principal }) =>
    server.database.query(
      `with limits as (update tenants set session_absolute_minutes = 60 where tenant_id = $1)
      update sessions set authenticated_at = now() - interval '61 minutes' where session_id = $2`,
      [workspace.tenantId, principal.sessionId],
    ),
  "session ended by an admin": ({ workspace, principal }) =>
    server.database.query("update member_sessions set ended_at = now() where tenant_id = $1 and session_id = $2", [
      workspace.tenantId,
      principal.sessionId,
    ]),
  sso_elsewhere: ({ principal }) => asIfBySso(principal, null),
  "sso_required for its own session": ({ principal, workspace }) => asIfBySso(principal, workspace.tenantId),
  sso_required: ({ workspace }) =>
    server.database.query(
      `with required as (update tenants set sso_policy = 'required' where tenant_id = $1)
      insert into domains (tenant_id, domain_id, domain, token, state, claimed_by_name)
        values ($1, gen_random_uuid(), 'example.com', 'token', 'verified', 'Olga')`,
      [workspace.tenantId],
    ),
  mfa_required: async ({ workspace }) =>
    server.database.query("update tenants set mfa_policy = 'enforced' where tenant_id = $1", [workspace.tenantId]),
  removed: ({ workspace, person }) =>
    server.database.query("delete from members where tenant_id = $1 and account_id = $2", [workspace.tenantId, person.accountId]),
  "signed out": ({ principal }) => server.database.query("delete from sessions where session_id = $1", [principal.sessionId]),
  "workspace deleted": ({ workspace }) => owner.post(`${workspace.path}/deletion`, { slug: workspace.slug }),
};

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "in",
    (error: { code?: string }) => error.code ?? String(error),
  );
const origin = { ipAddress: null, userAgent: null };

/** Every way in, and how it answers. */
const WAYS: Record<string, (somebody: Somebody) => Promise<string>> = {
  "a request": async ({ person, workspace }) => (await person.get(`${workspace.path}/channels`)).code ?? "in",
  "a logo for a page outside": async ({ person, workspace, logoId }) =>
    (await person.get(`${workspace.path}/logos/${logoId}`)).code ?? "in",
  "a download that goes on": ({ workspace, principal }) =>
    codeOf(reenter({ services, tenantId: workspace.tenantId, principal }, async () => {})),
  "a change behind the roster lock": ({ workspace, stale }) =>
    codeOf(services.database.withTenant(workspace.tenantId, (tx) => behindRosterLock({ ...stale, ...tx, audit: stale.audit }))),
  "opening the gateway": async ({ person, workspace }) => {
    const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${workspace.slug}/gateway`;
    const client = connectClient(url, { cookie: person.cookieHeader() });
    const answer = await Promise.race([client.opened().then(() => "in"), client.closed().then(() => "refused")]);
    client.close();
    return answer;
  },
  "live audio's re-check": async ({ workspace, principal }) => {
    const [member] = await admitLive(services, workspace.tenantId, [principal]);
    return member ? "in" : "out";
  },
  "the overview": async ({ principal, workspace }) => {
    const { items } = await listMyTenants({ services, principal, origin }, { limit: 50 });
    return items.find(({ slug }) => slug === workspace.slug)?.access ?? "not listed";
  },
  "the activity": async ({ principal, workspace }) => {
    const { items } = await getMyActivity({ services, principal, origin }, { limit: 50 });
    return items.some(({ slug }) => slug === workspace.slug) ? "in" : "not listed";
  },
};

test("each way into a workspace treats a suspended, removed or signed-out member as the table says", async () => {
  const table: string[] = [];
  for (const [became, make] of Object.entries(BECAME)) {
    const somebody = await makeSomebody();
    await make(somebody);
    await identifyAgain(somebody);
    const answers: string[] = [];
    for (const [way, ask] of Object.entries(WAYS)) answers.push(`${way}: ${await ask(somebody)}`);
    table.push(`${became}: ${answers.join("; ")}`);
  }
  expect(table).toMatchInlineSnapshot(`
    [
      "nothing: a request: in; a logo for a page outside: in; a download that goes on: in; a change behind the roster lock: in; opening the gateway: in; live audio's re-check: in; the overview: open; the activity: in",
      "suspended: a request: suspended; a logo for a page outside: suspended; a download that goes on: suspended; a change behind the roster lock: suspended; opening the gateway: refused; live audio's re-check: out; the overview: suspended; the activity: not listed",
      "session_expired_here: a request: session_expired_here; a logo for a page outside: session_expired_here; a download that goes on: in; a change behind the roster lock: session_expired_here; opening the gateway: refused; live audio's re-check: in; the overview: open; the activity: in",
      "session too old: a request: session_expired_here; a logo for a page outside: session_expired_here; a download that goes on: session_expired_here; a change behind the roster lock: session_expired_here; opening the gateway: refused; live audio's re-check: out; the overview: session_expired_here; the activity: not listed",
      "session ended by an admin: a request: session_expired_here; a logo for a page outside: session_expired_here; a download that goes on: session_expired_here; a change behind the roster lock: session_expired_here; opening the gateway: refused; live audio's re-check: out; the overview: session_expired_here; the activity: not listed",
      "sso_elsewhere: a request: not_found; a logo for a page outside: not_found; a download that goes on: not_found; a change behind the roster lock: not_found; opening the gateway: refused; live audio's re-check: out; the overview: not listed; the activity: not listed",
      "sso_required for its own session: a request: sso_required; a logo for a page outside: sso_required; a download that goes on: sso_required; a change behind the roster lock: sso_required; opening the gateway: refused; live audio's re-check: out; the overview: sso_required; the activity: not listed",
      "sso_required: a request: sso_required; a logo for a page outside: sso_required; a download that goes on: sso_required; a change behind the roster lock: sso_required; opening the gateway: refused; live audio's re-check: out; the overview: sso_required; the activity: not listed",
      "mfa_required: a request: mfa_required; a logo for a page outside: mfa_required; a download that goes on: mfa_required; a change behind the roster lock: mfa_required; opening the gateway: refused; live audio's re-check: out; the overview: mfa_required; the activity: not listed",
      "removed: a request: not_found; a logo for a page outside: not_found; a download that goes on: not_signed_in; a change behind the roster lock: not_found; opening the gateway: refused; live audio's re-check: out; the overview: not listed; the activity: not listed",
      "signed out: a request: not_signed_in; a logo for a page outside: not_signed_in; a download that goes on: not_signed_in; a change behind the roster lock: in; opening the gateway: refused; live audio's re-check: out; the overview: open; the activity: in",
      "workspace deleted: a request: not_found; a logo for a page outside: not_found; a download that goes on: not_signed_in; a change behind the roster lock: not_found; opening the gateway: refused; live audio's re-check: out; the overview: not listed; the activity: not listed",
    ]
  `);
});

test("every condition of conditions.ts has a row in the table", () => {
  expect(Object.keys(BECAME)).toEqual(expect.arrayContaining(Object.keys(CONDITIONS)));
});
