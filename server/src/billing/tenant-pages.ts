/** Walks through workspaces in the order of their ids. */
import type { Database, Db } from "../platform/db/pools.ts";

/** Before every id. */
const START = "00000000-0000-0000-0000-000000000000";
const PAGE = 100;

/** @param list at most `most` of them, the first ones after the id `after` */
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
