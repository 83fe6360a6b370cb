/** Somebody with full access to the database changes the log: in every case, the check names the first broken entry. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { appendEntries } from "../testing/audit-log.ts";
import { makeWorkspace, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import type { Services } from "../services.ts";
import { type NotedHead, verifyLog } from "./verify.ts";

const ENTRIES = 12;

const server = useServer();
let services: Services & { close(): Promise<void> };
let tenantId: string;
let other: string;
let head: NotedHead;

beforeAll(async () => {
  services = await openServices(server);
  const owner = await signUpPerson(server, "Olga");
  [{ tenantId }, { tenantId: other }] = [await makeWorkspace(owner), await makeWorkspace(owner)];
  for (const [id, count] of [
    [tenantId, ENTRIES - 2],
    [other, 30],
  ] as const) {
    await appendEntries(server.database.ownerUrl, id, count, (index) => ({
      occurredAt: new Date(Date.UTC(2026, 0, 1) + index),
      action: "channel.edited",
      actorMemberId: uuidv7(),
      actorName: `Ada ${index}`,
      targetType: "channel",
      targetId: uuidv7(),
      targetName: `Ops ${index}`,
      ipAddress: "192.0.2.1",
      userAgent: "Test",
      changes: JSON.stringify({ name: { from: index, to: index + 1 } }),
    }));
  }
  ({ head } = await verdict());
  // A copy of the log, to restore it after each attack.
  await server.database.query("create table kept_log as table audit_log; create table kept_heads as table audit_heads");
});
afterAll(() => services.close());

const verdict = (noted?: NotedHead) => verifyLog(services.database, tenantId, { noted });

/** As superuser, with triggers disabled. */
async function tamper(sql: string): Promise<void> {
  await server.database.query(
    `begin; set local session_replication_role = replica; ${sql.replaceAll("$T", `'${tenantId}'`)}; commit`,
  );
}

beforeEach(() =>
  tamper(
    "delete from audit_log; insert into audit_log table kept_log; delete from audit_heads; insert into audit_heads table kept_heads",
  ),
);

