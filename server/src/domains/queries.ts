import { sql } from "kysely";
import type { DomainState } from "#contract/http/domains.ts";
import type { Db } from "../platform/db/pools.ts";
import type { Finding } from "./finding.ts";
import type { Standing } from "./standing.ts";

export interface DomainRow extends Standing {
  domainId: string;
  domain: string;
  token: string;
  claimedAt: Date;
  claimedByName: string;
  verifiedAt: Date | null;
  checking: boolean;
  checkedAt: Date | null;
  finding: Finding | null;
  lapsedAt: Date | null;
  waitingSince: Date | null;
  contestedAt: Date | null;
}

/** Whether a check is in progress. The limit of a minute is for checks that a crash cut short. */
const CHECKING = sql<boolean>`(check_requested_at > now() - interval '1 minute'
  and (checked_at is null or checked_at < check_requested_at))`;

function selectDomains(db: Db) {
  return db
    .selectFrom("domains")
    .select((domain) => [
      "domain_id as domainId",
      "domain",
      "token",
      domain.cast<DomainState>("state", "text").as("state"),
      "claimed_at as claimedAt",
      "claimed_by_name as claimedByName",
      "verified_at as verifiedAt",
      domain.fn.coalesce(CHECKING, sql<boolean>`false`).as("checking"),
      "checked_at as checkedAt",
      sql<Finding | null>`finding`.as("finding"),
      "failing_since as failingSince",
      "absent_seconds as absentSeconds",
      "last_absent_at as lastAbsentAt",
      "told_day as toldDay",
      "lapsed_at as lapsedAt",
      "waiting_since as waitingSince",
      "contested_at as contestedAt",
    ]);
}

export function listDomains(db: Db): Promise<DomainRow[]> {
  return selectDomains(db).orderBy("domain").execute();
}

export function findDomain(db: Db, domainId: string): Promise<DomainRow | undefined> {
  return selectDomains(db).where("domain_id", "=", domainId).executeTakeFirst();
}

export function findByName(db: Db, domain: string): Promise<DomainRow | undefined> {
  return selectDomains(db).where("domain", "=", domain).executeTakeFirst();
}

export function lockDomain(db: Db, domainId: string): Promise<DomainRow | undefined> {
  return selectDomains(db).where("domain_id", "=", domainId).forUpdate().executeTakeFirst();
}

/** False when the workspace has claimed it already. */
export async function insertDomain(
  db: Db,
  row: { tenantId: string; domainId: string; domain: string; token: string; byName: string },
): Promise<boolean> {
  const inserted = await db
    .insertInto("domains")
    .values({
      tenant_id: row.tenantId,
      domain_id: row.domainId,
      domain: row.domain,
      token: row.token,
      claimed_by_name: row.byName,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("domain_id")
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function countDomains(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("domains")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function deleteDomain(db: Db, domainId: string): Promise<{ domain: string } | undefined> {
  return db.deleteFrom("domains").where("domain_id", "=", domainId).returning("domain").executeTakeFirst();
}

export function noteRequest(db: Db, domainId: string) {
  return db
    .updateTable("domains")
    .set({ check_requested_at: sql<Date>`clock_timestamp()` })
    .where("domain_id", "=", domainId)
    .returning("domain")
    .executeTakeFirst();
}

export interface Checked extends Standing {
  finding: Finding;
  verifiedAt: Date | null;
  lapsedAt: Date | null;
  waitingSince: Date | null;
}

export async function saveCheck(db: Db, domainId: string, checked: Checked): Promise<void> {
  await db
    .updateTable("domains")
    .set({
      state: checked.state,
      verified_at: checked.verifiedAt,
      checked_at: sql<Date>`clock_timestamp()`,
      finding: sql<never>`${JSON.stringify(checked.finding)}::jsonb`,
      failing_since: checked.failingSince,
      absent_seconds: checked.absentSeconds,
      last_absent_at: checked.lastAbsentAt,
      told_day: checked.toldDay,
      lapsed_at: checked.lapsedAt,
      waiting_since: checked.waitingSince,
    })
    .where("domain_id", "=", domainId)
    .execute();
}

/** False when it was noted before. */
export async function noteContest(db: Db, domainId: string): Promise<boolean> {
  const noted = await db
    .updateTable("domains")
    .set({ contested_at: sql<Date>`now()` })
    .where("domain_id", "=", domainId)
    .where("contested_at", "is", null)
    .returning("domain_id")
    .executeTakeFirst();
  return noted !== undefined;
}

/** Domains that were not checked in the last 23 hours. Claims that are never proved, and lapsed domains, are checked for 30 days. */
export async function listDue(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom("domains")
    .select("domain_id as domainId")
    .where(sql<boolean>`(checked_at is null or checked_at < now() - interval '23 hours')`)
    .where(
      sql<boolean>`(state in ('verified', 'failing') or waiting_since is not null
        or coalesce(lapsed_at, claimed_at) > now() - interval '30 days')`,
    )
    .execute();
  return rows.map(({ domainId }) => domainId);
}

/** Writes the tenant's entry in the directory. @returns false if the tenant should hold the domain but another one does */
export async function enterDirectory(db: Db, row: { domain: string; domainId: string }, hold: boolean): Promise<boolean> {
  const { rows } = await sql<{
    entered: boolean;
  }>`select enter_domain(${row.domain}, ${row.domainId}, ${hold}) as entered`.execute(db);
  return rows[0]?.entered ?? false;
}

export async function leaveDirectory(db: Db, domain: string): Promise<void> {
  await sql`select leave_domain(${domain})`.execute(db);
}

export interface DirectoryEntry {
  tenantId: string;
  domainId: string;
  holds: boolean;
}

/** The tenants that claim the domain. For the platform role. */
export function listClaims(db: Db, domain: string): Promise<DirectoryEntry[]> {
  return db
    .selectFrom("directory_domains")
    .select(["tenant_id as tenantId", "domain_id as domainId", "holds"])
    .where("domain", "=", domain)
    .execute();
}

/** The tenants that claim any domain. For the platform role. */
export async function listClaimants(db: Db): Promise<string[]> {
  const rows = await db.selectFrom("directory_domains").select("tenant_id as tenantId").distinct().execute();
  return rows.map(({ tenantId }) => tenantId);
}
