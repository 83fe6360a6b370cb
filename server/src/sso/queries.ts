/** Queries of a tenant's connections and of the identities of its members. */
import { sql } from "kysely";
import type { SsoBinding, SsoMapping, SsoProtocol, SsoProvider } from "#contract/http/sso.ts";
import type { Db } from "../platform/db/pools.ts";
import type { MetadataProblem } from "./metadata-problem.ts";

export interface GroupRole {
  group: string;
  roleId: string;
}

function selectConnections(db: Db) {
  return db
    .selectFrom("sso_connections")
    .select([
      "tenant_id as tenantId",
      "connection_id as connectionId",
      "name",
      "enabled",
      "idp_entity_id as idpEntityId",
      "sign_on_url as signOnUrl",
      "metadata_url as metadataUrl",
      "metadata_read_at as metadataReadAt",
      "metadata_tried_at as metadataTriedAt",
      "certificates",
      "takes_encrypted as takesEncrypted",
      "service_key_sealed as serviceKeySealed",
      "service_certificate as serviceCertificate",
      "issuer",
      "client_id as clientId",
      "client_secret_sealed as clientSecretSealed",
      "subject_attribute as subjectAttribute",
      "default_role_id as defaultRoleId",
      "counts_as_mfa as countsAsMfa",
      "trusted_by as trustedBy",
      "tested_at as testedAt",
      "tested_by as testedBy",
      "warned_days as warnedDays",
    ])
    .select([
      sql<SsoProvider>`provider`.as("provider"),
      sql<SsoProtocol>`protocol`.as("protocol"),
      sql<SsoBinding>`sign_on_binding`.as("signOnBinding"),
      sql<"invited" | "just_in_time">`joining`.as("joining"),
      sql<MetadataProblem | null>`metadata_problem`.as("metadataProblem"),
      sql<SsoMapping>`mapping`.as("mapping"),
      sql<GroupRole[]>`group_roles`.as("groupRoles"),
    ]);
}

export type Connection = Awaited<ReturnType<typeof listConnections>>[number];

export function listConnections(db: Db) {
  return selectConnections(db).orderBy("created_at").orderBy("connection_id").execute();
}

export function findConnection(db: Db, connectionId: string): Promise<Connection | undefined> {
  return selectConnections(db).where("connection_id", "=", connectionId).executeTakeFirst();
}

/** Locks the connection, so that of two simultaneous changes the second one sees the first. */
export function lockConnection(db: Db, connectionId: string): Promise<Connection | undefined> {
  return selectConnections(db).where("connection_id", "=", connectionId).forUpdate().executeTakeFirst();
}

export interface NewConnection {
  tenantId: string;
  connectionId: string;
  name: string;
  provider: SsoProvider;
  protocol: SsoProtocol;
  serviceKeySealed: Buffer | null;
  serviceCertificate: string | null;
  trustedBy: string;
}

export async function insertConnection(db: Db, row: NewConnection): Promise<void> {
  await db
    .insertInto("sso_connections")
    .values({
      tenant_id: row.tenantId,
      connection_id: row.connectionId,
      name: row.name,
      provider: row.provider,
      protocol: row.protocol,
      service_key_sealed: row.serviceKeySealed,
      service_certificate: row.serviceCertificate,
      trusted_by: row.trustedBy,
    })
    .execute();
  await db.insertInto("directory_sso_connections").values({ connection_id: row.connectionId, tenant_id: row.tenantId }).execute();
}

export type Editable = Omit<
  Connection,
  "tenantId" | "connectionId" | "provider" | "protocol" | "serviceKeySealed" | "serviceCertificate" | "warnedDays"
>;

