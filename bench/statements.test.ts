/**
 * Benches furnish tables by SQL of their own, and rewrite the statements of the server's queries. They run too seldom to notice a
 * change of either; this finds in a second what would stop them minutes into a run.
 */
import pg from "pg";
import { expect, inject, test } from "vitest";
import { TENANT_TABLES } from "../server/src/platform/db/tenant-data.ts";
import { servingUrls } from "../server/src/platform/db/prepare.ts";
import { MASTER_KEY } from "../server/src/testing/master-key.ts";
import { makeWorkspace, signUpPerson } from "../server/src/testing/people.ts";
import { useServer } from "../server/src/testing/server.ts";
import { bareSql, FURNISH } from "./list-channels.ts";
import { type Statement, statementsOf, writeOut } from "./statements.ts";
import { furnish } from "./tenants-furnish.ts";
import { casesFor } from "./tenants-rls.ts";

const server = useServer();

/** What the statements find in the tenant, as somebody who is in no other: [] where nothing is found. */
async function rowsOf(url: string, tenantId: string, statements: Statement[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('whoot.tenant_id', $1, true)", [tenantId]);
    const rows: unknown[] = [];
    for (const statement of statements) rows.push(...(await client.query(statement)).rows);
    return rows;
  } finally {
    await client.end();
  }
}

/** Without a condition on each, the rows of all tenants would be read, and the same be found. */
const tablesIn = (text: string) =>
  TENANT_TABLES.reduce((sum, { table }) => sum + text.split(new RegExp(`(?:from|join) "?${table}\\b`)).length - 1, 0);
const conditionsOn = (text: string) => text.split(/tenant_id"? = /).length - 1;

test("every statement finds in furnished tenants the same by the policies as with the tenant written out", async () => {
  const superuser = new URL(inject("adminUrl"));
  superuser.pathname = `/${server.database.name}`;
  const { app } = servingUrls(server.database.ownerUrl, MASTER_KEY);
  const { slug: huge } = await makeWorkspace(await signUpPerson(server, "Owner", "owner@example.com"));
  await furnish(superuser.href, huge, 3, { members: 30, channels: 8, entries: 30 });

  for (const slug of ["client-2", huge]) {
    const [somebody] = await server.database.query<{ tenantId: string; memberId: string; accountId: string; sessionId: string }>(
      `select tenant_id as "tenantId", member_id as "memberId", account_id as "accountId", session_id as "sessionId"
       from tenants join members using (tenant_id) join member_sessions using (tenant_id, member_id) where slug = $1 limit 1`,
      [slug],
    );
    const { tenantId } = somebody!;
    for (const of of casesFor(somebody!)) {
      const statements = await statementsOf(of.ask);
      const found = await rowsOf(app, tenantId, statements);
      expect(found, `${of.name} of ${slug}`).not.toEqual([]);
      const writtenOut = writeOut(statements, of.writtenOut, tenantId);
      for (const { text } of writtenOut) expect(conditionsOn(text), `${of.name}: ${text}`).toBeGreaterThanOrEqual(tablesIn(text));
      const plain = await rowsOf(superuser.href, tenantId, writtenOut);
      expect(plain, `${of.name} of ${slug}, written out`).toEqual(found);
    }
  }
});

test("the bare route's list of channels is one tenant's", async () => {
  await server.database.query("truncate tenants cascade");
  await server.database.query(FURNISH);
  const [neighbour] = await server.database.query<{ tenantId: string }>(
    `select tenant_id as "tenantId" from tenants where slug = 'neighbour-7'`,
  );
  const rows = await server.database.query(await bareSql(), [neighbour!.tenantId]);
  expect(rows).toHaveLength(19);
});
