/**
 * Allows one server per database: keys, recordings, exports and tombstones are in one server's data folder, and the passwords of the
 * serving roles come from its master key. A separate session holds the lock, so the lock always ends with the server.
 */
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Logger } from "pino";
import { StartupError } from "../startup-error.ts";
import { ECHO_TIMES, type EchoTimes, openWatched, type Watched } from "./watched.ts";

/** Any constant works if only whoot uses it and it differs from MIGRATION_LOCK. */
export const SERVER_LOCK = 0x77686f6f75;

const RETRY_MS = 1_000;
/** PostgreSQL then notices within 40 s that the other machine is gone. Its default is two hours. */
const KEEPALIVES = "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3";
/** How long to wait for PostgreSQL to end the session of a dead process. */
const PATIENCE_MS = 45_000;

/** `whoot SINCE PID HOST`, the session's application_name: it tells who holds the lock. */
function describeOurselves(): string {
  return `whoot ${new Date().toISOString()} ${process.pid} ${hostname()}`.slice(0, 63);
}

interface Holder {
  /** The process id of the PostgreSQL backend. */
  pid: number;
  name: string;
}

async function findHolder(client: pg.Client): Promise<Holder | undefined> {
  const { rows } = await client.query<Holder>(
    `select activity.pid, activity.application_name as name from pg_locks lock join pg_stat_activity activity using (pid)
     where lock.locktype = 'advisory' and lock.granted and lock.objsubid = 1 and ((lock.classid::bigint << 32) | lock.objid::bigint) = $1
       and lock.database = (select oid from pg_database where datname = current_database())`,
    [SERVER_LOCK],
  );
  return rows[0];
}

function parse(name: string): { since: string; process: number; host: string } | null {
  const [, since = "", pid = "", host = ""] = /^whoot (\S+) (\d+) (.*)$/.exec(name) ?? [];
  return since ? { since, process: Number(pid), host } : null;
}

function words({ pid, name }: Holder): string {
  const holder = parse(name);
  if (!holder) return `a program (PostgreSQL backend ${pid})`;
  const since = holder.since.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return `whoot process ${holder.process} on ${holder.host} since ${since}`;
}

/** Whether the holder's process ran on this machine and is dead, which PostgreSQL will soon notice. */
function isOfDeadProcess(name: string, ourselves: string): boolean {
  const [holder, us] = [parse(name), parse(ourselves)];
  if (!holder || holder.host !== us?.host) return false;
  try {
    process.kill(holder.process, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** @throws StartupError if another server holds the lock */
async function take(client: pg.Client, ourselves: string): Promise<void> {
  await client.query(KEEPALIVES);
  for (const deadline = performance.now() + PATIENCE_MS; ; await pause(50)) {
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [SERVER_LOCK]);
    if (rows[0]?.taken) return;
    const holder = await findHolder(client);
    if (!holder) continue; // it was released just now
    if (holder.name === ourselves) {
      // It is our own broken session, which PostgreSQL has not noticed yet.
      await client.query("select pg_terminate_backend($1)", [holder.pid]);
      continue;
    }
    if (isOfDeadProcess(holder.name, ourselves) && performance.now() < deadline) continue;
    throw new StartupError(
      `The database is in use by ${words(holder)}. Two servers on one database would split keys, recordings and deletions ` +
        "between two data folders. Stop it first, or set DATABASE_URL to another database.",
    );
  }
}

export interface ServerLock {
  release(): Promise<void>;
}

/**
 * Locks the database for this server until `release`. If the session breaks, it takes the lock again as soon as the database answers.
 * @param onTaken called once if another server took the lock meanwhile. This server must then stop.
 * @throws StartupError, which says who holds the database and since when
 */
export async function lockDatabase(
  ownerUrl: string,
  log: Logger,
  onTaken: (error: StartupError) => void,
  times: EchoTimes = ECHO_TIMES,
): Promise<ServerLock> {
  const ourselves = describeOurselves();
  let session: Watched | null = null;
  let released = false;
  let retry: NodeJS.Timeout | undefined;

  async function open(): Promise<void> {
    const opened = await openWatched(
      {
        connectionString: ownerUrl,
        applicationName: ourselves,
        prepare: (client) => take(client, ourselves),
        onLost(error) {
          session = null;
          log.warn({ reason: error.message }, "lost the database connection that holds this server's lock; reconnecting");
          retake();
        },
      },
      times,
    );
    if (released) return opened.close();
    session = opened;
  }

  function retake(): void {
    if (released) return;
    open().catch((error: unknown) => {
      if (released) return;
      if (error instanceof StartupError) onTaken(error);
      else retry = setTimeout(retake, RETRY_MS);
    });
  }

  await open();
  return {
    async release() {
      released = true;
      clearTimeout(retry);
      await session?.close();
    },
  };
}
