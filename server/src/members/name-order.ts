/** The order of names in a reader's member list: docs/decisions/0027-finding-names.md. */
import { sql } from "kysely";
import { nameOrder } from "#contract/name-order.ts";
import type { Database, Db } from "../platform/db/pools.ts";

/** An ICU collation of PostgreSQL; "" for the order of the index on name_key. */
export type Collation = string;
const INDEX: Collation = "";
const SUFFIX = "-x-icu";

/** Languages whose alphabet is the one that search_key leaves, in the same order, so that the index serves their readers. */
export const LANGUAGES_OF_INDEX: ReadonlySet<string> = new Set("ca de en fr ga id it lb ms nl pt sw xh zu".split(" "));

const cache = new WeakMap<Database, Promise<ReadonlySet<Collation>>>();

/** The collations by which names can be sorted. Read from each database once. */
export function knownCollations(database: Database, db: Db): Promise<ReadonlySet<Collation>> {
  const collations = cache.get(database) ?? readCollations(db);
  cache.set(database, collations);
  collations.catch(() => cache.delete(database));
  return collations;
}

async function readCollations(db: Db): Promise<ReadonlySet<Collation>> {
  const { rows } = await sql<{ name: Collation }>`select collname as name from pg_collation
    where collprovider = 'i' and collisdeterministic and collnamespace = 'pg_catalog'::regnamespace
      and collencoding in (-1, pg_char_to_encoding(getdatabaseencoding())) and collname like ${`%${SUFFIX}`}`.execute(db);
  return new Set([INDEX, ...rows.map(({ name }) => name)]);
}

/** @param languages the request's language tags, the preferred one first */
export function collationFor(languages: readonly string[], collations: ReadonlySet<Collation>): Collation {
  for (const tag of languages) {
    const locales = localesOf(tag);
    if (locales.some((locale) => LANGUAGES_OF_INDEX.has(locale))) return INDEX;
    const found = locales.map((locale) => `${locale}${SUFFIX}`).find((name) => collations.has(name));
    if (found !== undefined) return found;
  }
  return INDEX;
}

/** Names for Norwegian. Not every version of ICU knows both. */
const ALIASES: Record<string, string> = { no: "nb", nb: "no" };

/** Possible names of a language's collation, the most specific first: zh-TW is zh-Hant-TW, which sorts differently from zh. */
function localesOf(tag: string): string[] {
  try {
    const { language, script, region } = new Intl.Locale(tag).maximize();
    return [language, ALIASES[language] ?? []]
      .flat()
      .flatMap((name) => [`${name}-${script}-${region}`, `${name}-${script}`, name]);
  } catch {
    return [];
  }
}

/** The same order, for names that are sorted in this process. */
export function compareNames(collation: Collation): (one: string, other: string) => number {
  return nameOrder([collation === INDEX ? "en" : collation.slice(0, -SUFFIX.length)]);
}
