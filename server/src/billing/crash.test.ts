/**
 * Finalising an invoice while its database connection, or the whole process, dies at any point: no document is made twice or lost, and no
 * number is left out.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Batch } from "../platform/db/batch.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { startProcess } from "../testing/process.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { catalogueOf } from "./catalogues.ts";
import { checkLedger } from "./ledger-check.ts";
import { processTenant } from "./lifecycle.ts";
import { begin } from "./reckoning/subscription.ts";
import { TAX, team } from "./testing/at.ts";
import { furnishBilling } from "./testing/furnish.ts";

const server = useServer({ billing: "sample" });
let services: Awaited<ReturnType<typeof openServices>>;
let owner: Person;
beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
});
afterAll(() => services.close());

const FORTY_DAYS = 40 * 86_400;

/** A workspace whose second period has begun and is not invoiced yet. */
async function makeDue(): Promise<Workspace> {
  const workspace = await makeWorkspace(owner);
  const begun = begin(team(10), { now: Math.floor(Date.now() / 1_000) - FORTY_DAYS, tax: TAX });
  await furnishBilling({ admin: server.database, database: services.database }, workspace.tenantId, begun);
  return workspace;
}

/** Counts every row that a document leaves behind. */
async function tracesOf({ tenantId }: Workspace) {
  const [row] = await server.database.query(
    `select (select count(*)::int from invoices where tenant_id = $1) as documents,
       (select string_agg(number, ' ' order by number) from invoices where tenant_id = $1) as numbers,
       (select count(*)::int from billed_periods where tenant_id = $1) as periods,
       (select count(*)::int from billing_lines where tenant_id = $1) as lines,
       (select count(*)::int from ledger_entries where tenant_id = $1) as entries,
       (select count(*)::int from directory_invoices where tenant_id = $1) as numbered,
       (select count(*)::int from audit_log where tenant_id = $1) as audited,
       (select max(revision) from subscriptions where tenant_id = $1) as revision,
       (select last from billing_series join billing_accounts on series_prefix = prefix where tenant_id = $1) as last`,
    [tenantId],
  );
  return row as { documents: number; numbers: string; periods: number; last: number };
}

/** Jobs of the server may send statements meanwhile. Only those of the work count. */
const working = new AsyncLocalStorage<true>();

const SUICIDE = "select pg_terminate_backend(pg_backend_pid())";

/** Has PostgreSQL end the connection right after the statement at this place, even inside a batch. @returns all statements that were sent */
async function dyingAfter(place: number, work: () => Promise<void>): Promise<{ statements: string[]; failed: boolean }> {
  const statements: string[] = [];
  const { add } = Batch.prototype;
  Batch.prototype.add = function (statement) {
    const answer = add.call(this, statement);
    if (!working.getStore()) return answer;
    statements.push(statement.text);
    if (statements.length === place) add.call(this, { text: SUICIDE }).catch(() => {});
    return answer;
  };
  try {
    const failed = await working.run(true, work).then(
      () => false,
      () => true,
    );
    return { statements, failed };
  } finally {
    Batch.prototype.add = add;
  }
}

describe("finalising an invoice", () => {
  test("whose connection ends after any one of its statements leaves nothing, or everything once", async () => {
    const workspace = await makeDue();
    await catalogueOf(services.database, 1); // Cache the catalogue, so that every statement below belongs to the one transaction.
    const before = await tracesOf(workspace);
    let last: string | undefined;
    let kills = 0;
    while (last !== "commit") {
      const { statements, failed } = await dyingAfter(kills + 1, () => processTenant(services, workspace.tenantId));
      last = statements[kills] ?? "it ended before";
      kills += 1;
      if (last !== "commit") expect([last, failed, await tracesOf(workspace)]).toEqual([last, true, before]);
    }
    expect(kills).toBeGreaterThan(30);
    const after = await tracesOf(workspace);
    expect(after).toMatchObject({ documents: 2, periods: 2, last: 2 });
    expect(after.numbers.split(" ").map((number) => Number(number.split("-")[1]))).toEqual([1, 2]);
    expect(await checkLedger(services, workspace.tenantId)).toBeNull();
  });

  test("by six workers at once makes one invoice", async () => {
    const workspace = await makeDue();
    await Promise.all(Array.from({ length: 6 }, () => processTenant(services, workspace.tenantId)));
    expect(await tracesOf(workspace)).toMatchObject({ documents: 2, periods: 2, last: 2 });
  });

  test("in a process that is killed again and again makes each invoice once, without a gap, and mails each", async () => {
    const workspaces: Workspace[] = [];
    for (let count = 0; count < 16; count += 1) workspaces.push(await makeDue());
    await server.stop();
    const ids = workspaces.map(({ tenantId }) => tenantId);
    await server.database.query("update directory_billing set due_at = now() - interval '1 hour' where tenant_id = any($1)", [
      ids,
    ]);
    const invoiced = async () => {
      const [row] = await server.database.query<{ count: number }>(
        "select count(*)::int as count from invoices where tenant_id = any($1)",
        [ids],
      );
      return (row?.count ?? 0) - ids.length;
    };
    const outbox = resolve(server.config.dataFolder, "outbox");
    const mailed = async () => {
      const mails = await Promise.all(ids.map((id) => readdir(resolve(outbox, id)).catch(() => [])));
      return mails.filter((files) => files.length > 0).length;
    };
    // Each document takes 50 ms, so that a kill falls into the middle of some.
    await server.database
      .query(`create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return new; end $$;
      create trigger linger after insert on ledger_entries for each row execute function linger()`);
    for (const wanted of [3, 9]) {
      await server.database.query("select graphile_worker.add_job('billDue')");
      const running = startProcess(server, { WHOOT_BILLING: "sample" });
      await until(`${wanted} invoices`, async () => (await invoiced()) >= wanted);
      await running.kill();
      expect(await invoiced()).toBeLessThan(ids.length);
    }
    await server.database.query("drop trigger linger on ledger_entries; drop function linger()");
    await server.database.query("delete from graphile_worker._private_jobs");
    await server.database.query("select graphile_worker.add_job('billDue')");
    await server.restart();
    await until("every invoice", async () => (await invoiced()) === ids.length);
    await until("every mail", async () => (await mailed()) === ids.length);
    for (const workspace of workspaces) {
      expect(await tracesOf(workspace)).toMatchObject({ documents: 2, periods: 2, last: 2 });
      expect(await checkLedger(services, workspace.tenantId)).toBeNull();
    }
  });
});
