/** The database as operator commands reach it, whether or not a server is running. Nothing is migrated or otherwise prepared. */
import { resolve } from "node:path";
import pino from "pino";
import { StartupError } from "../startup-error.ts";
import { tryLockFolder } from "../folder-lock.ts";
import { Refusal } from "../refusal.ts";
import { findEmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";
import { type Database, openDatabase } from "./pools.ts";
import { createOwnerAndDatabase, type DatabaseUrls, ownerUrlOf, servingUrls } from "./prepare.ts";
import { assertUsableServer } from "./server-check.ts";
import { lockDatabase } from "./server-lock.ts";

/** Where a server's database is. */
interface Config {
  /** Null means embedded, in the data folder. */
  databaseUrl: string | null;
  dataFolder: string;
  masterKey: Buffer;
}

/**
 * Runs `work` with the connection strings of the owner and the serving roles. If the embedded database is not running, it is started and then
 * stopped again. Meanwhile this process holds the data folder, so that no server adopts a database that is about to stop.
 * @throws StartupError if the server is starting or stopping
 */
export async function withDatabaseUrls<Result>(config: Config, work: (urls: DatabaseUrls) => Promise<Result>): Promise<Result> {
  const { databaseUrl, masterKey } = config;
  const urlsOf = (owner: string) => ({ owner, ...servingUrls(owner, masterKey) });
  if (databaseUrl) return work(urlsOf(databaseUrl));
  const folder = resolve(config.dataFolder, "postgres");
  const lock = tryLockFolder(config.dataFolder);
  try {
    const running = await findEmbeddedPostgres(folder);
    if (running) return await work(urlsOf(ownerUrlOf(running, masterKey)));
    if (!lock) throw new StartupError("whoot is starting or stopping. Try again in a moment.");
    const postgres = await startEmbeddedPostgres(folder);
    try {
      return await work(urlsOf(ownerUrlOf(postgres.adminUrl, masterKey)));
    } finally {
      await postgres.stop();
    }
  } finally {
    lock?.release();
  }
}

/** The same with the serving roles' pools. @throws StartupError also if the database can't be reached */
export function onDatabase<Result>(config: Config, work: (database: Database) => Promise<Result>): Promise<Result> {
  return withDatabaseUrls(config, (urls) => withPools(urls, work));
}

/** A database that no server uses. `admin` is the superuser's connection to the embedded one. */
export interface OwnDatabase extends DatabaseUrls {
  /** Null with DATABASE_URL. */
  admin: string | null;
}

interface EmbeddedOptions<Result> {
  /** PostgreSQL settings, `name=value`, while the work runs. */
  settings?: readonly string[];
  /** Called with the result of the work once the embedded PostgreSQL has stopped. Not called with DATABASE_URL. */
  whenStopped?(result: Result): unknown;
}

/**
 * Runs `work` while this process holds the data folder and the database, so that no server can start. The embedded database is started, and
 * created if there is none.
 * @throws StartupError if a server is running
 */
export async function insteadOfServer<Result>(
  config: Config,
  work: (urls: OwnDatabase) => Promise<Result>,
  { settings = [], whenStopped = () => {} }: EmbeddedOptions<Result> = {},
): Promise<Result> {
  const { databaseUrl, dataFolder, masterKey } = config;
  const lock = tryLockFolder(dataFolder);
  if (!lock) throw new StartupError(`whoot is running on the data folder ${dataFolder}. Stop it first.`);
  try {
    if (databaseUrl) {
      await assertUsableServer(databaseUrl);
      const serverLock = await lockDatabase(databaseUrl, pino({ level: "silent" }), () => {}); // in case a server uses it with another data folder
      try {
        return await work({ admin: null, owner: databaseUrl, ...servingUrls(databaseUrl, masterKey) });
      } finally {
        await serverLock.release();
      }
    }
    const folder = resolve(dataFolder, "postgres");
    // A PostgreSQL that a crashed server left running does not have these settings.
    if (await findEmbeddedPostgres(folder)) await (await startEmbeddedPostgres(folder)).stop();
    const postgres = await startEmbeddedPostgres(folder, settings);
    let result: Result;
    try {
      const owner = await createOwnerAndDatabase(postgres.adminUrl, masterKey);
      const admin = new URL(postgres.adminUrl);
      admin.pathname = new URL(owner).pathname;
      result = await work({ admin: admin.href, owner, ...servingUrls(owner, masterKey) });
    } finally {
      await postgres.stop();
    }
    await whenStopped(result);
    return result;
  } finally {
    lock.release();
  }
}

/** Runs `work` with the serving roles' pools. @throws StartupError if the database can't be reached */
export async function withPools<Result>(
  urls: Pick<DatabaseUrls, "app" | "platform">,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = openDatabase(urls, () => {});
  try {
    return await work(database);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "unavailable") throw error;
    const reason = (error.cause as Error | undefined)?.message ?? "the connection was lost";
    throw new StartupError(`The database can't be reached (${reason}). Check that it is running, or try again in a moment.`);
  } finally {
    await database.close();
  }
}
