/** Holds the commit of a deletion between the server's request and the database's execution. */
import pg from "pg";
import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

const LOCK = 20_261_124;

export interface HeldCommit {
  /** Resolves once the server has sent the commit and waits for the answer. */
  reached(): Promise<void>;
  /** Lets the database commit, even if nobody waits for the answer any more. */
  commit(): Promise<void>;
  /** Ends the connection, which rolls the transaction back. */
  breakOff(): Promise<void>;
  remove(): Promise<void>;
}

/** Holds every deletion from now on, until it is removed. */
export async function holdCommits({ database }: TestServer): Promise<HeldCommit> {
  await database.query(`create function hold_commit() returns trigger language plpgsql security definer as
    $$ begin perform pg_advisory_xact_lock_shared(${LOCK}); return null; end $$`);
  await database.query(`create constraint trigger hold_commit after insert on directory_erasures
    deferrable initially deferred for each row execute function hold_commit()`);
  const holder = new pg.Client({ connectionString: database.ownerUrl });
  holder.on("error", () => {}); // the test may shut the database down
  await holder.connect();
  await holder.query("select pg_advisory_lock($1)", [LOCK]);

  const waiting = () =>
    database.query<{ pid: number }>(`select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`);
  return {
    reached: async () => void (await until("the commit", async () => (await waiting()).length === 1)),
    async commit() {
      await holder.query("select pg_advisory_unlock($1)", [LOCK]);
      await until("the transaction to be over", async () => (await waiting()).length === 0);
    },
    async breakOff() {
      // Wait until these connections are gone, and no others: the server may already be retrying.
      for (const { pid } of await waiting()) await database.query("select pg_terminate_backend($1, 5000)", [pid]);
      await holder.query("select pg_advisory_unlock($1)", [LOCK]);
    },
    async remove() {
      await holder.end().catch(() => {});
      await database.query("drop trigger if exists hold_commit on directory_erasures");
      await database.query("drop function if exists hold_commit()");
    },
  };
}
