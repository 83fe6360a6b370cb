import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Seat } from "../billing/licences.ts";
import type { Db } from "../platform/db/pools.ts";

const COLUMNS = [
  "invitations.invitation_id as invitationId",
  "invitations.email",
  "invitations.role_id as roleId",
  "roles.name as roleName",
  "roles.built_in as roleBuiltIn",
  "roles.permissions as rolePermissions",
  "invitations.invited_by_name as invitedByName",
  "voucher.status as voucherStatus",
  "voucher_role.built_in as voucherBuiltIn",
  "voucher_role.permissions as voucherPermissions",
  "invitations.token_sealed as tokenSealed",
  "invitations.mailed_hash as mailedHash",
  "invitations.created_at as createdAt",
  "invitations.mailed_at as mailedAt",
  "invitations.expires_at as expiresAt",
  "invitations.accepted_at as acceptedAt",
  "invitations.revoked_at as revokedAt",
] as const;

export function selectInvitations(db: Db) {
  return db
    .selectFrom("invitations")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "invitations.tenant_id").onRef("roles.role_id", "=", "invitations.role_id"),
    )
    .leftJoin("members as voucher", (join) =>
      join
        .onRef("voucher.tenant_id", "=", "invitations.tenant_id")
        .onRef("voucher.member_id", "=", "invitations.invited_by_member_id"),
    )
    .leftJoin("roles as voucher_role", (join) =>
      join.onRef("voucher_role.tenant_id", "=", "voucher.tenant_id").onRef("voucher_role.role_id", "=", "voucher.role_id"),
    )
    .select(COLUMNS)
    .select(sql<boolean>`invitations.expires_at <= now()`.as("expired"));
}

export type InvitationRow = Awaited<ReturnType<typeof lockOpenInvitations>>[number];

export function findInvitation(db: Db, invitationId: string) {
  return selectInvitations(db).where("invitations.invitation_id", "=", invitationId).executeTakeFirst();
}

/** Locks the invitation, so that the second of two concurrent acceptances finds it accepted. */
export function lockInvitation(db: Db, invitationId: string) {
  return selectInvitations(db).where("invitations.invitation_id", "=", invitationId).forUpdate("invitations").executeTakeFirst();
}

