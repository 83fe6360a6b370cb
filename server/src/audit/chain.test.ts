/** Entries are appended in order and without gaps, in the transaction of the change they record, and their hashes match what is read back. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import type { Services } from "../services.ts";
import { type Actor, type AuditEvent, openAudit } from "./audit.ts";
import type { Changes } from "./chain.ts";
import { verifyLog } from "../audit-log/verify.ts";

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

test("forty simultaneous changes are logged one after the other, without a gap", async () => {
  const before = (await verdict()).intact;
  const responses = await Promise.all(
    Array.from({ length: 40 }, (_, index) => owner.post(`${workspace.path}/channels`, { name: `Channel ${index}` })),
  );
  expect(responses.every(({ status }) => status === 201)).toBe(true);
  expect(await verdict()).toMatchObject({ intact: before + 40, fault: null });
  const times = await server.database.query<{ ordered: boolean }>(
    "select occurred_at >= lag(occurred_at, 1, occurred_at) over (order by sequence) as ordered from audit_log where tenant_id = $1",
    [workspace.tenantId],
  );
  expect(times.every(({ ordered }) => ordered)).toBe(true);
});

test("a rolled-back transaction leaves no entry and no gap, and the next entry takes its number", async () => {
  const before = await verdict();
  const failing = services.database.withTenant(workspace.tenantId, async (tx) => {
    openAudit(tx, somebody).record(event("undone"));
    tx.beforeCommit(() => Promise.reject(new Error("at the last moment")));
  });
  await expect(failing).rejects.toThrow("at the last moment");
  expect(await verdict()).toEqual(before);
  await services.database.withTenant(workspace.tenantId, async (tx) => openAudit(tx, somebody).record(event("done")));
  expect(await verdict()).toMatchObject({ intact: before.intact + 1, fault: null });
  expect((await names()).at(-1)).toBe("done");
});

test("an entry recorded by a beforeCommit effect is in the log, and recording one after the commit is an error", async () => {
  await services.database.withTenant(workspace.tenantId, async (tx) => {
    openAudit(tx, somebody).record(event("first"));
    tx.beforeCommit(async () => openAudit(tx, somebody).record(event("last-minute")));
  });
  expect((await names()).slice(-2)).toEqual(["first", "last-minute"]);
  const late = services.database.withTenant(workspace.tenantId, async (tx) => {
    tx.afterCommit(() => openAudit(tx, somebody).record(event("late")));
  });
  await expect(late).rejects.toThrow(TypeError);
  expect(await names()).not.toContain("late");
});

test("more entries than fit into one statement are logged together", async () => {
  const before = (await verdict()).intact;
  await services.database.withTenant(workspace.tenantId, async (tx) => {
    for (let index = 0; index < 5_100; index += 1) openAudit(tx, somebody).record(event(`bulk ${index}`));
  });
  expect(await verdict()).toMatchObject({ intact: before + 5_100, fault: null });
});

test("when the clock goes back, entries keep the clock's time and the chain is intact", async () => {
  const before = (await verdict()).intact;
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2001-01-01T00:00:00.123Z") });
  try {
    await services.database.withTenant(workspace.tenantId, async (tx) => openAudit(tx, somebody).record(event("long ago")));
  } finally {
    vi.useRealTimers();
  }
  await makeChannel(owner, workspace, { name: "Now again" });
  expect(await verdict()).toMatchObject({ intact: before + 2, fault: null });
  const { items } = (await owner.get(`${workspace.path}/audit-log?to=2001-01-01`)).json;
  expect(items).toMatchObject([{ occurredAt: "2001-01-01T00:00:00.123Z", target: { name: "long ago" } }]);
});

test("any text and any JSON in an entry is read back as it was hashed", async () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 50 }),
    fc.string({ unit: "grapheme", maxLength: 50 }),
    // Halves of surrogate pairs and null characters, which PostgreSQL can't store.
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
        openAudit(tx, { ...somebody, name: actor, userAgent }).record(event(name, { field: { from, to } as never })),
      );
    }),
    { numRuns: 300 },
  );
  expect(await verdict()).toMatchObject({ fault: null });
  const listed = await owner.get(`${workspace.path}/audit-log?limit=200`);
  expect(listed.status).toBe(200);
});
