/** PostgreSQL's plans on a server that has just begun to bill, when the tables are still empty. */
import { sql } from "kysely";
import { expect, test } from "vitest";
import { makeWorkspace, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { findReceivables } from "./store.ts";

const server = useServer();

test("plans that are made while there are no documents find open invoices and the balance by index", async () => {
  const { database, close } = await openServices(server);
  try {
    const { tenantId } = await makeWorkspace(await signUpPerson(server, "Olga"));
    await server.database.query("vacuum analyze invoices, ledger_entries");
    const plans = await database.withTenant(tenantId, async (tx) => {
      const { db } = tx;
      await findReceivables(tx);
      const { rows: prepared } = await sql<{
        name: string;
        text: string;
      }>`select name, statement as text from pg_prepared_statements
        where name in ('find the balance', 'list open invoices') order by name`.execute(db);
      const planOf = async ({ name, text }: { name: string; text: string }) => {
        const lines = await sql<{ "QUERY PLAN": string }>`explain ${sql.raw(text.replaceAll(/\$\d+/g, "'cash'"))}`.execute(db);
        return [name, lines.rows.map((line) => /Seq Scan on \w+/.exec(line["QUERY PLAN"])?.[0]).filter(Boolean)];
      };
      return Promise.all(prepared.map(planOf));
    });
    expect(plans).toEqual([
      ["find the balance", []],
      ["list open invoices", []],
    ]);
  } finally {
    await close();
  }
});
