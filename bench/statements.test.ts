/**
 * Benches fill tables by their own SQL and rewrite the server's statements. They run rarely, so this test notices when a change of the
 * schema or of a query breaks them.
 */
import pg from "pg";
import { expect, inject, test } from "vitest";
import { TENANT_TABLES } from "../server/src/testing/tenant-tables.ts";
import { servingUrls } from "../server/src/platform/db/prepare.ts";
import { MASTER_KEY } from "../server/src/testing/master-key.ts";
import { makeWorkspace, signUpPerson } from "../server/src/testing/people.ts";
import { useServer } from "../server/src/testing/server.ts";
import { bareQuery, FURNISH } from "./list-channels.ts";
import { type Statement, statementsOf, writeOut } from "./statements.ts";
import { furnish } from "./tenants-furnish.ts";
import { casesFor } from "./tenants-rls.ts";

const server = useServer();

/** The rows that the statements find while the tenant is set. */
async function rowsOf(url: string, tenantId: string, statements: Statement[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('whoot.tenant_id', $1, true)", [tenantId]);
    const rows: unknown[] = [];
    for (const statement of statements) rows.push(...(await client.query<{ asOf?: Date }>(statement)).rows.map(withoutTime));
    return rows;
  } finally {
    await client.end();
  }
}

/** Leaves out the database's time, which differs at each run. */
const withoutTime = ({ asOf: _, ...row }: { asOf?: Date }) => row;

/** Each table needs a condition on the tenant: without it the statement would read all tenants' rows and still find the same. */
const tablesIn = (text: string) =>
  TENANT_TABLES.reduce((sum, { table }) => sum + text.split(new RegExp(`(?:from|join) "?${table}\\b`)).length - 1, 0);
const conditionsOn = (text: string) => text.split(/tenant_id"? = /).length - 1;

test("each statement of the row-level security bench finds the same rows under the policies and with the tenant written out", async () => {
  const superuser = new URL(inject("adminUrl"));
  superuser.pathname = `/${server.database.name}`;
  const { app } = servingUrls(server.database.ownerUrl, MASTER_KEY);
  const { slug: huge } = await makeWorkspace(await signUpPerson(server, "Owner", "owner@example.com"));
  await furnish(superuser.href, huge, 3, { members: 30, channels: 8, entries: 30 });

  for (const slug of ["client-2", huge]) {
    const [somebody] = await server.database.query<Parameters<typeof casesFor>[0] & { tenantId: string }>(
      `select tenant_id as "tenantId", member_id as "memberId", role_id as "roleId", account_id as "accountId", session_id as "sessionId"
       from tenants join members using (tenant_id) join member_sessions using (tenant_id, member_id) where slug = $1 limit 1`,
      [slug],
    );
    const { tenantId } = somebody!;
    for (const benchCase of casesFor(somebody!)) {
      const statements = await statementsOf(benchCase.ask);
      const found = await rowsOf(app, tenantId, statements);
      expect(found, `${benchCase.name} of ${slug}`).not.toEqual([]);
      const writtenOut = writeOut(statements, benchCase.writtenOut, tenantId);
      for (const { text } of writtenOut)
        expect(conditionsOn(text), `${benchCase.name}: ${text}`).toBeGreaterThanOrEqual(tablesIn(text));
      const plain = await rowsOf(superuser.href, tenantId, writtenOut);
      expect(plain, `${benchCase.name} of ${slug}, written out`).toEqual(found);
    }
  }
});

test("the bare route lists the channels of one tenant only", async () => {
  await server.database.query("truncate tenants cascade");
  await server.database.query(FURNISH);
  const [neighbour] = await server.database.query<{ tenantId: string; memberId: string; roleId: string }>(
    `select tenant_id as "tenantId", owner_member_id as "memberId", admin_role_id as "roleId" from tenants where slug = 'neighbour-7'`,
  );
  const { sql, values } = await bareQuery(neighbour!);
  const rows = await server.database.query<{ chosen: boolean }>(sql, values);
  expect([rows.length, rows.filter(({ chosen }) => chosen).length]).toEqual([19, 5]);
});
