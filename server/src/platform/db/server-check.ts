/** Checks whether whoot can run on a PostgreSQL, before anything is written to it. */
import pg from "pg";
import { StartupError } from "../startup-error.ts";
import { ECHO_TIMES, type EchoTimes, openWatched } from "./watched.ts";

const MIN_VERSION = 15;

interface Facts {
  version: string;
  versionNumber: number;
  encoding: string;
  standby: boolean;
  readOnly: boolean;
  user: string;
  database: string;
  createsRoles: boolean;
  owns: boolean;
}

const FACTS = `select current_setting('server_version') as version,
  current_setting('server_version_num')::int as "versionNumber",
  current_setting('server_encoding') as encoding,
  pg_is_in_recovery() as standby,
  current_setting('transaction_read_only')::bool as "readOnly",
  current_user as user, current_database() as database,
  (select rolcreaterole or rolsuper from pg_roles where rolname = current_user) as "createsRoles",
  (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()) as owns`;

/** The first reason why whoot can't run on it, or null. */
function faultOf(facts: Facts): string | null {
  const { version, versionNumber, encoding, standby, readOnly, user, database, createsRoles, owns } = facts;
  if (versionNumber < MIN_VERSION * 10_000) {
    return `is version ${version}. whoot needs PostgreSQL ${MIN_VERSION} or newer.`;
  }
  if (standby) return "is a read-only standby. Set DATABASE_URL to the primary.";
  if (readOnly) return "is read-only (default_transaction_read_only is on). Turn that off for the user of DATABASE_URL.";
  if (encoding !== "UTF8") {
    return `uses the encoding ${encoding}, but whoot needs UTF8. Create a new database: create database ${database}_utf8 encoding 'UTF8' template template0.`;
  }
  if (!createsRoles)
    return `doesn't let ${user} create roles. Run as a superuser: alter role ${pg.escapeIdentifier(user)} createrole.`;
  if (!owns) {
    return `doesn't let ${user} change the database. Run as its owner: alter database ${pg.escapeIdentifier(database)} owner to ${pg.escapeIdentifier(user)}.`;
  }
  return null;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {}); // the query reports it
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new StartupError(
      `PostgreSQL at ${new URL(url).host} can't be reached (${(error as Error).message}). Check DATABASE_URL, and that PostgreSQL is running.`,
    );
  }
}

/**
 * Detects a transaction pooler, which gives a client another session for each transaction, so that LISTEN, locks and prepared statements are
 * lost without an error. While another client is in a transaction, the pooler must have given it our session, or give us another.
 */
async function assertNoTransactionPooler(url: string, second: pg.Client, times: EchoTimes): Promise<void> {
  const backendOf = async (client: pg.Client) =>
    (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
  try {
    const watched = await openWatched(
      {
        connectionString: url,
        applicationName: "whoot check",
        async prepare(client) {
          const ours = await backendOf(client);
          const seen = [await backendOf(client), await backendOf(client)];
          await second.query("begin");
          const theirs = await backendOf(second);
          seen.push(await backendOf(client));
          if (theirs === ours || seen.some((pid) => pid !== ours)) {
            throw new Error("one connection's session was given to another");
          }
        },
        onLost() {},
      },
      times,
    );
    await watched.close();
  } catch (error) {
    throw new StartupError(
      `A transaction pooler, or something else that loses sessions, is between whoot and PostgreSQL at ${new URL(url).host} ` +
        `(${(error as Error).message}). A removed member could go on listening. Set DATABASE_URL to PostgreSQL itself, ` +
        "or switch the pooler to session mode.",
    );
  } finally {
    await second.query("rollback").catch(() => {});
  }
}

/**
 * @param times how long to wait for a connection's echo
 * @throws StartupError, which says what is wrong and what to do
 */
export async function assertUsableServer(url: string, times: EchoTimes = ECHO_TIMES): Promise<void> {
  const client = await connect(url);
  try {
    const { rows } = await client.query<Facts>(FACTS);
    const fault = faultOf(rows[0] as Facts);
    if (fault) throw new StartupError(`The PostgreSQL at ${new URL(url).host} ${fault}`);
    await assertNoTransactionPooler(url, client, times);
  } finally {
    await client.end();
  }
}
