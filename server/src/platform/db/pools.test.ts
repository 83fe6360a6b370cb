/** Transactions whose parts leave together: what happens to a connection when one of them fails, and what it is for whoever gets it next. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { useDatabase } from "../../testing/database.ts";
import { MASTER_KEY } from "../../testing/master-key.ts";
import { Refusal } from "../refusal.ts";
import { type Database, type Db, openDatabase, type TenantTx } from "./pools.ts";
import { servingUrls } from "./prepare.ts";
import { statement } from "./statement.ts";

const server = useDatabase();
const [a, b] = [uuidv7(), uuidv7()];
let database: Database;

beforeAll(async () => {
  for (const [tenantId, slug] of [
    [a, "aaa"],
    [b, "bbb"],
  ]) {
    // Without the owner and the role that a tenant must have.
    await server.query(`begin; set local session_replication_role = replica;
      insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id)
        select '${tenantId}', '${slug}', '${slug}', i, i from gen_random_uuid() i; commit`);
  }
  database = openDatabase(servingUrls(server.ownerUrl, MASTER_KEY), () => {});
});
afterAll(() => database.close());

/** The slugs of all tenants that the transaction sees, and the process that serves it. */
const look = async (tx: TenantTx) =>
  (
    await sql<{ pid: number; tenant: string; slugs: string[] }>`select pg_backend_pid() as pid,
      coalesce(current_setting('whoot.tenant_id', true), '') as tenant, array(select slug from tenants) as slugs`.execute(tx.db)
  ).rows[0];

const fail = (tx: TenantTx) => sql`select 1 / 0`.execute(tx.db);

describe("a connection is clean for whoever gets it next", () => {
  test("when the set-up of the transaction before failed", async () => {
    const before = await database.withTenant(a, look);
    await server.query("revoke execute on function set_config(text, text, boolean) from public");
    try {
      await expect(database.withTenant(a, look)).rejects.toThrow("permission denied"); // why, not what came of it
    } finally {
      await server.query("grant execute on function set_config(text, text, boolean) to public");
    }
    const after = await database.withTenant(b, look);
    expect(after).toEqual({ pid: before?.pid, tenant: b, slugs: ["bbb"] });
  });

  test("when its first query failed, sent together with the set-up", async () => {
    await expect(database.withTenant(a, fail)).rejects.toThrow("division by zero");
    expect((await database.withTenant(b, look))?.slugs).toEqual(["bbb"]);
  });

  test("when its last one failed, with which the commit went", async () => {
    const write = (tx: TenantTx) => sql`update tenants set name = 'Changed'`.execute(tx.db);
    await expect(
      database.withTenant(a, async (tx) => {
        await write(tx);
        await tx.last(() => fail(tx));
      }),
    ).rejects.toThrow("division by zero");
    expect(await server.query("select name from tenants where name = 'Changed'")).toEqual([]);
    expect((await database.withTenant(b, look))?.slugs).toEqual(["bbb"]);
  });

  test("when something is still asked of the transaction before, which is over", async () => {
    const kept: Db[] = [];
    await database.withTenant(a, async ({ db }) => void kept.push(db));
    await expect(database.withTenant(a, async ({ db }) => fail({ db: kept[kept.push(db) - 1] } as TenantTx))).rejects.toThrow();
    await database.readAsPlatform("kept", async (db) => void kept.push(db));
    const slugs = (db: Db) => sql`select slug from tenants`.execute(db);
    await database.withTenant(b, async (tx) => {
      await look(tx);
      await database.asPlatform("other", async () => {
        for (const db of kept) await expect(slugs(db)).rejects.toThrow("transaction is over");
      });
    });
  });

  test("when a column that its prepared statements give has another type, as after a migration by a newer process", async () => {
    const list = statement<Record<string, never>, { name: string }>("names of tenants", (db) =>
      db.selectFrom("tenants").select("name"),
    );
    const ask = () => database.withTenant(a, ({ db }) => list(db, {}));
    await ask();
    await server.query("alter table tenants alter column name type varchar(400)");
    try {
      await ask().catch(() => {}); // it can't be known before
      expect(await ask()).toHaveLength(1);
    } finally {
      await server.query("alter table tenants alter column name type text");
    }
  });

  test("when many use them at once, each sees its own and nothing else", async () => {
    const looked = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const [tenantId, slug] = i % 2 === 0 ? [a, "aaa"] : [b, "bbb"];
        return i % 5 === 0
          ? database.withTenant(tenantId, fail).then(
              () => true,
              () => false,
            )
          : database.withTenant(tenantId, (tx) => tx.last(() => look(tx))).then((seen) => seen?.slugs.join() === slug);
      }),
    );
    expect(looked).toEqual(looked.map((_, i) => i % 5 !== 0));
  });
});

