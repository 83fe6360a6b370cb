/** Lists workspaces in the order of their ids, in pages. */
import type { Database, Db } from "../platform/db/pools.ts";

/** Sorts before every id. */
const START = "00000000-0000-0000-0000-000000000000";
const PAGE = 100;

/** @param list returns at most `most` ids, the first ones after `after` */
export async function* pagesOfTenants(
  { asPlatformStatement }: Pick<Database, "asPlatformStatement">,
  purpose: string,
  list: (db: Db, after: string, most: number) => Promise<string[]>,
): AsyncGenerator<string[]> {
  for (let after: string | undefined = START; after !== undefined;) {
    const from: string = after;
    const tenantIds = await asPlatformStatement(purpose, (db) => list(db, from, PAGE));
    if (tenantIds.length > 0) yield tenantIds;
    after = tenantIds.at(-1);
  }
}
