/** How long the issuer's law demands documents, and which of a workspace's documents it demands today. */
import type { TenantTx } from "../../platform/db/pools.ts";
import type { Services } from "../../services.ts";
import { catalogueOf } from "../catalogues.ts";
import * as catalogueQueries from "../catalogue-queries.ts";
import { dayOf } from "../reckoning/calendar.ts";
import { archiveFolder, type ArchivedName } from "./folder.ts";
import { type IssuedRow, listIssuedSince } from "./queries.ts";

type KeepingServices = Pick<Services, "billing" | "database" | "config">;

/** Read from the newest catalogue, because documents must be kept even after billing was switched off. */
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
 * The day that decides which documents have expired. A clock that is years ahead would expire all of them at once. So if today is too
 * long after the last tidying, the day of that tidying counts, until the operator removes the file that holds it.
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

/** The tenant's documents whose years are not over, the oldest first. */
export async function listToKeep(services: KeepingServices, tx: TenantTx): Promise<ToKeep[]> {
  const years = await archiveYears(services);
  if (years === 0) return [];
  const { today } = await trustedDay(services);
  const firstYear = yearOf(today) - years;
  const rows = await listIssuedSince(tx.db, `${firstYear}-01-01`);
  return rows.map((row) => ({ number: row.number, keptUntil: keptUntil(row.issuedOn, years), row }));
}

/** How many documents are kept, and the last day on which any of them is kept. */
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
