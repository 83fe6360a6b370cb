/** Every change of a tenant is written to its audit log in the same transaction: each operation is tried. */
import { beforeAll, expect, test } from "vitest";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { CHECK_DOMAINS } from "../domains/jobs.ts";
import { fastifyPath } from "../platform/http/endpoint-schema.ts";
import { type Call, OPERATIONS } from "../testing/every-operation.ts";
import { furnish, type Furnished } from "../testing/furnish.ts";
import type { Answer, HttpClient } from "../testing/http.ts";
import { jobsSettled, useNoJob } from "../testing/jobs.ts";
import { useStripe } from "../billing/payments/testing/use-stripe.ts";
import { useServer } from "../testing/server.ts";
import { tablesWithTenantId } from "../testing/tenant-state.ts";
import { openServices } from "../testing/transmissions.ts";
import { verifyLog } from "./verify.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
useNoJob(server, CHECK_DOMAINS); // it would change what a refused operation must not
let tenant: Furnished;
beforeAll(async () => {
  tenant = await furnish(server);
});

const actionsOf = async (tenantId: string) =>
  (
    await server.database.query<{ action: string }>("select action from audit_log where tenant_id = $1 order by sequence", [
      tenantId,
    ])
  ).map(({ action }) => action);

/** Tables whose rows are no change of the tenant: the log itself, sessions, sign-ins and payments in progress, and quotes. */
const PASSING = new Set([
  ...["audit_log", "audit_heads", "member_sessions", "directory_sso_transactions", "billing_quotes"],
  ...["payment_accounts", "payment_attempts", "directory_payments"],
]);

/** All rows of every tenant, by table, except the log and the last-seen times. */
async function rows(): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const table of await tablesWithTenantId(server.database)) {
    if (PASSING.has(table)) continue;
    const [row] = await server.database.query<{ hash: string }>(
      `select md5(coalesce(string_agg(of, E'\\n' order by of), '')) as hash
        from (select (to_jsonb(t) - '{last_seen_at,last_visit_at}'::text[])::text as of from ${table} t) of_table`,
    );
    state[table] = row?.hash ?? "";
  }
  return state;
}

interface Prepared {
  who: HttpClient;
  call: Call;
  tenantOf: ((answer: Answer) => string) | undefined;
}

/** Prepares what the operation needs. */
async function prepare({ operationId }: EndpointSpec): Promise<Prepared> {
  const operation = OPERATIONS[operationId];
  if (!operation) throw new Error(`${operationId} is missing in testing/every-operation.ts`);
  const { who, call, tenantOf } = (await operation.success?.(server, tenant)) ?? {
    who: tenant.owner,
    call: operation.calls(tenant.ids, tenant.workspace.slug)[0] ?? {},
    tenantOf: undefined,
  };
  // Signing in and queued jobs of earlier operations write entries too, so they are done before the operation.
  await who.get(tenant.workspace.path);
  await jobsSettled(server);
  return { who, call, tenantOf };
}

function send(spec: EndpointSpec, { who, call }: Prepared): Promise<Answer> {
  const values: Record<string, string> = { slug: tenant.workspace.slug, ...call.params };
  const path = fastifyPath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? "");
  return who.send(spec.method, path, { body: call.body, ...(call.headers ? { headers: call.headers } : {}) });
}

const audited = ENDPOINTS.filter((spec): spec is EndpointSpec & { audits: readonly string[] } => Array.isArray(spec.audits));
const silent = ENDPOINTS.filter(({ audits }) => !Array.isArray(audits));

test("every operation that changes something declares its log entries, or why it has none", () => {
  const mute = ENDPOINTS.filter(({ method, audits }) => method !== "GET" && audits === undefined);
  expect(mute.map(({ operationId }) => operationId)).toEqual([]);
});

test.each(silent.map((spec) => [spec.operationId, spec] as const))("%s makes no entry and changes nothing", async (id, spec) => {
  // It removes the log itself.
  if (id === "deleteTenant") return;
  const prepared = await prepare(spec);
  const before = [await rows(), await actionsOf(tenant.workspace.tenantId)];
  await send(spec, prepared);
  expect([await rows(), await actionsOf(tenant.workspace.tenantId)]).toEqual(before);
});

test.each(audited.map((spec) => [spec.operationId, spec] as const))(
  "%s changes nothing when its entry cannot be written, and is in the log when it can",
  async (id, spec) => {
    const prepared = await prepare(spec);
    const { tenantId } = tenant.workspace;
    const before = { rows: await rows(), log: await actionsOf(tenantId) };
    await server.database.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$;
      create trigger refuse before insert on audit_log for each statement execute function refuse()`);
    try {
      expect((await send(spec, prepared)).status).toBe(500);
    } finally {
      await server.database.query("drop trigger refuse on audit_log; drop function refuse()");
    }
    expect({ rows: await rows(), log: await actionsOf(tenantId) }).toEqual(before);

    const next = OPERATIONS[id]?.once ? await prepare(spec) : prepared;
    const logBefore = await actionsOf(tenantId);
    const answer = await send(spec, next);
    expect([answer.status, answer.text]).toEqual([spec.success.status, expect.any(String)]);
    const log = next.tenantOf ? await actionsOf(next.tenantOf(answer)) : (await actionsOf(tenantId)).slice(logBefore.length);
    const written = log.filter((action) => action !== "session.signed_in");
    expect(written.length).toBeGreaterThan(0);
    expect(spec.audits).toEqual(expect.arrayContaining(written));
  },
);

test("after every operation the audit log is intact", async () => {
  const services = await openServices(server);
  expect(await verifyLog(services.database, tenant.workspace.tenantId)).toMatchObject({ fault: null });
  await services.close();
});
