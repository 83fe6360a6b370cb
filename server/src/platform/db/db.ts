import type { Kysely } from "kysely";
import type { DB } from "./schema.ts";

/** The database as kysely sees it, within a transaction or for one statement. */
export type Db = Kysely<DB>;
