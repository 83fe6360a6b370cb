/** Requests during a deletion: they are answered, leave nothing behind, and do not block other deletions. */
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { beforeEach, expect, test } from "vitest";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { fastifyPath } from "../platform/http/endpoint-schema.ts";
import { type Call, OPERATIONS } from "../testing/every-operation.ts";
import { furnish, type Furnished } from "../testing/furnish.ts";
import type { Answer, HttpClient } from "../testing/http.ts";
import { useNoJob } from "../testing/jobs.ts";
import { freshEmail, freshSlug } from "../testing/people.ts";
import { meanwhile } from "../testing/roster.ts";
import { RECONCILE } from "../billing/payments/reconciling.ts";
import { useStripe } from "../billing/payments/testing/use-stripe.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { erasureEnded, findTraces, traces } from "../testing/traces.ts";

const log: string[] = [];
const stripe = useStripe();
const server = useServer(
  { logLevel: "warn", billing: "sample", stripe: stripe.settings },
  { write: (line) => void log.push(line) },
);
// The payments of the tests are unknown to the stand-in, so a comparison with it would log errors.
useNoJob(server, RECONCILE);
beforeEach(() => void log.splice(0));

/** Warnings of the operations themselves: the gateway request has no Upgrade header, and a rotation may end before the deletion. */
const OWN_WARNINGS = /without an Upgrade header|a tenant's key was replaced/;

/** Operations inside a tenant, and those that enter one. */
const racing = ENDPOINTS.filter(
  ({ operationId, access }) =>
    operationId !== "deleteTenant" &&
    (access === "member" ||
      /^(acceptInvitation|acceptMyInvitation|declineMyInvitation|listMyTenants|getMyActivity)$/.test(operationId)),
);

interface Racer {
  operationId: string;
  send(): Promise<Pick<Answer, "status" | "text">>;
}

function racer(spec: EndpointSpec, client: HttpClient, call: Call, slug: string): Racer {
  const values: Record<string, string> = { slug, ...call.params };
  const path = fastifyPath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? "");
  const options = { body: call.body, ...(call.headers ? { headers: call.headers } : {}) };
  // A running download is cut off when the tenant is deleted.
  const cut = (error: NodeJS.ErrnoException) => {
    if (!spec.success.contentType || error.code !== "ECONNRESET") throw error;
    return { status: spec.success.status, text: "" };
  };
  return { operationId: spec.operationId, send: () => client.send(spec.method, path, options).catch(cut) };
}

/** Prepares every operation so that it would succeed. If two of them need the same resource, only one can. */
async function makeReady(tenant: Furnished): Promise<Racer[]> {
  const { owner, guest, workspace, ids } = tenant;
  const racers: Racer[] = [];
  for (const spec of racing) {
    const operation = OPERATIONS[spec.operationId];
    if (!operation) throw new Error(`${spec.operationId} is missing in testing/every-operation.ts`);
    // The usual preparation hands over the tenant. Here, the guest accepts while the owner deletes.
    const acceptance = spec.operationId === "acceptOwnership" ? { who: guest, call: {} } : null;
    const ready = acceptance ??
      (await operation.success?.(server, tenant)) ?? { who: owner, call: operation.calls(ids, workspace.slug)[0] ?? {} };
    racers.push(racer(spec, ready.who, ready.call, workspace.slug));
    if (spec.operationId === "updateTenant") {
      racers.push(racer(spec, owner, { body: { slug: freshSlug("moved") } }, workspace.slug));
    }
  }
  return racers;
}

/** Sends again what is refused because too much was sent at once: nothing was changed then. */
async function untilServed(send: Racer["send"]): ReturnType<Racer["send"]> {
  for (;;) {
    const answer = await send();
    if (!/too many requests|requests open at once/.test(answer.text)) return answer;
    await pause(1_000);
  }
}

test("no operation that runs during a deletion fails with 5xx or leaves a trace", async () => {
  const tenant = await furnish(server);
  const { owner, guest, workspace } = tenant;
  const racers = await makeReady(tenant);
  const needles = await traces(server, workspace);
  const remove = async (client: HttpClient) => {
    const { slug } = (await client.get(workspace.path)).json ?? {};
    return client.post(`${workspace.path}/deletion`, { slug });
  };
  // Many operations run when the deletion begins.
  const removed = pause(Math.random() * 150).then(() => remove(owner));
  const answers = await Promise.all(
    racers.flatMap((racer) =>
      [racer, racer].map(async ({ operationId, send }) => {
        await pause(Math.random() * 250);
        return { operationId, ...(await untilServed(send)) };
      }),
    ),
  );
  expect(answers.filter(({ status }) => status >= 500).map(({ operationId, text }) => [operationId, text])).toEqual([]);
  // The deletion is refused if the tenant was handed over or moved at that moment. Then the current owner deletes it.
  if ((await removed).status !== 202) await Promise.all([owner, guest].map(remove));
  expect((await owner.get(workspace.path)).code).toBe("not_found");
  await erasureEnded(server, workspace);
  expect(log.filter((line) => !OWN_WARNINGS.test(line))).toEqual([]);
  expect(await findTraces(server, needles)).toEqual([]);
});

test("two erasures that cannot proceed do not keep a third from its turn", async () => {
  const [first, second, small] = await Promise.all([furnish(server), furnish(server), furnish(server)]);
  const remove = async ({ owner, workspace: { path, slug } }: Furnished) =>
    expect((await owner.post(`${path}/deletion`, { slug })).status).toBe(202);
  // A request that does not end blocks the first two erasures, because they need to be alone in the tenant.
  const request = new pg.Client({ connectionString: server.database.ownerUrl });
  await request.connect();
  try {
    await request.query("begin");
    for (const { workspace } of [first, second]) {
      await request.query("select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", [workspace.tenantId]);
    }
    await remove(first);
    await remove(second);
    await remove(small);
    await erasureEnded(server, small.workspace);
  } finally {
    await request.end();
  }
  for (const { workspace } of [first, second]) await erasureEnded(server, workspace);
});

test("requests that wait for the roster lock while the tenant is deleted get not_found and write nothing", async () => {
  const { owner, guest, workspace, ids } = await furnish(server);
  await owner.post(`${workspace.path}/ownership-offer`, { memberId: ids.memberId });
  const asks: Array<() => Promise<Answer>> = [
    () => owner.post(`${workspace.path}/invitations`, { email: freshEmail("late"), roleId: ids.roleId }),
    () => owner.post(`${workspace.path}/members/suspensions`, { memberIds: [ids.memberId] }),
    () => owner.patch(workspace.path, { slug: freshSlug("late") }),
    () => guest.post(`${workspace.path}/ownership-offer/acceptance`),
    () => owner.post(`${workspace.path}/deletion`, { slug: workspace.slug }),
  ];
  for (const ask of asks) {
    await server.database.query("update tenants set deleted_at = null where tenant_id = $1", [workspace.tenantId]);
    const before = await tenantState(server, workspace.tenantId);
    const mark = "update tenants set deleted_at = now() where tenant_id = $1";
    expect(await meanwhile(server, workspace, ask, mark, [workspace.tenantId])).toMatchObject({ status: 404, code: "not_found" });
    await server.database.query("update tenants set deleted_at = null where tenant_id = $1", [workspace.tenantId]);
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
  }
});
