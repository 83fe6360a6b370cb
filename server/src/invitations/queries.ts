import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import type { TimeCursor } from "../platform/page.ts";

const COLUMNS = [
  "invitations.invitation_id as invitationId",
  "invitations.email",
  "invitations.role_id as roleId",
  "roles.name as roleName",
  "invitations.invited_by_name as invitedByName",
  "invitations.token_sealed as tokenSealed",
  "invitations.created_at as createdAt",
  "invitations.expires_at as expiresAt",
  "invitations.accepted_at as acceptedAt",
  "invitations.revoked_at as revokedAt",
] as const;

function select(db: Db) {
  return db
    .selectFrom("invitations")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "invitations.tenant_id").onRef("roles.role_id", "=", "invitations.role_id"),
    )
    .select(COLUMNS)
    .select(sql<boolean>`invitations.expires_at <= now()`.as("expired"));
}

export type InvitationRow = Awaited<ReturnType<typeof listOpenInvitations>>[number];

/** Neither accepted nor revoked, newest first, from the cursor on; one more than `limit`. */
export function listOpenInvitations(db: Db, after: TimeCursor | null, limit: number) {
  return select(db)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .$if(after !== null, (query) =>
      query.where(sql<boolean>`(invitations.created_at, invitation_id) < (${after?.at}, ${after?.id})`),
    )
    .orderBy("invitations.created_at", "desc")
    .orderBy("invitation_id", "desc")
    .limit(limit + 1)
    .execute();
}

export async function countExpiring(db: Db, hours: number): Promise<number> {
  const { count } = await db
    .selectFrom("invitations")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", sql<Date>`now()`)
    .where("expires_at", "<=", sql<Date>`now() + make_interval(hours => ${hours})`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function findInvitation(db: Db, invitationId: string) {
  return select(db).where("invitation_id", "=", invitationId).executeTakeFirst();
}

/** The same, locked: of two who accept at once the second sees that it is used. */
export function lockInvitation(db: Db, invitationId: string) {
  return select(db).where("invitation_id", "=", invitationId).forUpdate("invitations").executeTakeFirst();
}

/** Nothing when the address has an open invitation. */
export function insertInvitation(
  db: Db,
  invitation: {
    tenantId: string;
    invitationId: string;
    email: string;
    roleId: string;
    invitedByName: string;
    tokenSealed: Buffer;
    days: number;
  },
) {
  return db
    .insertInto("invitations")
    .values({
      tenant_id: invitation.tenantId,
      invitation_id: invitation.invitationId,
      email: invitation.email,
      role_id: invitation.roleId,
      invited_by_name: invitation.invitedByName,
      token_sealed: invitation.tokenSealed,
      created_at: sql`date_trunc('milliseconds', now())`,
      expires_at: sql`now() + make_interval(days => ${invitation.days})`,
    })
    .onConflict((conflict) =>
      conflict.columns(["tenant_id", "email"]).where("accepted_at", "is", null).where("revoked_at", "is", null).doNothing(),
    )
    .returning("invitation_id")
    .executeTakeFirst();
}

/** Makes invitations findable, after their rows: by their links' tokens, and by whoever has the invited address. */
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
    .expression((of) =>
      of
        .selectFrom("invitations")
        .select([sql<Buffer>`sha256(convert_to(email, 'UTF8'))`.as("email_hash"), "tenant_id", "invitation_id"])
        .where("invitation_id", "in", [...new Set(entries.map(({ invitationId }) => invitationId))]),
    )
    // One that gets new links is there already.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Of tenants that the person is no member of, so that those that were accepted need not be asked about again and again. The
 * newest first: they are the ones that may still be open.
 */
export function listInviteeEntries(db: Db, person: { accountId: string; email: string }, limit: number) {
  return db
    .selectFrom("directory_invitees")
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
    .orderBy("invitation_id", "desc")
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

/** Of an address in lower case, as accounts and invitations have it. */
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

/** An expired one makes way for another to the same address. */
export async function revokeExpired(db: Db, email: string): Promise<void> {
  await db
    .updateTable("invitations")
    .set({ revoked_at: sql`now()` })
    .where("email", "=", email)
    .where("expires_at", "<=", sql<Date>`now()`)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .execute();
}

/** False when there is no such open invitation. */
export async function revokeInvitation(db: Db, invitationId: string): Promise<boolean> {
  const revoked = await db
    .updateTable("invitations")
    .set({ revoked_at: sql`now()` })
    .where("invitation_id", "=", invitationId)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .returning("invitation_id")
    .executeTakeFirst();
  return revoked !== undefined;
}

/** Open invitations to the one role are to the other from now on. */
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

/** Invitations that were accepted or withdrawn do nothing any more, and must name some role: the one that allows least. */
export async function forgetRole(db: Db, roleId: string): Promise<void> {
  await db
    .updateTable("invitations")
    .set({ role_id: sql`(select role_id from roles where built_in = 'viewer')` })
    .where("role_id", "=", roleId)
    .execute();
}
