/** Whatever changes a tenant writes what it did into that tenant's audit log, in the same transaction: every operation is tried. */
import { beforeAll, expect, test } from "vitest";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { fastifyPath } from "../platform/http/endpoint-schema.ts";
import { OPERATIONS } from "../testing/every-operation.ts";
import { furnish, type Furnished } from "../testing/furnish.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
let tenant: Furnished;

const actionsOf = async (tenantId: string) =>
  (
    await server.database.query<{ action: string }>("select action from audit_log where tenant_id = $1 order by sequence", [
      tenantId,
    ])
  ).map(({ action }) => action);

const audited = ENDPOINTS.filter((spec): spec is EndpointSpec & { audits: readonly string[] } => Array.isArray(spec.audits));

beforeAll(async () => {
  tenant = await furnish(server);
});

test("every operation that changes something says what it writes, or why nothing", () => {
  const silent = ENDPOINTS.filter(
    ({ method, access, audits }) => method !== "GET" && access === "member" && audits === undefined,
  );
  expect(silent.map(({ operationId }) => operationId)).toEqual([]);
});

test.each(audited.map((spec) => [spec.operationId, spec] as const))("%s is in the log", async (operationId, spec) => {
  const operation = OPERATIONS[operationId];
  if (!operation) throw new Error(`${operationId} is missing in testing/every-operation.ts`);
  const { tenantId, slug } = tenant.workspace;
  const { who, call, tenantOf } = (await operation.success?.(server, tenant)) ?? {
    who: tenant.owner,
    call: operation.calls(tenant.ids, slug)[0] ?? {},
    tenantOf: undefined,
  };
  const values: Record<string, string> = { slug, ...call.params };
  const before = await actionsOf(tenantId);
  const answer = await who.send(
    spec.method,
    fastifyPath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? ""),
    {
      body: call.body,
      ...(call.headers ? { headers: call.headers } : {}),
    },
  );
  expect([answer.status, answer.text]).toEqual([spec.success.status, expect.any(String)]);
  const log = tenantOf ? await actionsOf(tenantOf(answer)) : (await actionsOf(tenantId)).slice(before.length);
  const written = log.filter((action) => action !== "session.signed_in");
  expect(written.length).toBeGreaterThan(0);
  expect(spec.audits).toEqual(expect.arrayContaining(written));
});
