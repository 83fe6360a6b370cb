/** Gate 1: is the caller an active member of this tenant who meets its conditions? Later gates check the member that this returns. */
import { sql } from "kysely";
import type { TenantTx } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";
import { Refusal } from "../platform/refusal.ts";
import { endOf, refusalFor } from "./conditions.ts";
import { type Member, toMember } from "./member.ts";
import type { Claimant } from "./principal.ts";

/** The tenant's row at the time of the admission. */
export interface Tenant {
  tenantId: string;
  slug: string;
  name: string;
  createdAt: Date;
  accentColour: string | null;
  timeZone: string;
  clock: string;
  talkKeyMode: string;
  mfaPolicy: string;
  sessionIdleMinutes: number;
  sessionAbsoluteMinutes: number;
  ssoPolicy: string;
  ssoHours: number;
  logoId: string | null;
  ownerMemberId: string;
  /** The tenant's add-ons. Null: all. */
  addOns: string[] | null;
  /** Null while billing is off. */
  billingState: string | null;
  billingUntil: Date | null;
}

/** What the session has proved to the tenant through single sign-on. */
export interface SsoProof {
  connectionId: string;
  /** Whether the proof still counts. */
  valid: boolean;
  /** Whether the provider authenticated the person less than five minutes ago, rather than answering from a session of its own. */
  recent: boolean;
  secondFactor: boolean;
  provedAt: Date;
  until: Date;
}

export interface Admission {
  member: Member;
  tenant: Tenant;
  sso: SsoProof | null;
  /** Whether the tenant demands single sign-on of the member. Without a valid proof, only the owner is admitted then. */
  ssoDemanded: boolean;
  /** "new": the session has not entered this tenant before. "stale": it was last used here more than five minutes ago. */
  session: "new" | "stale" | "fresh";
  /** Milliseconds until time alone ends the admission (conditions.ts). */
  endsInMs: number;
}

export type Verdict = Admission | Refusal;

interface Row extends Tenant {
  sessionId: string;
  memberId: string;
  accountId: string;
  memberName: string;
  status: string;
  roleId: string;
  roleName: string;
  builtIn: string | null;
  permissions: string[] | null;
  session: Admission["session"];
  lastSeenHere: Date | null;
  endedHere: Date | null;
  asOf: Date;
  ssoConnectionId: string | null;
  ssoProvedAt: Date | null;
  ssoUntil: Date | null;
  ssoValid: boolean | null;
  ssoRecent: boolean | null;
  ssoSecondFactor: boolean | null;
  ssoDemanded: boolean;
}

/**
 * Domains that demand single sign-on: that of the member's address, and the one that they left by changing their address. A domain whose
 * check fails still counts, a lapsed one does not (domains/standing.ts).
 */
const SSO_DEMANDED = sql<boolean>`tenants.sso_policy = 'required' and exists (
  select from domains where domains.tenant_id = members.tenant_id and domains.state in ('verified', 'failing')
    and domains.domain in (split_part(members.email, '@', 2), members.left_domain))`;

const findMemberships = statement<{ accountIds: readonly string[]; sessionIds: readonly string[] }, Row>("admit", (db, value) =>
  db
    .selectFrom(
      sql<{
        account_id: string;
        session_id: string;
      }>`unnest(${value("accountIds")}::uuid[], ${value("sessionIds")}::uuid[])`.as<"principals">(
        sql`principals(account_id, session_id)`,
      ),
    )
    .innerJoin("members", "members.account_id", "principals.account_id")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
    .leftJoin("member_sessions", (join) =>
      join
        .onRef("member_sessions.tenant_id", "=", "members.tenant_id")
        .onRef("member_sessions.member_id", "=", "members.member_id")
        .onRef("member_sessions.session_id", "=", "principals.session_id"),
    )
    .where("tenants.deleted_at", "is", null)
    .select([
      "principals.session_id as sessionId",
      "members.member_id as memberId",
      "members.account_id as accountId",
      "members.name as memberName",
      "members.status",
      "roles.role_id as roleId",
      "roles.name as roleName",
      "roles.built_in as builtIn",
      "roles.permissions",
      "tenants.tenant_id as tenantId",
      "tenants.slug",
      "tenants.name",
      "tenants.created_at as createdAt",
      "tenants.accent_colour as accentColour",
      "tenants.time_zone as timeZone",
      "tenants.clock",
      "tenants.talk_key_mode as talkKeyMode",
      "tenants.mfa_policy as mfaPolicy",
      "tenants.session_idle_minutes as sessionIdleMinutes",
      "tenants.session_absolute_minutes as sessionAbsoluteMinutes",
      "tenants.sso_policy as ssoPolicy",
      "tenants.sso_hours as ssoHours",
      "tenants.logo_id as logoId",
      "tenants.owner_member_id as ownerMemberId",
      "tenants.add_ons as addOns",
      "tenants.billing_state as billingState",
      "tenants.billing_until as billingUntil",
      "member_sessions.last_seen_at as lastSeenHere",
      "member_sessions.ended_at as endedHere",
      sql<Date>`now()`.as("asOf"),
      // An admin ended the session, and it has authenticated since, so it may enter again.
      sql<Admission["session"]>`case when member_sessions.session_id is null or member_sessions.ended_at is not null then 'new'
        when member_sessions.last_seen_at < now() - interval '5 minutes' then 'stale' else 'fresh' end`.as("session"),
      "member_sessions.sso_connection_id as ssoConnectionId",
      "member_sessions.sso_proved_at as ssoProvedAt",
      "member_sessions.sso_until as ssoUntil",
      sql<boolean | null>`member_sessions.sso_until > now()`.as("ssoValid"),
      sql<boolean | null>`member_sessions.sso_confirmed_at > now() - interval '5 minutes'`.as("ssoRecent"),
      "member_sessions.sso_second_factor as ssoSecondFactor",
      SSO_DEMANDED.as("ssoDemanded"),
    ]),
);

