/** How long the issuer's law demands documents, and which documents of a workspace it demands now. */
import type { TenantTx } from "../../platform/db/pools.ts";
import type { Services } from "../../services.ts";
import { catalogueOf } from "../catalogues.ts";
import * as catalogueQueries from "../catalogue-queries.ts";
import { dayOf } from "../reckoning/calendar.ts";
import { archiveFolder, type ArchivedName } from "./folder.ts";
import { type IssuedRow, listIssuedSince } from "./queries.ts";

type Needed = Pick<Services, "billing" | "database" | "config">;

/** The years of the newest catalogue, also after billing was switched off: what was issued is to be kept all the same. */
async function archiveYears({ billing, database }: Pick<Services, "billing" | "database">): Promise<number> {
  if (billing.sale) return billing.sale.catalogue.archiveYears;
  const newest = await database.asPlatformStatement("for how long documents are kept", catalogueQueries.findNewestCatalogue);
  return newest ? (await catalogueOf(database, newest.version)).archiveYears : 0;
}

const yearOf = (day: string) => Number(day.slice(0, 4));

/** Years are counted from the end of the year of issue, as tax law does. */
export function keptUntil(issuedOn: string, years: number): string {
  return `${yearOf(issuedOn) + years}-12-31`;
}

const MOST_DAYS_AHEAD = 40;

const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;

/**
 * Today, for what is over. A clock that is years ahead would end the years of all documents at once. So the day on which the archive was
 * last tidied counts instead, if today is too long after it, until the operator removes the file that holds it.
 */
export async function trustedDay({ billing, config }: Pick<Services, "billing" | "config">) {
  const today = dayOf(billing.now());
  const lastTidied = await archiveFolder(config).lastTidied();
  const isTrusted = lastTidied === null || daysBetween(lastTidied, today) <= MOST_DAYS_AHEAD;
  return { today: isTrusted ? today : lastTidied, lastTidied, isTrusted };
}

export interface ToKeep extends ArchivedName {
  row: IssuedRow;
}

/** Documents of the tenant whose years are not over, the oldest first. */
export async function listToKeep(services: Needed, tx: TenantTx): Promise<ToKeep[]> {
  const years = await archiveYears(services);
  if (years === 0) return [];
  const { today } = await trustedDay(services);
  const firstYear = yearOf(today) - years;
  const rows = await listIssuedSince(tx.db, `${firstYear}-01-01`);
  return rows.map((row) => ({ number: row.number, keptUntil: keptUntil(row.issuedOn, years), row }));
}

/** How many documents are kept, and until which day at most; null for none. */
export interface Kept {
  documents: number;
  keptUntil: string;
}

export function keptOf(names: readonly ArchivedName[]): Kept | null {
  const last = names
    .map((name) => name.keptUntil)
    .toSorted()
    .at(-1);
  return last === undefined ? null : { documents: names.length, keptUntil: last };
}
