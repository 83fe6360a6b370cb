/** Above tenants: versions of the catalogue, and the server's own billing row. */
import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

/** When two servers start at once, the second one then finds the version that the first one entered. */
export async function lockCatalogues(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('billing catalogues', 0))`.execute(db);
}

/** The catalogue that every workspace was last settled by; undefined while billing is off. */
export function findSettledCatalogue(db: Db): Promise<{ version: number; content: unknown; sample: boolean } | undefined> {
  return db
    .selectFrom("billing_server")
    .innerJoin("billing_catalogues", "billing_catalogues.version", "billing_server.settled_version")
    .select(["version", "content", "sample"])
    .executeTakeFirst();
}

export async function hasCatalogueOf(db: Db, isSample: boolean): Promise<boolean> {
  const found = await db.selectFrom("billing_catalogues").select("version").where("sample", "=", isSample).executeTakeFirst();
  return found !== undefined;
}

export function findNewestCatalogue(db: Db): Promise<{ version: number; sha256: Buffer; currency: string } | undefined> {
  return db
    .selectFrom("billing_catalogues")
    .select(["version", "sha256", sql<string>`content->'currency'->>'code'`.as("currency")])
    .orderBy("version", "desc")
    .limit(1)
    .executeTakeFirst();
}

interface NewCatalogue {
  version: number;
  /** JSON. */
  text: string;
  sha256: Buffer;
  isSample: boolean;
}

export async function insertCatalogue(db: Db, { version, text, sha256, isSample }: NewCatalogue): Promise<number> {
  await db
    .insertInto("billing_catalogues")
    .values({ version, valid_from: sql`now()`, content: sql`${text}::jsonb`, sha256, sample: isSample })
    .execute();
  return version;
}

export async function findCatalogue(db: Db, version: number): Promise<unknown> {
  const found = await db.selectFrom("billing_catalogues").select("content").where("version", "=", version).executeTakeFirst();
  return found?.content;
}

/** Seconds by which a sample server's clock is ahead of the real one. */
export async function findClock(db: Db): Promise<number> {
  const found = await db.selectFrom("billing_server").select("ahead").executeTakeFirst();
  return Number(found?.ahead ?? 0);
}

/** @returns the seconds by which the clock is ahead now */
export async function moveClock(db: Db, seconds: number): Promise<number> {
  const { ahead } = await db
    .insertInto("billing_server")
    .values({ ahead: seconds })
    .onConflict((conflict) =>
      conflict.column("only_row").doUpdateSet((row) => ({ ahead: row("billing_server.ahead", "+", row.ref("excluded.ahead")) })),
    )
    .returning("ahead")
    .executeTakeFirstOrThrow();
  return Number(ahead);
}