function ssoProofOf(row: Row): SsoProof | null {
  const { ssoConnectionId: connectionId, ssoProvedAt: provedAt, ssoUntil: until } = row;
  if (connectionId === null || provedAt === null || until === null) return null;
  return {
    connectionId,
    provedAt,
    until,
    valid: row.ssoValid === true,
    recent: row.ssoValid === true && row.ssoRecent === true,
    secondFactor: row.ssoSecondFactor === true,
  };
}

function tenantOf(row: Row): Tenant {
  const { tenantId, slug, name, createdAt, accentColour, timeZone, clock, talkKeyMode } = row;
  const { mfaPolicy, ssoPolicy, ssoHours, sessionIdleMinutes, sessionAbsoluteMinutes, logoId, ownerMemberId } = row;
  const display = { accentColour, timeZone, clock, talkKeyMode, logoId };
  const { addOns, billingState, billingUntil } = row;
  const policies = { mfaPolicy, ssoPolicy, ssoHours, sessionIdleMinutes, sessionAbsoluteMinutes };
  return { tenantId, slug, name, createdAt, ownerMemberId, ...display, ...policies, addOns, billingState, billingUntil };
}

/** @param inUse for a live connection or a download, which uses its session all the time, so that the session is not idle */
function verdictOn(row: Row | undefined, session: Claimant, inUse: boolean): Verdict {
  if (!row) return new Refusal("not_found");
  const sso = ssoProofOf(row);
  const lastSeenHere = inUse ? row.asOf : row.lastSeenHere;
  const membership = { ...row, lastSeenHere, isOwner: row.memberId === row.ownerMemberId, sso };
  const refusal = refusalFor(membership, session);
  if (refusal !== null) return refusal;
  const { session: known, ssoDemanded, asOf } = row;
  const endsInMs = endOf(membership, session).getTime() - asOf.getTime();
  const member = toMember({ ...row, name: row.memberName });
  return { member, tenant: tenantOf(row), session: known, sso, ssoDemanded, endsInMs };
}

/**
 * Decides in one query which principals the transaction's tenant admits.
 * @param principals their sessions must have been found valid just before (sessions.ts)
 * @param inUse for live connections and downloads, which keep their sessions from being idle
 * @returns a verdict for each, in their order: not_found for a non-member or a deleted tenant, otherwise as conditions.ts decides
 */
export async function admit(tx: TenantTx, principals: readonly Claimant[], inUse = false): Promise<Verdict[]> {
  const rows = await findMemberships(tx.db, {
    accountIds: principals.map(({ accountId }) => accountId),
    sessionIds: principals.map(({ sessionId }) => sessionId),
  });
  const bySession = new Map(rows.map((row) => [`${row.accountId} ${row.sessionId}`, row]));
  return principals.map((claimant) => verdictOn(bySession.get(`${claimant.accountId} ${claimant.sessionId}`), claimant, inUse));
}

/** Admits one principal. @throws Refusal, if its verdict is one */
export async function admitOne(tx: TenantTx, principal: Claimant, inUse = false): Promise<Admission> {
  const [verdict] = await admit(tx, [principal], inUse);
  if (!verdict || verdict instanceof Refusal) throw verdict ?? new Refusal("not_found");
  return verdict;
}