/** Invitations that are neither accepted nor withdrawn, expired ones included. */
export async function countOpen(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("invitations")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Locks the open ones of these invitations, always in the same order, so that two requests cannot deadlock. */
export function lockOpenInvitations(db: Db, invitationIds: string[]) {
  return selectInvitations(db)
    .where("invitations.invitation_id", "in", invitationIds)
    .where("invitations.accepted_at", "is", null)
    .where("invitations.revoked_at", "is", null)
    .orderBy("invitations.invitation_id")
    .forUpdate("invitations")
    .execute();
}

const WITHIN_A_DAY = sql<boolean>`asked_at > now() - interval '1 day'`;

export async function countMails(db: Db): Promise<number> {
  const counted = await db
    .selectFrom("invitation_mails")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where(WITHIN_A_DAY)
    .executeTakeFirstOrThrow();
  return Number(counted.count);
}

/** Those of the addresses that got at least `max` mails in the last 24 hours. */
export async function listFullAddresses(db: Db, emails: string[], max: number) {
  if (emails.length === 0) return [];
  return db
    .selectFrom("invitation_mails")
    .innerJoin("invitations", (join) =>
      join
        .onRef("invitations.tenant_id", "=", "invitation_mails.tenant_id")
        .onRef("invitations.invitation_id", "=", "invitation_mails.invitation_id"),
    )
    .select("invitations.email")
    .where("invitations.email", "in", emails)
    .where(WITHIN_A_DAY)
    .groupBy("invitations.email")
    .having(({ fn }) => fn.countAll(), ">=", max)
    .execute();
}

/** Records the mails, and deletes records older than a day, which no limit counts. */
export async function noteMails(db: Db, mails: Array<{ tenantId: string; mailId: string; invitationId: string }>): Promise<void> {
  await db
    .deleteFrom("invitation_mails")
    .where(sql<boolean>`asked_at <= now() - interval '1 day'`)
    .execute();
  await db
    .insertInto("invitation_mails")
    .values(
      mails.map(({ tenantId, mailId, invitationId }) => ({ tenant_id: tenantId, mail_id: mailId, invitation_id: invitationId })),
    )
    .execute();
}

export interface NewInvitation {
  tenantId: string;
  invitationId: string;
  email: string;
  roleId: string;
  invitedByMemberId: string;
  invitedByName: string;
  tokenSealed: Buffer;
  mailedHash: Buffer;
  days: number;
}

/** Skips addresses with an open invitation. @returns the ids of the inserted invitations */
export async function insertInvitations(db: Db, _seats: Seat, invitations: NewInvitation[]): Promise<Set<string>> {
  const inserted = await db
    .insertInto("invitations")
    .values(
      invitations.map((invitation) => ({
        tenant_id: invitation.tenantId,
        invitation_id: invitation.invitationId,
        email: invitation.email,
        role_id: invitation.roleId,
        invited_by_member_id: invitation.invitedByMemberId,
        invited_by_name: invitation.invitedByName,
        token_sealed: invitation.tokenSealed,
        mailed_hash: invitation.mailedHash,
        created_at: sql`date_trunc('milliseconds', now())`,
        mailed_at: sql`now()`,
        expires_at: sql`now() + make_interval(days => ${invitation.days}::int)`,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["tenant_id", "email"]).where("accepted_at", "is", null).where("revoked_at", "is", null).doNothing(),
    )
    .returning("invitation_id as invitationId")
    .execute();
  return new Set(inserted.map(({ invitationId }) => invitationId));
}

/** Gives the invitations new mailed links, a new expiry and a new sender, in one statement. */
export async function renewInvitations(
  db: Db,
  _seats: Seat,
  renewed: Array<{ invitationId: string; mailedHash: Buffer }>,
  by: { memberId: string; name: string; days: number },
): Promise<void> {
  const fresh = JSON.stringify(
    renewed.map(({ invitationId, mailedHash }) => ({ id: invitationId, hash: mailedHash.toString("hex") })),
  );
  await sql`
    update invitations set mailed_hash = decode(fresh.hash, 'hex'), mailed_at = now(),
      expires_at = now() + make_interval(days => ${by.days}::int),
      invited_by_member_id = ${by.memberId}, invited_by_name = ${by.name}
    from jsonb_to_recordset(${fresh}::jsonb) as fresh (id uuid, hash text)
    where invitations.invitation_id = fresh.id`.execute(db);
}

/** Makes invitations findable by their links' tokens and by the invited address. Call it after their rows are inserted. */
export async function insertDirectoryEntries(
  db: Db,
  entries: Array<{ tokenHash: Buffer; tenantId: string; invitationId: string; provesEmail: boolean }>,
): Promise<void> {
  await db
    .insertInto("directory_invitations")
    .values(
      entries.map((entry) => ({
        token_hash: entry.tokenHash,
        tenant_id: entry.tenantId,
        invitation_id: entry.invitationId,
        proves_email: entry.provesEmail,
      })),
    )
    .execute();
  await db
    .insertInto("directory_invitees")
    .columns(["email_hash", "tenant_id", "invitation_id"])
    .expression(({ selectFrom }) =>
      selectFrom("invitations")
        .select([sql<Buffer>`sha256(convert_to(email, 'UTF8'))`.as("email_hash"), "tenant_id", "invitation_id"])
        .where("invitation_id", "in", [...new Set(entries.map(({ invitationId }) => invitationId))]),
    )
    // An invitation that is sent again is already there.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * The newest invitation to the person's address from each tenant that they are not a member of, newest first. Tenants they belong to are left
 * out, so that accepted invitations need not be read.
 */
export function listInviteeEntries(db: Db, person: { accountId: string; email: string }, limit: number) {
  return db
    .selectFrom((builder) =>
      builder
        .selectFrom("directory_invitees")
        // Only a tenant's newest invitation can still be open. One per tenant, or a tenant that invites and withdraws could crowd out others.
        .distinctOn("tenant_id")
        .select(["tenant_id as tenantId", "invitation_id as invitationId"])
        .where("email_hash", "=", inviteeHash(person.email))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("directory_memberships")
                .select("account_id")
                .whereRef("directory_memberships.tenant_id", "=", "directory_invitees.tenant_id")
                .where("directory_memberships.account_id", "=", person.accountId),
            ),
          ),
        )
        .orderBy("tenant_id")
        .orderBy("invitation_id", "desc")
        .as("newest"),
    )
    .selectAll()
    .orderBy("invitationId", "desc")
    .limit(limit)
    .execute();
}

export function findInviteeEntry(db: Db, email: string, invitationId: string) {
  return db
    .selectFrom("directory_invitees")
    .select(["tenant_id as tenantId", "invitation_id as invitationId"])
    .where("email_hash", "=", inviteeHash(email))
    .where("invitation_id", "=", invitationId)
    .executeTakeFirst();
}

/** @param email in lower case, as accounts and invitations have it */
function inviteeHash(email: string): Buffer {
  return createHash("sha256").update(email).digest();
}

export function findDirectoryEntry(db: Db, tokenHash: Buffer) {
  return db
    .selectFrom("directory_invitations")
    .select(["tenant_id as tenantId", "invitation_id as invitationId", "proves_email as provesEmail"])
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
}

export async function markAccepted(db: Db, invitationId: string): Promise<void> {
  await db
    .updateTable("invitations")
    .set({ accepted_at: sql`now()` })
    .where("invitation_id", "=", invitationId)
    .execute();
}

/** The caller must have locked these invitations. */
export async function revokeInvitations(db: Db, invitationIds: string[]): Promise<void> {
  await db
    .updateTable("invitations")
    .set({ revoked_at: sql`now()` })
    .where("invitation_id", "in", invitationIds)
    .execute();
}

/** Moves open invitations from one role to another. */
export function replaceRole(db: Db, fromRoleId: string, toRoleId: string) {
  return db
    .updateTable("invitations")
    .set({ role_id: toRoleId })
    .where("role_id", "=", fromRoleId)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .returning(["invitation_id as invitationId", "email"])
    .execute();
}

/** Moves the remaining (accepted or withdrawn) invitations of a deleted role to Viewer, because the foreign key needs some role. */
export async function forgetRole(db: Db, roleId: string): Promise<void> {
  await db
    .updateTable("invitations")
    .set({ role_id: sql`(select role_id from roles where built_in = 'viewer')` })
    .where("role_id", "=", roleId)
    .execute();
}

export interface SealedLink {
  invitationId: string;
  tokenSealed: Buffer;
}

/** A batch of all invitations, closed ones included, in the order of their ids. */
export function listSealedLinks(db: Db, after: string | null, limit: number): Promise<SealedLink[]> {
  return db
    .selectFrom("invitations")
    .select(["invitation_id as invitationId", "token_sealed as tokenSealed"])
    .$if(after !== null, (query) => query.where("invitation_id", ">", after))
    .orderBy("invitation_id")
    .limit(limit)
    .execute();
}

export async function setSealedLinks(db: Db, links: readonly SealedLink[]): Promise<void> {
  await sql`update invitations set token_sealed = sealed
    from unnest(${links.map(({ invitationId }) => invitationId)}::uuid[], ${links.map(({ tokenSealed }) => tokenSealed)}::bytea[]) link (id, sealed)
    where invitation_id = id`.execute(db);
}

export async function countSealedLinks(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("invitations")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}
