/** Transactions whose statements are sent in batches: what a failure does to the connection, and what the next user of it sees. */
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
    // Foreign keys are off: these tenants lack the owner and the role that a tenant must have.
    await server.query(`begin; set local session_replication_role = replica;
      insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id)
        select '${tenantId}', '${slug}', '${slug}', i, i from gen_random_uuid() i; commit`);
  }
  database = openDatabase(servingUrls(server.ownerUrl, MASTER_KEY), () => {});
});
afterAll(() => database.close());

/** The slugs of all tenants that the transaction sees, and the process id of its PostgreSQL backend. */
const inspect = async (tx: TenantTx) =>
  (
    await sql<{ pid: number; tenant: string; slugs: string[] }>`select pg_backend_pid() as pid,
      coalesce(current_setting('whoot.tenant_id', true), '') as tenant, array(select slug from tenants) as slugs`.execute(tx.db)
  ).rows[0];

const fail = (tx: TenantTx) => sql`select 1 / 0`.execute(tx.db);

describe("a connection is clean for the next transaction", () => {
  test("after setting the tenant failed", async () => {
    const before = await database.withTenant(a, inspect);
    await server.query("revoke execute on function set_config(text, text, boolean) from public");
    try {
      await expect(database.withTenant(a, inspect)).rejects.toThrow("permission denied"); // the cause, not its consequence
    } finally {
      await server.query("grant execute on function set_config(text, text, boolean) to public");
    }
    const after = await database.withTenant(b, inspect);
    expect(after).toEqual({ pid: before?.pid, tenant: b, slugs: ["bbb"] });
  });

  test("after the first query, sent together with BEGIN, failed", async () => {
    await expect(database.withTenant(a, fail)).rejects.toThrow("division by zero");
    expect((await database.withTenant(b, inspect))?.slugs).toEqual(["bbb"]);
  });

  test("after a query that followed a write failed, and the write is rolled back", async () => {
    await expect(
      database.withTenant(a, async (tx) => {
        await sql`update tenants set name = 'Changed'`.execute(tx.db);
        await fail(tx);
      }),
    ).rejects.toThrow("division by zero");
    expect(await server.query("select name from tenants where name = 'Changed'")).toEqual([]);
    expect((await database.withTenant(b, inspect))?.slugs).toEqual(["bbb"]);
  });

  test("although a finished transaction is still being used: its queries are refused", async () => {
    const kept: Db[] = [];
    await database.withTenant(a, async ({ db }) => void kept.push(db));
    await expect(database.withTenant(a, async ({ db }) => fail({ db: kept[kept.push(db) - 1] } as TenantTx))).rejects.toThrow();
    await database.asPlatformStatement("kept", async (db) => void kept.push(db));
    const slugs = (db: Db) => sql`select slug from tenants`.execute(db);
    await database.withTenant(b, async (tx) => {
      await inspect(tx);
      await database.asPlatform("other", async () => {
        for (const db of kept) await expect(slugs(db)).rejects.toThrow("transaction is over");
      });
    });
  });

  test("after a migration changed the type of a column that its prepared statements return", async () => {
    const list = statement<Record<string, never>, { name: string }>("names of tenants", (db) =>
      db.selectFrom("tenants").select("name"),
    );
    const ask = () => database.withTenant(a, ({ db }) => list(db, {}));
    await ask();
    await server.query("alter table tenants alter column name type varchar(400)");
    try {
      await ask().catch(() => {}); // the first query on the old connection may fail
      expect(await ask()).toHaveLength(1);
    } finally {
      await server.query("alter table tenants alter column name type text");
    }
  });

  test("while two hundred transactions run at once: each sees only its own tenant", async () => {
    const looked = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const [tenantId, slug] = i % 2 === 0 ? [a, "aaa"] : [b, "bbb"];
        return i % 5 === 0
          ? database.withTenant(tenantId, fail).then(
              () => true,
              () => false,
            )
          : database.withTenant(tenantId, inspect).then((seen) => seen?.slugs.join() === slug);
      }),
    );
    expect(looked).toEqual(looked.map((_, i) => i % 5 !== 0));
  });
});

test("a transaction in which a statement failed rejects and is rolled back, even when the work caught the error", async () => {
  const ignoringFailure = database.withTenant(a, async (tx) => {
    await sql`update tenants set name = 'Lost'`.execute(tx.db);
    await fail(tx).catch(() => {});
  });
  await expect(ignoringFailure).rejects.toThrow("rolled back");
  expect(await server.query("select name from tenants where name = 'Lost'")).toEqual([]);
});