export async function saveConnection(db: Db, connectionId: string, row: Editable): Promise<void> {
  await db
    .updateTable("sso_connections")
    .set({
      name: row.name,
      enabled: row.enabled,
      idp_entity_id: row.idpEntityId,
      sign_on_url: row.signOnUrl,
      sign_on_binding: row.signOnBinding,
      metadata_url: row.metadataUrl,
      metadata_read_at: row.metadataReadAt,
      metadata_tried_at: row.metadataTriedAt,
      metadata_problem: row.metadataProblem && sql<never>`${JSON.stringify(row.metadataProblem)}::jsonb`,
      certificates: row.certificates,
      takes_encrypted: row.takesEncrypted,
      issuer: row.issuer,
      client_id: row.clientId,
      client_secret_sealed: row.clientSecretSealed,
      subject_attribute: row.subjectAttribute,
      mapping: sql`${JSON.stringify(row.mapping)}::jsonb`,
      group_roles: sql`${JSON.stringify(row.groupRoles)}::jsonb`,
      joining: row.joining,
      default_role_id: row.defaultRoleId,
      counts_as_mfa: row.countsAsMfa,
      trusted_by: row.trustedBy,
      tested_at: row.testedAt,
      tested_by: row.testedBy,
      // New certificates get new warnings.
      warned_days: sql`case when certificates = ${row.certificates} then warned_days end`,
    })
    .where("connection_id", "=", connectionId)
    .execute();
}

/** Records a successful test. The caller has checked that the connection's trust has not changed since the test. */
export async function noteTest(db: Db, connectionId: string, accountId: string): Promise<void> {
  await db
    .updateTable("sso_connections")
    .set({ tested_at: sql<Date>`now()`, tested_by: accountId })
    .where("connection_id", "=", connectionId)
    .execute();
}

/** Connections that are switched on and whose metadata were not read within the last day. */
export async function listDueForReading(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom("sso_connections")
    .select("connection_id as connectionId")
    .where("enabled", "=", true)
    .where("metadata_url", "is not", null)
    .where(sql<boolean>`coalesce(metadata_tried_at < now() - interval '23 hours', true)`)
    .execute();
  return rows.map(({ connectionId }) => connectionId);
}

export async function noteWarning(db: Db, connectionId: string, days: number): Promise<void> {
  await db.updateTable("sso_connections").set({ warned_days: days }).where("connection_id", "=", connectionId).execute();
}

export async function deleteConnection(db: Db, connectionId: string): Promise<void> {
  await db.deleteFrom("sso_connections").where("connection_id", "=", connectionId).execute();
}

