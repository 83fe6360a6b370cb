/** A stranger tries every operation of the contract: each answers as if the tenant, or the id, had never existed. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Call, OPERATIONS, randomIds } from "./testing/every-operation.ts";
import type { Ids } from "./testing/furnish.ts";
import { furnish, type Furnished } from "./testing/furnish.ts";
import { type Answer, type HttpClient, httpClient } from "./testing/http.ts";
import { freshSlug, type Person, signUpPerson, type Workspace } from "./testing/people.ts";
import { useStripe } from "./billing/payments/testing/use-stripe.ts";
import { useServer } from "./testing/server.ts";
import { tenantState } from "./testing/tenant-state.ts";

interface Documented {
  operationId: string;
  method: string;
  path: string;
  success: number;
}

const openapi = JSON.parse(readFileSync(new URL("../../contract/openapi.json", import.meta.url), "utf8")) as {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
};
const documented: Documented[] = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId, responses }]) => ({
    operationId,
    method: method.toUpperCase(),
    path,
    success: Number(Object.keys(responses).find((status) => Number(status) < 300)),
  })),
);
const inTenants = documented.filter(({ operationId }) => !OPERATIONS[operationId]?.aboveTenants);
const aboveTenants = documented.filter(({ operationId }) => OPERATIONS[operationId]?.aboveTenants);
const carriesIds = inTenants.filter(({ operationId }) => {
  const calls = OPERATIONS[operationId]?.calls(randomIds(), "slug") ?? [];
  return /"[0-9a-f]{8}-/.test(JSON.stringify(calls));
});

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
let owner: Person;
let stranger: Person;
let foreignAdmin: Person;
let ours: Furnished;
let victim: Workspace;
let foreign: Workspace;
let victimIds: Ids;
let foreignIds: Ids;

beforeAll(async () => {
  let theirs: Furnished;
  [ours, theirs] = await Promise.all([furnish(server), furnish(server)]);
  ({ owner, workspace: victim, ids: victimIds } = ours);
  ({ owner: foreignAdmin, workspace: foreign, ids: foreignIds } = theirs);
  stranger = await signUpPerson(server, "Stranger");
});

function send(client: HttpClient, { method, path }: Documented, slug: string, call: Call): Promise<Answer> {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => (name === "slug" ? slug : (call.params?.[name] ?? "")));
  return client.send(method, filled, { body: call.body, headers: call.headers ?? {} });
}

/** What the caller can see of an answer, except for its time and request id. */
function visible({ status, headers, text }: Answer) {
  const { date: _, ...seen } = headers;
  return { status, headers: seen, body: text.replace(/"requestId":"[^"]*"/, "") };
}

async function expectLikeNeverExisted(client: HttpClient, operation: Documented, tried: [string, Ids], never: [string, Ids]) {
  const { calls } = OPERATIONS[operation.operationId] ?? { calls: () => [] };
  const [real, imagined] = [calls(tried[1], tried[0]), calls(never[1], never[0])];
  expect(real.length).toBeGreaterThan(0);
  for (const [index, call] of real.entries()) {
    const answer = await send(client, operation, tried[0], call);
    expect(visible(answer)).toEqual(visible(await send(client, operation, never[0], imagined[index] as Call)));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  }
}

test("every operation of openapi.json has a call in the table, and the table has no others", () => {
  expect(Object.keys(OPERATIONS).sort()).toEqual(documented.map(({ operationId }) => operationId).sort());
});

describe("a stranger sees nothing of the tenant and changes nothing in it", () => {
  let before: Record<string, string>;
  beforeAll(async () => {
    before = await tenantState(server, victim.tenantId);
    expect(Object.keys(before).some((name) => name.startsWith("file "))).toBe(true);
  });

  test.each(inTenants)("$method $path, by an anonymous client", async (operation) => {
    const anonymous = httpClient(server.url);
    await expectLikeNeverExisted(anonymous, operation, [victim.slug, victimIds], [freshSlug("never"), randomIds()]);
    expect(await send(anonymous, operation, victim.slug, {})).toMatchObject({ status: 401, code: "not_signed_in" });
  });

  test.each(inTenants)("$method $path, by a person without a workspace", async (operation) => {
    await expectLikeNeverExisted(stranger, operation, [victim.slug, victimIds], [freshSlug("never"), randomIds()]);
    // Answered before the body is read.
    const garbage = { ...(OPERATIONS[operation.operationId]?.calls(victimIds, victim.slug)[0] as Call), body: "{" };
    expect(await send(stranger, operation, victim.slug, garbage)).toMatchObject({ status: 404, code: "not_found" });
  });

  test.each(inTenants)("$method $path, by another tenant's owner", async (operation) => {
    await expectLikeNeverExisted(foreignAdmin, operation, [victim.slug, victimIds], [freshSlug("never"), randomIds()]);
  });

  test.each(carriesIds)("$method $path of another tenant, by its owner, with ids of the first tenant", async (operation) => {
    await expectLikeNeverExisted(foreignAdmin, operation, [foreign.slug, victimIds], [foreign.slug, randomIds()]);
  });

  test("a PATCH of one's own channel cannot name another tenant's people", async () => {
    const path = `${foreign.path}/channels/${foreignIds.channelId}`;
    for (const [key, theirs] of [
      ["roleIds", victimIds.roleId],
      ["memberIds", victimIds.memberId],
    ] as const) {
      const talkers = { roleIds: [], memberIds: [], [key]: [theirs] };
      const answer = await foreignAdmin.patch(path, { talkers });
      const imagined = await foreignAdmin.patch(path, { talkers: { ...talkers, [key]: [randomIds().roleId] } });
      expect(answer.code).toBe("invalid_input");
      expect(visible(answer)).toEqual(visible(imagined));
    }
  });

  test.each(aboveTenants)("$method $path reveals no tenant to a stranger", async (operation) => {
    const browser = httpClient(server.url);
    if (operation.operationId !== "signOut") for (const [name, value] of stranger.cookies) browser.cookies.set(name, value);
    const { calls, tellsSlugs } = OPERATIONS[operation.operationId] ?? { calls: () => [] };
    for (const call of calls(victimIds, victim.slug)) {
      const answer = await send(browser, operation, victim.slug, call);
      expect(answer.status).toBeLessThan(500);
      // Only the operator may read the outbox, which has everybody's mail.
      if (operation.operationId === "listOutbox") continue;
      expect(answer.text).not.toContain(victim.tenantId);
      expect(answer.text).not.toContain(`Workspace ${victim.slug}`);
      if (!tellsSlugs) expect(answer.text).not.toContain(victim.slug);
    }
  });

  test("after all these calls every row and file of the tenant is unchanged", async () => {
    expect(await tenantState(server, victim.tenantId)).toEqual(before);
  });
});

test("the same calls succeed for the tenant's own owner, so the refusals above depend on the caller", async () => {
  const deleting = ["deleteExport", "revokeInvitation", "removeMembers", "deleteChannel", "deleteSsoConnection", "deleteTenant"];
  const rest = inTenants.map(({ operationId }) => operationId).filter((operationId) => !deleting.includes(operationId));
  for (const operationId of [...rest, ...deleting]) {
    const operation = documented.find((other) => other.operationId === operationId) as Documented;
    const call = OPERATIONS[operationId]?.calls(victimIds, victim.slug).at(-1) as Call;
    let answer = await send(owner, operation, victim.slug, call);
    const expected = call.headers?.range ? 206 : operation.success;
    const prepare = OPERATIONS[operationId]?.success;
    // Some calls the owner may not make, or an earlier call has already made. For those, the operation prepares another call.
    if (answer.status !== expected && prepare) {
      const { who, call: another } = await prepare(server, ours);
      answer = await send(who, operation, victim.slug, another);
    }
    expect([operationId, answer.status]).toEqual([operationId, expected]);
  }
});