test("the caller gets the error that the work throws in place of a failure, even of its first query", async () => {
  const refused = new Refusal("not_found");
  const work = (tx: TenantTx) =>
    fail(tx).catch(() => {
      throw refused;
    });
  await expect(database.withTenant(a, work)).rejects.toBe(refused);
});

describe("single statements above tenants", () => {
  const echo = (i: number) => (db: Db) => sql<{ i: number }>`select ${i}::int as i`.execute(db).then(({ rows }) => rows[0]?.i);
  const ask = <Result>(work: (db: Db) => Promise<Result>) => database.asPlatformStatement("test", work);

  test("each of five hundred simultaneous callers gets its own answer, and a failing statement fails alone", async () => {
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    const failing = (db: Db) => fail({ db } as TenantTx).then(() => undefined);
    const settled = await Promise.allSettled(numbers.map((i) => ask(i === 7 ? failing : echo(i))));
    expect(settled.map((one) => (one.status === "fulfilled" ? one.value : one.status))).toEqual(
      numbers.map((i) => (i === 7 ? "rejected" : i)),
    );
  });

  test("throw the refusal unavailable when there is no connection", async () => {
    const closed = openDatabase(servingUrls(server.ownerUrl, MASTER_KEY), () => {});
    await closed.close();
    await expect(closed.asPlatformStatement("test", echo(1))).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("a statement that is awaited at the commit", () => {
  const rename = (tx: TenantTx, name: string) => sql`update tenants set name = ${name} where slug = 'aaa'`.execute(tx.db);
  const nameOf = async () => (await server.query("select name from tenants where slug = 'aaa'"))[0]?.["name"];

  test("is committed, and the statements after it see what it did", async () => {
    const seen = await database.withTenant(a, async (tx) => {
      tx.awaitAtCommit(rename(tx, "Seen"));
      const { rows } = await sql<{ name: string }>`select name from tenants`.execute(tx.db);
      return rows[0]?.name;
    });
    expect(seen).toBe("Seen");
    expect(await nameOf()).toBe("Seen");
  });

  test.each(["at once", "after another answer", "just before the commit"])(
    "rolls everything back when it fails %s, and its error is the caller's",
    async (when) => {
      const before = await nameOf();
      const work = async (tx: TenantTx) => {
        tx.awaitAtCommit(rename(tx, "Lost"));
        if (when !== "at once") await inspect(tx);
        if (when === "just before the commit") return tx.beforeCommit(async () => tx.awaitAtCommit(fail(tx)));
        tx.awaitAtCommit(fail(tx));
        await inspect(tx);
        if (when === "after another answer") await inspect(tx);
      };
      await expect(database.withTenant(a, work)).rejects.toThrow("division by zero");
      expect(await nameOf()).toBe(before);
      expect((await database.withTenant(b, inspect))?.slugs).toEqual(["bbb"]);
    },
  );

  test("rolls everything back when it fails before it reaches PostgreSQL", async () => {
    const before = await nameOf();
    const unsent = async () => {
      throw new Error("never sent");
    };
    const work = async (tx: TenantTx) => {
      await rename(tx, "Lost");
      tx.awaitAtCommit(unsent());
    };
    await expect(database.withTenant(a, work)).rejects.toThrow("never sent");
    expect(await nameOf()).toBe(before);
  });

  test("is refused after the commit, because nothing would wait for it any more", async () => {
    const work = async (tx: TenantTx) => tx.afterCommit(() => tx.awaitAtCommit(Promise.resolve()));
    await expect(database.withTenant(a, work)).rejects.toThrow(TypeError);
  });

  test("rolls everything back when it fails, although the work caught the error of the next statement", async () => {
    const before = await nameOf();
    const work = async (tx: TenantTx) => {
      tx.awaitAtCommit(rename(tx, "Lost"));
      tx.awaitAtCommit(fail(tx));
      await inspect(tx).catch(() => {});
    };
    await expect(database.withTenant(a, work)).rejects.toThrow("division by zero");
    expect(await nameOf()).toBe(before);
  });
});

test("the stack of a PostgreSQL error names the file that sent the query", async () => {
  const failure: unknown = await database.withTenant(a, fail).catch((error: unknown) => error);
  expect((failure as Error).stack).toContain("pools.test.ts");
});

test("effects before the commit run first, then those after it", async () => {
  const done: string[] = [];
  await database.withTenant(a, async (tx) => {
    tx.afterCommit(() => void done.push("after"));
    tx.beforeCommit(async () => void done.push((await inspect(tx))?.tenant ?? ""));
    await inspect(tx);
  });
  expect(done).toEqual([a, "after"]);
});
