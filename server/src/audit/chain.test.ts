/** Appending: in order, without gaps, in one piece with what it tells, and stable from what is hashed to what comes back. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import type { Services } from "../services.ts";
import { type Actor, type AuditEvent, record } from "./audit.ts";
import type { Changes } from "./chain.ts";
import { verifyLog } from "./verify.ts";

const server = useServer();
let services: Services & { close(): Promise<void> };
let owner: Person;
let workspace: Workspace;

beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
});
afterAll(() => services.close());

const somebody: Actor = { memberId: null, name: "Somebody", ipAddress: "2001:db8::1", userAgent: null };
const event = (name: string, changes: Changes = {}): AuditEvent => ({
  action: "workspace.edited",
  target: { type: "workspace", id: workspace.tenantId, name },
  changes,
});
const verdict = async () => verifyLog(services.database, workspace.tenantId);
const names = async () =>
  (
    await server.database.query<{ target_name: string }>(
      "select target_name from audit_log where tenant_id = $1 order by sequence",
      [workspace.tenantId],
    )
  ).map((row) => row.target_name);

test("forty who write at once stand one after the other, without a gap", async () => {
  const before = (await verdict()).whole;
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, index) => owner.post(`${workspace.path}/channels`, { name: `Channel ${index}` })),
  );
  expect(made.every(({ status }) => status === 201)).toBe(true);
  expect(await verdict()).toMatchObject({ whole: before + 40, fault: null });
  const times = await server.database.query<{ ordered: boolean }>(
    "select occurred_at >= lag(occurred_at, 1, occurred_at) over (order by sequence) as ordered from audit_log where tenant_id = $1",
    [workspace.tenantId],
  );
  expect(times.every(({ ordered }) => ordered)).toBe(true);
});

test("what is undone leaves no entry and no gap, and the next one stands in its place", async () => {
  const before = await verdict();
  const failing = services.database.withTenant(workspace.tenantId, async (tx) => {
    record(tx, somebody, event("undone"));
    tx.beforeCommit(() => Promise.reject(new Error("at the last moment")));
  });
  await expect(failing).rejects.toThrow("at the last moment");
  expect(await verdict()).toEqual(before);
  await services.database.withTenant(workspace.tenantId, async (tx) => record(tx, somebody, event("done")));
  expect(await verdict()).toMatchObject({ whole: before.whole + 1, fault: null });
  expect((await names()).at(-1)).toBe("done");
});

test("what a last-minute effect records is in the log too; what comes after the commit is an error, not silence", async () => {
  await services.database.withTenant(workspace.tenantId, async (tx) => {
    record(tx, somebody, event("first"));
    tx.beforeCommit(async () => record(tx, somebody, event("last-minute")));
  });
  expect((await names()).slice(-2)).toEqual(["first", "last-minute"]);
  const late = services.database.withTenant(workspace.tenantId, async (tx) => {
    tx.afterCommit(() => record(tx, somebody, event("late")));
  });
  await expect(late).rejects.toThrow(TypeError);
  expect(await names()).not.toContain("late");
});

test("more entries at once than a statement has room for", async () => {
  const before = (await verdict()).whole;
  await services.database.withTenant(workspace.tenantId, async (tx) => {
    for (let index = 0; index < 5_100; index += 1) record(tx, somebody, event(`bulk ${index}`));
  });
  expect(await verdict()).toMatchObject({ whole: before + 5_100, fault: null });
});

test("a clock that goes back: the log says what the clock said, and is whole", async () => {
  const before = (await verdict()).whole;
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2001-01-01T00:00:00.123Z") });
  try {
    await services.database.withTenant(workspace.tenantId, async (tx) => record(tx, somebody, event("long ago")));
  } finally {
    vi.useRealTimers();
  }
  await makeChannel(owner, workspace, { name: "Now again" });
  expect(await verdict()).toMatchObject({ whole: before + 2, fault: null });
  const { items } = (await owner.get(`${workspace.path}/audit-log?to=2001-01-01`)).json;
  expect(items).toMatchObject([{ occurredAt: "2001-01-01T00:00:00.123Z", target: { name: "long ago" } }]);
});

test("whatever stands in an entry, what was hashed is what comes back", { timeout: 60_000 }, async () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 50 }),
    fc.string({ unit: "grapheme", maxLength: 50 }),
    // Halves of surrogate pairs and null characters: PostgreSQL has neither.
    fc.array(fc.constantFrom("\0", "\ud800", "\udfff", "a", "\u2028", '"', "\\", "\n")).map((parts) => parts.join("")),
    fc.constant("x".repeat(20_000)),
  );
  const odd = fc.constantFrom<unknown>(true, false, null, undefined, -0, 1e21, 5e-324, 0.1, Number.NaN, new Date(0));
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      anything,
      fc.double(),
      fc.maxSafeInteger(),
      odd,
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 5 }), tie("json"), { maxKeys: 3 }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(anything, anything, anything, json, json, async (name, actor, userAgent, from, to) => {
      await services.database.withTenant(workspace.tenantId, async (tx) =>
        record(tx, { ...somebody, name: actor, userAgent }, event(name, { field: { from, to } as never })),
      );
    }),
    { numRuns: 300 },
  );
  expect(await verdict()).toMatchObject({ fault: null });
  const listed = await owner.get(`${workspace.path}/audit-log?limit=200`);
  expect(listed.status).toBe(200);
});
