/** Two servers compete for one database, and a server loses its lock. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import pino from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { StartupError } from "../startup-error.ts";
import { useDatabase } from "../../testing/database.ts";
import { startProxy } from "../../testing/proxy.ts";
import { until } from "../../testing/until.ts";
import { lockDatabase, SERVER_LOCK, type ServerLock } from "./server-lock.ts";

const database = useDatabase();
const log = pino({ level: "silent" });
const OFTEN = { every: 20, silence: 4_000 };
const locks = new Set<ServerLock>();

async function lock(url = database.ownerUrl, onTaken: (error: StartupError) => void = () => {}): Promise<ServerLock> {
  const taken = await lockDatabase(url, log, onTaken, OFTEN);
  locks.add(taken);
  return taken;
}
afterEach(async () => {
  for (const one of locks) await one.release();
  locks.clear();
});

const holders = () =>
  database.query<{ pid: number; name: string; query: string }>(
    `select pid, application_name as name, query from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and objid::bigint = $1::bigint & 4294967295 and pg_locks.database = datid and datname = current_database()`,
    [SERVER_LOCK],
  );

test("a second server is refused, told who holds the database and since when, and gets it after the release", async () => {
  const first = await lock();
  await expect(lock()).rejects.toThrow(
    new RegExp(
      `in use by whoot process ${process.pid} on \\S+ since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC\\. .*DATABASE_URL`,
    ),
  );
  await first.release();
  await first.release();
  await lock();
});

test("a broken or silent session is replaced and takes the lock again", async () => {
  const proxy = await startProxy(database.ownerUrl);
  const onTaken = vi.fn();
  await lock(proxy.url, onTaken);
  const next = async (before: number) =>
    until("another session to hold the lock and to echo", async () => {
      const session = (await holders()).find(({ pid }) => pid !== before);
      return session?.query.includes("pg_notify") && session.pid;
    });
  const first = (await holders())[0]?.pid ?? 0;
  await database.query("select pg_terminate_backend($1)", [first]);
  const second = await next(first);
  // PostgreSQL still considers the silent session alive.
  proxy.silence();
  await next(second);
  expect(await holders()).toHaveLength(1);
  expect(onTaken).not.toHaveBeenCalled();
  await Promise.all([...locks].map((one) => one.release()));
  await proxy.close();
});

test("a server whose session broke stops when another server took the lock meanwhile, and its error names the other", async () => {
  const stopped = Promise.withResolvers<StartupError>();
  await lock(database.ownerUrl, stopped.resolve);
  const other = new pg.Client({
    connectionString: database.ownerUrl,
    application_name: "whoot 2026-01-02T03:04:05.678Z 17 elsewhere",
  });
  await other.connect();
  const waiting = other.query("select pg_advisory_lock($1)", [SERVER_LOCK]);
  const [holder] = await holders();
  await database.query("select pg_terminate_backend($1)", [holder?.pid]);
  await waiting;
  const error = await stopped.promise;
  expect(error).toBeInstanceOf(StartupError);
  expect(error.message).toContain("whoot process 17 on elsewhere since 2026-01-02 03:04:05 UTC");
  await other.end();
});

test("a server waits for the session of a dead process on this machine instead of refusing to start", async () => {
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "exit");
  const { hostname } = await import("node:os");
  const leftover = new pg.Client({
    connectionString: database.ownerUrl,
    application_name: `whoot 2026-01-02T03:04:05.678Z ${gone.pid} ${hostname()}`.slice(0, 63),
  });
  await leftover.connect();
  await leftover.query("select pg_advisory_lock($1)", [SERVER_LOCK]);
  const waiting = lock();
  // The session's last query shows that it has asked for the lock or is looking for the holder.
  await until("the new server to ask for the lock", async () => {
    const rows = await database.query<{ name: string }>(
      `select application_name as name from pg_stat_activity where datname = current_database()
       and (query like 'select pg_try_advisory_lock%' or query like '%from pg_locks lock%')`,
    );
    return rows.some(({ name }) => name.includes(` ${process.pid} `));
  });
  await leftover.end();
  await waiting;
});
