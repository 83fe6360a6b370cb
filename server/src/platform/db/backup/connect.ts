import pg from "pg";
import { StartupError } from "../../startup-error.ts";

/** Makes every server write a value in the same way, and sets no time limits. */
const SETTINGS = `set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set bytea_output = 'hex';
  set extra_float_digits = 1; set client_encoding = 'UTF8'; set search_path = 'public';
  set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0`;

/** Connects for work on a whole database. The caller ends the connection. @throws StartupError if it can't connect */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {}); // the query reports it
  try {
    await client.connect();
    await client.query(SETTINGS);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw new StartupError(
      `The database can't be reached (${(error as Error).message}). Check that it is running, or try again in a moment.`,
    );
  }
}