test("an unchanged log is intact, also when checked against an earlier end", async () => {
  expect(await verdict()).toEqual({
    intact: ENTRIES,
    head: { sequence: ENTRIES, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    fault: null,
  });
  await tamper("delete from audit_log where tenant_id <> $T");
  expect(await verdict(head)).toMatchObject({ fault: null });
  const [row] = await server.database.query<{ hash: string }>(
    "select encode(hash, 'hex') as hash from audit_log where tenant_id = $1 and sequence = 5",
    [tenantId],
  );
  expect(await verdict({ sequence: 5, hash: row?.hash ?? "" })).toMatchObject({ intact: ENTRIES, fault: null });
});

/** Moves an entry away while others take its place. */
const FAR = 1_000_000;
const shift = `update audit_log set sequence = sequence + ${FAR} where tenant_id = $T and sequence`;
const CHANGED = /doesn't match its hash/;

describe("the check names the first broken entry:", () => {
  test.each([
    ["occurred_at", "occurred_at + interval '1 millisecond'"],
    ["action", "'channel.deleted'"],
    ["actor_member_id", "gen_random_uuid()"],
    ["actor_member_id", "null"],
    ["actor_name", "'Eve'"],
    ["target_type", "'member'"],
    ["target_id", "gen_random_uuid()"],
    ["target_name", "target_name || ' '"],
    ["ip_address", "'198.51.100.7'"],
    ["ip_address", "null"],
    ["user_agent", "''"],
    ["changes", `'{"name":{"from":1}}'`],
    ["changes", "(changes::text || ' ')::json"],
    ["hash", "sha256('forged')"],
  ])("%s set to %s", async (column, value) => {
    await tamper(`update audit_log set ${column} = ${value} where tenant_id = $T and sequence = 7`);
    expect(await verdict()).toMatchObject({ intact: 6, fault: { sequence: 7, says: expect.stringMatching(CHANGED) } });
  });

  test.each([1, 7, ENTRIES])("entry %i deleted", async (sequence) => {
    await tamper(`delete from audit_log where tenant_id = $T and sequence = ${sequence}`);
    expect(await verdict()).toMatchObject({ intact: sequence - 1, fault: { sequence, says: `Entry ${sequence} is missing.` } });
  });

  test("all entries deleted", async () => {
    await tamper("delete from audit_log where tenant_id = $T");
    expect(await verdict()).toMatchObject({ intact: 0, fault: { sequence: 1, says: "Entry 1 is missing." } });
  });

  test.each([
    [4, 9],
    [4, 5],
    [1, 12],
  ])("entries %i and %i swapped", async (one, two) => {
    await tamper(
      `${shift} in (${one}, ${two}); update audit_log set sequence = ${one + two + FAR} - sequence where tenant_id = $T and sequence > ${FAR}`,
    );
    expect(await verdict()).toMatchObject({
      intact: one - 1,
      fault: { sequence: one, says: `Entry ${one} is in the wrong place: it was written as entry ${two}.` },
    });
  });

  test("one deleted and the following ones renumbered", async () => {
    await tamper(
      `delete from audit_log where tenant_id = $T and sequence = 7; ${shift} > 7; update audit_log set sequence = sequence - ${FAR} - 1 where tenant_id = $T and sequence > ${FAR};
       update audit_heads set sequence = sequence - 1 where tenant_id = $T`,
    );
    expect(await verdict()).toMatchObject({ intact: 6, fault: { sequence: 7, says: expect.stringMatching(CHANGED) } });
  });

  test("a forged one inserted and the following ones renumbered", async () => {
    await tamper(
      `${shift} >= 7; update audit_log set sequence = sequence - ${FAR} + 1 where tenant_id = $T and sequence > ${FAR};
       insert into audit_log select tenant_id, 7, occurred_at, action, actor_member_id, 'Eve', target_type, target_id, target_name, ip_address, user_agent, changes, hash
         from audit_log where tenant_id = $T and sequence = 6;
       update audit_heads set sequence = sequence + 1 where tenant_id = $T`,
    );
    expect(await verdict()).toMatchObject({ intact: 6, fault: { sequence: 7, says: expect.stringMatching(CHANGED) } });
  });

  test("an entry and all that follow copied from another tenant", async () => {
    await tamper(
      `delete from audit_log where tenant_id = $T and sequence > 6;
       insert into audit_log select $T, sequence, occurred_at, action, actor_member_id, actor_name, target_type, target_id, target_name, ip_address, user_agent, changes, hash
         from audit_log where tenant_id = '${other}' and sequence > 6;
       update audit_heads set (sequence, hash) = (select sequence, hash from kept_heads where tenant_id = '${other}') where tenant_id = $T`,
    );
    expect(await verdict()).toMatchObject({ intact: 6, fault: { sequence: 7, says: expect.stringMatching(CHANGED) } });
  });

  test("an entry added after the head", async () => {
    await tamper(
      `insert into audit_log select tenant_id, ${ENTRIES + 1}, occurred_at, action, actor_member_id, actor_name, target_type, target_id, target_name, ip_address, user_agent, changes, hash
         from audit_log where tenant_id = $T and sequence = 6`,
    );
    expect(await verdict()).toMatchObject({
      intact: ENTRIES,
      fault: { sequence: ENTRIES + 1, says: expect.stringMatching(/beyond the log's head/) },
    });
  });

  test("the head set back, set forward, given another hash, or deleted", async () => {
    await tamper(
      "update audit_heads set sequence = sequence - 2, hash = (select hash from audit_log where tenant_id = $T and sequence = 10) where tenant_id = $T",
    );
    expect(await verdict()).toMatchObject({
      intact: 10,
      fault: { sequence: 11, says: expect.stringMatching(/beyond the log's head/) },
    });
    await tamper(`update audit_heads set sequence = ${ENTRIES + 3} where tenant_id = $T`);
    expect(await verdict()).toMatchObject({
      intact: ENTRIES,
      fault: { sequence: ENTRIES + 1, says: expect.stringMatching(/is missing/) },
    });
    await tamper(`update audit_heads set sequence = ${ENTRIES}, hash = sha256('x') where tenant_id = $T`);
    expect(await verdict()).toMatchObject({
      intact: ENTRIES,
      fault: { sequence: ENTRIES, says: expect.stringMatching(/head doesn't match/) },
    });
    await tamper("delete from audit_heads where tenant_id = $T");
    expect(await verdict()).toMatchObject({ fault: { says: "The log's head is missing." } });
  });
});

describe("against a noted end", () => {
  const cutOff = `delete from audit_log where tenant_id = $T and sequence > 9;
    update audit_heads set sequence = 9, hash = (select hash from audit_log where tenant_id = $T and sequence = 9) where tenant_id = $T`;

  test("a cut-off tail with the head set back looks intact without the noted end, and is found with it", async () => {
    await tamper(cutOff);
    expect(await verdict()).toMatchObject({ intact: 9, fault: null });
    expect(await verdict(head)).toMatchObject({ intact: 9, fault: { sequence: 10, says: expect.stringMatching(/cut off/) } });
  });

  test("a tail that was rewritten with correct hashes looks intact without the noted end, and is found with it", async () => {
    await tamper(cutOff);
    await appendEntries(server.database.ownerUrl, tenantId, 20, () => ({
      occurredAt: new Date(),
      action: "channel.edited",
      actorMemberId: null,
      actorName: "Eve",
      targetType: "channel",
      targetId: null,
      targetName: "Ops",
      ipAddress: null,
      userAgent: null,
      changes: "{}",
    }));
    expect(await verdict()).toMatchObject({ intact: 29, fault: null });
    expect(await verdict(head)).toMatchObject({
      intact: ENTRIES - 1,
      fault: { sequence: ENTRIES, says: expect.stringMatching(/rewritten/) },
    });
  });
});
