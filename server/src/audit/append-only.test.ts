/** How the database itself keeps the audit log append-only: raw SQL as each of the two serving roles, in their own tenant. */
import { createHash } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareDatabase } from "../platform/db/prepare.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { makeWorkspace, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const DENIED = "42501";
const NO_GAPS = "23001";
const TAKEN = "23505";

const server = useServer();
let clients: Record<"app" | "platform", pg.Client>;
let tenantId: string;
let end: number;

beforeAll(async () => {
  const urls = await prepareDatabase(server.database.ownerUrl, MASTER_KEY);
  clients = {
    app: new pg.Client({ connectionString: urls.app }),
    platform: new pg.Client({ connectionString: urls.platform }),
  };
  await Promise.all(Object.values(clients).map((client) => client.connect()));
  ({ tenantId } = await makeWorkspace(await signUpPerson(server, "Olga")));
  const [head] = await server.database.query<{ sequence: string }>("select sequence from audit_heads where tenant_id = $1", [
    tenantId,
  ]);
  end = Number(head?.sequence);
  expect(end).toBeGreaterThanOrEqual(2);
});
afterAll(() => Promise.all(Object.values(clients).map((client) => client.end())));

/** Runs SQL in the tenant, in a transaction that is rolled back. @returns "done", or the SQLSTATE */
async function attempt(role: "app" | "platform", sql: string): Promise<string> {
  const client = clients[role];
  await client.query("begin");
  try {
    await client.query("select set_config('whoot.tenant_id', $1, true)", [tenantId]);
    await client.query(sql);
    return "done";
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.query("rollback");
  }
}

const entry = (sequence: number, hash = createHash("sha256").update(String(sequence)).digest("hex")) =>
  `('${tenantId}', ${sequence}, now(), 'workspace.edited', null, 'Nobody', 'workspace', null, 'Forged', null, null, '{}', '\\x${hash}')`;

describe.each(["app", "platform"] as const)("as whoot_%s", (role) => {
  test.each([
    "update audit_log set actor_name = 'Somebody else'",
    "update audit_log set hash = hash",
    "update audit_log set sequence = sequence + 1",
    "delete from audit_log",
    "truncate audit_log",
    "alter table audit_log disable trigger all",
    "drop trigger extend_chain on audit_log",
    "create or replace function extend_audit_chain() returns trigger language plpgsql as 'begin return null; end'",
    "set session_replication_role = replica",
    "update audit_heads set sequence = 0",
    "update audit_heads set hash = '\\x'",
    "select from audit_heads for update",
  ])("%s is refused", async (sql) => {
    expect(await attempt(role, sql)).toBe(DENIED);
  });

  test("an entry can only be added at the end of the log", async () => {
    expect(await attempt(role, `insert into audit_log values ${entry(end + 1)}`)).toBe("done");
    expect(await attempt(role, `insert into audit_log values ${entry(end + 1)}, ${entry(end + 2)}`)).toBe("done");
    // A gap, a gap inside one statement, and the place of an existing entry.
    expect(await attempt(role, `insert into audit_log values ${entry(end + 2)}`)).toBe(NO_GAPS);
    expect(await attempt(role, `insert into audit_log values ${entry(end + 1)}, ${entry(end + 3)}`)).toBe(NO_GAPS);
    expect(await attempt(role, `insert into audit_log values ${entry(end)}`)).toBe(TAKEN);
    expect(await attempt(role, `insert into audit_log values ${entry(end)} on conflict do nothing`)).toBe("done");
    expect(
      await attempt(
        role,
        `insert into audit_log values ${entry(end)} on conflict (tenant_id, sequence) do update set action = 'x'`,
      ),
    ).toBe(DENIED);
  });

  test("the end of the chain cannot be replaced while the tenant exists", async () => {
    const anew = `delete from audit_heads; insert into audit_heads (tenant_id) values ('${tenantId}')`;
    expect(await attempt(role, anew)).toBe(role === "app" ? DENIED : NO_GAPS);
    expect(await attempt(role, `insert into audit_heads values ('${tenantId}', 7, '\\x')`)).toBe(DENIED);
  });
});

test("without a tenant set, no audit entry can be added and no chain locked", async () => {
  for (const client of Object.values(clients)) {
    expect((await client.query("select * from lock_audit_head()")).rows).toEqual([]);
    await expect(client.query(`insert into audit_log values ${entry(end + 1)}`)).rejects.toMatchObject({ code: DENIED });
  }
});
