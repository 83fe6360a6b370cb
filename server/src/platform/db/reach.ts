/** The database of a server, for a command beside it: whether or not that server runs, and without preparing anything. */
import { resolve } from "node:path";
import { type Config, StartupError } from "../../config.ts";
import { tryLockFolder } from "../folder-lock.ts";
import { Refusal } from "../refusal.ts";
import { findEmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";
import { type Database, openDatabase } from "./pools.ts";
import { servingUrls } from "./prepare.ts";

/**
 * Runs `work` on the database. The embedded one is started when it isn't running, and stopped again: meanwhile this process holds
 * the data folder, so that no server adopts a database that is about to stop.
 * @throws StartupError when there is none to reach
 */
export async function onDatabase<Result>(config: Config, work: (database: Database) => Promise<Result>): Promise<Result> {
  if (config.databaseUrl) return open(config.databaseUrl, config, work);
  const folder = resolve(config.dataFolder, "postgres");
  const lock = tryLockFolder(config.dataFolder);
  try {
    const running = await findEmbeddedPostgres(folder);
    if (running) return await open(databaseOf(running), config, work);
    if (!lock) throw new StartupError("whoot is just starting or stopping. Try again in a moment.");
    const postgres = await startEmbeddedPostgres(folder);
    try {
      return await open(databaseOf(postgres.adminUrl), config, work);
    } finally {
      await postgres.stop();
    }
  } finally {
    lock?.release();
  }
}

function databaseOf(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.pathname = "/whoot";
  return url.href;
}

async function open<Result>(url: string, config: Config, work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = openDatabase(servingUrls(url, config.masterKey), () => {});
  try {
    return await work(database);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "unavailable") throw error;
    const reason = (error.cause as Error | undefined)?.message ?? "it went away";
    throw new StartupError(`The database can't be reached (${reason}). Check that it runs, or try again in a moment.`);
  } finally {
    await database.close();
  }
}