/** Whether somebody tested a connection that is switched on, successfully and within the hour. */
export async function hasFreshTest(db: Db, accountId: string): Promise<boolean> {
  const found = await db
    .selectFrom("sso_connections")
    .select("connection_id")
    .where("enabled", "=", true)
    .where("tested_by", "=", accountId)
    .where("tested_at", ">", sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirst();
  return found !== undefined;
}

export async function setPolicy(db: Db, policy: string, hours: number): Promise<void> {
  await db.updateTable("tenants").set({ sso_policy: policy, sso_hours: hours }).execute();
}

/** The number of joined members by connection id. */
export async function countPeople(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("sso_identities")
    .select(["connection_id as connectionId", ({ fn }) => fn.countAll<string>().as("count")])
    .groupBy("connection_id")
    .execute();
  return new Map(rows.map(({ connectionId, count }) => [connectionId, Number(count)]));
}

export interface Reached {
  memberId: string;
  isOwner: boolean;
  roleName: string;
  builtIn: string | null;
  permissions: string[] | null;
}

function selectReached(db: Db) {
  return db
    .selectFrom("members")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
    .select(["roles.name as roleName", "roles.built_in as builtIn", "roles.permissions"])
    .select([
      "members.member_id as memberId",
      "members.account_id as accountId",
      "members.name",
      "members.status",
      "members.role_id as roleId",
      sql<boolean>`tenants.owner_member_id = members.member_id`.as("isOwner"),
    ]);
}

export type MemberRow = Awaited<ReturnType<typeof findMember>>;

/** One row for each role that members hold who are joined to the connection, and one for the owner. */
export function listReached(db: Db, connectionId: string): Promise<Reached[]> {
  return selectReached(db)
    .innerJoin("sso_identities", (join) =>
      join
        .onRef("sso_identities.tenant_id", "=", "members.tenant_id")
        .onRef("sso_identities.member_id", "=", "members.member_id"),
    )
    .where("sso_identities.connection_id", "=", connectionId)
    .distinctOn(["members.role_id", sql`tenants.owner_member_id = members.member_id`])
    .execute();
}

export function findMember(db: Db, memberId: string) {
  return selectReached(db).where("members.member_id", "=", memberId).executeTakeFirst();
}

export function findMemberByEmail(db: Db, email: string) {
  return selectReached(db).where("members.email", "=", email).executeTakeFirst();
}

export function findIdentity(db: Db, connectionId: string, subject: string) {
  return db
    .selectFrom("sso_identities")
    .select("member_id as memberId")
    .where("connection_id", "=", connectionId)
    .where("subject", "=", subject)
    .executeTakeFirst();
}

/** Whether a known subject differs from this one in letter case only. */
export async function hasOtherCase(db: Db, connectionId: string, subject: string): Promise<boolean> {
  const found = await db
    .selectFrom("sso_identities")
    .select("member_id")
    .where("connection_id", "=", connectionId)
    .where(sql<boolean>`lower(subject) = lower(${subject}) and subject <> ${subject}`)
    .executeTakeFirst();
  return found !== undefined;
}

/** @returns false if the subject or the member already has an identity at the connection */
export async function insertIdentity(
  db: Db,
  row: { tenantId: string; connectionId: string; subject: string; memberId: string },
): Promise<boolean> {
  const inserted = await db
    .insertInto("sso_identities")
    .values({ tenant_id: row.tenantId, connection_id: row.connectionId, subject: row.subject, member_id: row.memberId })
    .onConflict((conflict) => conflict.doNothing())
    .returning("member_id")
    .executeTakeFirst();
  return inserted !== undefined;
}

export async function noteIdentityUse(db: Db, connectionId: string, subject: string): Promise<void> {
  await db
    .updateTable("sso_identities")
    .set({ last_used_at: sql<Date>`now()` })
    .where("connection_id", "=", connectionId)
    .where("subject", "=", subject)
    .execute();
}

function selectIdentities(db: Db, connectionId: string) {
  return selectReached(db)
    .innerJoin("sso_identities", (join) =>
      join
        .onRef("sso_identities.tenant_id", "=", "members.tenant_id")
        .onRef("sso_identities.member_id", "=", "members.member_id"),
    )
    .select([
      "members.email",
      "sso_identities.subject",
      "sso_identities.linked_at as linkedAt",
      "sso_identities.last_used_at as lastUsedAt",
    ])
    .where("sso_identities.connection_id", "=", connectionId);
}

/** @param page `after`: the last member of the page before */
export function listIdentities(db: Db, page: { connectionId: string; after: string | null; limit: number }) {
  return selectIdentities(db, page.connectionId)
    .$if(page.after !== null, (query) => query.where("members.member_id", ">", page.after ?? ""))
    .orderBy("members.member_id")
    .limit(page.limit)
    .execute();
}

export interface IdentityKey {
  connectionId: string;
  memberId: string;
}

export function findIdentityOf(db: Db, { connectionId, memberId }: IdentityKey) {
  return selectIdentities(db, connectionId).where("members.member_id", "=", memberId).executeTakeFirst();
}

/** Waits for sign-ins that hold the identity (holdIdentity). */
export async function deleteIdentity(db: Db, { connectionId, memberId }: IdentityKey): Promise<void> {
  await db.deleteFrom("sso_identities").where("connection_id", "=", connectionId).where("member_id", "=", memberId).execute();
}

/**
 * The connection, if it is switched on and the member is still joined to it. Until the transaction ends, nobody can separate the member from
 * it, change it or delete it.
 */
export async function holdIdentity(db: Db, { connectionId, memberId }: IdentityKey): Promise<Connection | undefined> {
  const connection = await selectConnections(db)
    .where("connection_id", "=", connectionId)
    .where("enabled", "=", true)
    .forShare()
    .executeTakeFirst();
  if (!connection) return undefined;
  const identity = await db
    .selectFrom("sso_identities")
    .select("member_id")
    .where("connection_id", "=", connectionId)
    .where("member_id", "=", memberId)
    .forShare()
    .executeTakeFirst();
  return identity && connection;
}

export async function listLinkedConnections(db: Db, memberId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom("sso_identities")
    .select("connection_id as connectionId")
    .where("member_id", "=", memberId)
    .execute();
  return new Set(rows.map(({ connectionId }) => connectionId));
}

/** Records the assertion as used, and deletes records of assertions that have expired. @returns false if it was used before */
export async function spendAssertion(
  db: Db,
  row: { tenantId: string; connectionId: string; assertionHash: Buffer; expiresAt: Date },
): Promise<boolean> {
  await db
    .deleteFrom("sso_assertions")
    .where("expires_at", "<", sql<Date>`now() - interval '1 hour'`)
    .execute();
  const inserted = await db
    .insertInto("sso_assertions")
    .values({
      tenant_id: row.tenantId,
      connection_id: row.connectionId,
      assertion_hash: row.assertionHash,
      expires_at: row.expiresAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("assertion_hash")
    .executeTakeFirst();
  return inserted !== undefined;
}

interface ProofsToEnd {
  connectionId: string;
  /** Undefined: the proofs of all members. */
  memberId?: string;
  exceptSessionId?: string | null;
}

/** Ends what sessions proved through the connection. */
export async function endProofs(db: Db, { connectionId, memberId, exceptSessionId = null }: ProofsToEnd): Promise<void> {
  await db
    .updateTable("member_sessions")
    .set({ sso_until: sql<Date>`least(sso_until, now())` })
    .where("sso_connection_id", "=", connectionId)
    .$if(memberId !== undefined, (query) => query.where("member_id", "=", memberId ?? ""))
    .$if(exceptSessionId !== null, (query) => query.where("session_id", "<>", exceptSessionId ?? ""))
    .execute();
}

/** Limits every proof to this many hours. */
export async function shortenProofs(db: Db, hours: number): Promise<void> {
  await db
    .updateTable("member_sessions")
    .set({ sso_until: sql<Date>`least(sso_until, sso_proved_at + make_interval(hours => ${hours}))` })
    .where("sso_until", ">", sql<Date>`sso_proved_at + make_interval(hours => ${hours})`)
    .execute();
}

export interface Proof {
  tenantId: string;
  sessionId: string;
  memberId: string;
  connectionId: string;
  until: Date;
  /** When the provider authenticated the person; null if it doesn't say. */
  confirmedAt: Date | null;
  secondFactor: boolean;
  ipAddress: string | null;
  userAgent: string | null;
}

/** @returns whether the session had not entered the tenant before */
export async function saveProof(db: Db, proof: Proof): Promise<boolean> {
  const { rows } = await sql<{ isNew: boolean }>`
    insert into member_sessions
      (tenant_id, session_id, member_id, ip_address, user_agent, sso_connection_id, sso_proved_at, sso_until, sso_confirmed_at, sso_second_factor)
    values (${proof.tenantId}, ${proof.sessionId}, ${proof.memberId}, ${proof.ipAddress}, ${proof.userAgent},
      ${proof.connectionId}, now(), ${proof.until}, case when ${proof.confirmedAt}::timestamptz is not null then least(now(), ${proof.confirmedAt}) end,
      ${proof.secondFactor})
    on conflict (tenant_id, session_id) do update set
      sso_connection_id = excluded.sso_connection_id, sso_proved_at = now(), sso_until = excluded.sso_until,
      sso_confirmed_at = greatest(member_sessions.sso_confirmed_at, excluded.sso_confirmed_at),
      sso_second_factor = excluded.sso_second_factor
    where member_sessions.member_id = excluded.member_id
    returning xmax = 0 as "isNew"`.execute(db);
  return rows[0]?.isNew ?? false;
}

export async function setRole(db: Db, memberId: string, roleId: string): Promise<void> {
  await db.updateTable("members").set({ role_id: roleId }).where("member_id", "=", memberId).execute();
}

export function findRole(db: Db, roleId: string) {
  return db
    .selectFrom("roles")
    .select(["role_id as roleId", "name", "built_in as builtIn", "permissions"])
    .where("role_id", "=", roleId)
    .forKeyShare()
    .executeTakeFirst();
}

/** Whether single sign-on is required, and for how many hours a proof counts. */
export async function findPolicy(db: Db): Promise<{ policy: string; hours: number }> {
  return db.selectFrom("tenants").select(["sso_policy as policy", "sso_hours as hours"]).executeTakeFirstOrThrow();
}

/** The names of all roles by id. */
export async function findRoleNames(db: Db): Promise<Map<string, string>> {
  const rows = await db.selectFrom("roles").select(["role_id as roleId", "name"]).execute();
  return new Map(rows.map(({ roleId, name }) => [roleId, name]));
}