test("a transaction that something failed in is none that was committed, whoever caught what it failed with", async () => {
  const passedOver = (last: boolean) =>
    database.withTenant(a, async (tx) => {
      await sql`update tenants set name = 'Lost'`.execute(tx.db);
      await (last ? tx.last(() => fail(tx)) : fail(tx)).catch(() => {});
    });
  await expect(passedOver(false)).rejects.toThrow("rolled back");
  await expect(passedOver(true)).rejects.toThrow("division by zero");
  expect(await server.query("select name from tenants where name = 'Lost'")).toEqual([]);
});

test("what is made of a failure is what the caller gets, of the first query too", async () => {
  const refused = new Refusal("not_found");
  const work = (tx: TenantTx) =>
    fail(tx).catch(() => {
      throw refused;
    });
  await expect(database.withTenant(a, work)).rejects.toBe(refused);
});

describe("look-ups of one turn of the event loop", () => {
  const pid = (db: Db) => sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db).then(({ rows }) => rows[0]?.pid);
  const echo = (i: number) => (db: Db) => sql<{ i: number }>`select ${i}::int as i`.execute(db).then(({ rows }) => rows[0]?.i);
  const lookUp = <Result>(work: (db: Db) => Promise<Result>) => database.lookUpAsPlatform("test", work);

  test("share a connection, and each gets its own", async () => {
    const pids = await Promise.all(Array.from({ length: 50 }, () => lookUp(pid)));
    expect(new Set(pids).size).toBe(1);
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    expect(await Promise.all(numbers.map((i) => lookUp(echo(i))))).toEqual(numbers);
  });

  test("fail together, and those of the next turn don't", async () => {
    const settled = await Promise.allSettled([lookUp(echo(1)), lookUp((db) => fail({ db } as TenantTx)), lookUp(echo(2))]);
    expect(settled.map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
    expect(await lookUp(echo(3))).toBe(3);
  });

  test("all hear of it when there is no connection", async () => {
    const closed = openDatabase(servingUrls(server.ownerUrl, MASTER_KEY), () => {});
    await closed.close();
    const both = await Promise.allSettled([closed.lookUpAsPlatform("test", echo(1)), closed.lookUpAsPlatform("test", echo(2))]);
    for (const one of both) expect(one).toMatchObject({ status: "rejected", reason: { code: "unavailable" } });
  });
});

test("what PostgreSQL refuses says where it was asked", async () => {
  const failure: unknown = await database.withTenant(a, fail).catch((error: unknown) => error);
  expect((failure as Error).stack).toContain("pools.test.ts");
});

describe("the last query of a transaction", () => {
  test("is committed with what was written before", async () => {
    await database.withTenant(a, async (tx) => {
      await sql`update tenants set name = 'Kept'`.execute(tx.db);
      expect((await tx.last(() => look(tx)))?.slugs).toEqual(["aaa"]);
    });
    expect(await server.query("select slug from tenants where name = 'Kept'")).toEqual([{ slug: "aaa" }]);
  });

  test("lets nothing be asked after it, nor be done before the commit", async () => {
    const more = (after: (tx: TenantTx) => unknown) =>
      database.withTenant(a, async (tx) => {
        await tx.last(() => look(tx));
        await after(tx);
      });
    await expect(more(look)).rejects.toThrow("asked its last");
    await expect(more((tx) => tx.beforeCommit(async () => {}))).rejects.toThrow(TypeError);
    expect((await database.withTenant(b, look))?.slugs).toEqual(["bbb"]);
  });

  test("is one like any other while something is to be done before the commit", async () => {
    const done: string[] = [];
    await database.withTenant(a, async (tx) => {
      tx.beforeCommit(async () => void done.push((await look(tx))?.tenant ?? ""));
      tx.afterCommit(() => void done.push("after"));
      await tx.last(() => look(tx));
    });
    expect(done).toEqual([a, "after"]);
  });
});
