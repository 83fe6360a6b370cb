/** What features below `accounts` may know about accounts. */
import type { Database } from "../platform/db/pools.ts";

/** Call it only for a person who has proved that they read that mailbox: the answer says whether the address has an account. */
export async function hasAccount(database: Database, email: string): Promise<boolean> {
  const found = await database.asPlatformStatement("whether the invited person has an account", (db) =>
    db.selectFrom("accounts").select("account_id").where("email", "=", email).executeTakeFirst(),
  );
  return found !== undefined;
}
