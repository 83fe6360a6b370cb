/** Whatever is asked of a tenant while it is deleted: it is answered, it leaves nothing behind, and it is in nobody's way. */
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { beforeEach, expect, test } from "vitest";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { fastifyPath } from "../platform/http/endpoint-schema.ts";
import { type Call, OPERATIONS } from "../testing/every-operation.ts";
import { furnish, type Furnished } from "../testing/furnish.ts";
import type { Answer, HttpClient } from "../testing/http.ts";
import { freshEmail, freshSlug, PASSWORD } from "../testing/people.ts";
import { meanwhile } from "../testing/roster.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { erasureEnded, findTraces, traces } from "../testing/traces.ts";

const log: string[] = [];
const server = useServer({ logLevel: "warn" }, { write: (line) => void log.push(line) });
beforeEach(() => void log.splice(0));

/** Of those who are in a tenant, or about to be. */
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

function racer(spec: EndpointSpec, who: HttpClient, call: Call, slug: string): Racer {
  const values: Record<string, string> = { slug, ...call.params };
  const path = fastifyPath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? "");
  const options = { body: call.body, ...(call.headers ? { headers: call.headers } : {}) };
  // A download that has begun ends with the tenant.
  const cut = (error: NodeJS.ErrnoException) => {
    if (!spec.success.contentType || error.code !== "ECONNRESET") throw error;
    return { status: spec.success.status, text: "" };
  };
  return { operationId: spec.operationId, send: () => who.send(spec.method, path, options).catch(cut) };
}

/** Every operation as it would succeed; what two of them want is for one of them. */
async function makeReady(tenant: Furnished): Promise<Racer[]> {
  const { owner, guest, workspace, ids } = tenant;
  const racers: Racer[] = [];
  for (const spec of racing) {
    const operation = OPERATIONS[spec.operationId];
    if (!operation) throw new Error(`${spec.operationId} is missing in testing/every-operation.ts`);
    // Its preparation hands the tenant over; here somebody accepts while the owner deletes.
    const own = spec.operationId === "acceptOwnership" ? { who: guest, call: { body: { password: PASSWORD } } } : null;
    const ready = own ??
      (await operation.success?.(server, tenant)) ?? { who: owner, call: operation.calls(ids, workspace.slug)[0] ?? {} };
    racers.push(racer(spec, ready.who, ready.call, workspace.slug));
    if (spec.operationId === "updateTenant") {
      racers.push(racer(spec, owner, { body: { slug: freshSlug("moved") } }, workspace.slug));
    }
  }
  return racers;
}

test("every operation beside the deletion", { timeout: 60_000 }, async () => {
  const tenant = await furnish(server);
  const { owner, guest, workspace } = tenant;
  const racers = await makeReady(tenant);
  const needles = await traces(server, workspace);
  const remove = async (who: HttpClient) => {
    const { slug } = (await who.get(workspace.path)).json ?? {};
    return who.post(`${workspace.path}/deletion`, { slug, password: PASSWORD });
  };
  const removed = remove(owner);
  // The password takes its time: most are under way when the deletion comes.
  const answers = await Promise.all(
    racers.flatMap((of) =>
      [of, of].map(async ({ operationId, send }) => {
        await pause(Math.random() * 250);
        return { operationId, ...(await send()) };
      }),
    ),
  );
  expect(answers.filter(({ status }) => status >= 500).map(({ operationId, text }) => [operationId, text])).toEqual([]);
  // Refused where it was handed over or moved in the very moment: then whoever owns it now deletes it.
  if ((await removed).status !== 202) await Promise.all([owner, guest].map(remove));
  expect((await owner.get(workspace.path)).code).toBe("not_found");
  await erasureEnded(server, workspace);
  expect(log).toEqual([]);
  expect(await findTraces(server, needles)).toEqual([]);
});

test("two erasures that take for ever leave the workers to others, whose turn comes", async () => {
  const [first, second, small] = await Promise.all([furnish(server), furnish(server), furnish(server)]);
  const remove = async ({ owner, workspace: { path, slug } }: Furnished) =>
    expect((await owner.post(`${path}/deletion`, { slug, password: PASSWORD })).status).toBe(202);
  // A request of before that doesn't end: what erases wants to be alone in the tenant.
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

test("who waits for the roster while the tenant is deleted finds it gone, and writes nothing", async () => {
  const { owner, guest, workspace, ids } = await furnish(server);
  await owner.post(`${workspace.path}/ownership-offer`, { memberId: ids.memberId, password: PASSWORD });
  const asks: Array<() => Promise<Answer>> = [
    () => owner.post(`${workspace.path}/invitations`, { email: freshEmail("late"), roleId: ids.roleId }),
    () => owner.post(`${workspace.path}/members/suspensions`, { memberIds: [ids.memberId] }),
    () => owner.patch(workspace.path, { slug: freshSlug("late") }),
    () => guest.post(`${workspace.path}/ownership-offer/acceptance`, { password: PASSWORD }),
    () => owner.post(`${workspace.path}/deletion`, { slug: workspace.slug, password: PASSWORD }),
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
