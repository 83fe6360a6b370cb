/** The invitations that nobody has accepted or withdrawn: which of them still let somebody in, and which have to be sent again. */
import { type RawBuilder, sql } from "kysely";
import { BUILT_IN_ROLES, builtInPermissions } from "#contract/permissions.ts";
import type { Db } from "../platform/db/pools.ts";
import type { TimeCursor } from "../platform/page.ts";
import { revokeInvitations, selectInvitations } from "./queries.ts";

const BUILT_IN = JSON.stringify(Object.fromEntries(BUILT_IN_ROLES.map((role) => [role, [...builtInPermissions(role)]])));

/**
 * Who has which role may give which: `stillVouchedFor` of policy.ts, asked once for each two roles, of which there are few, and not
 * for each invitation. A test holds the two together.
 */
const VOUCHING = sql`select held.role_id as voucher_role_id, given.role_id from
  (select role_id, coalesce(permissions, array(select jsonb_array_elements_text(${BUILT_IN}::jsonb -> built_in))) as allowed
    from roles) held
  join (select role_id, coalesce(permissions, array(select jsonb_array_elements_text(${BUILT_IN}::jsonb -> built_in))) as allowed
    from roles) given on held.allowed @> given.allowed
  where 'users.invite' = any(held.allowed)`;

/** Of a query over invitations whose `voucher` is joined to them. */
const VOUCHED_FOR = sql<boolean>`(coalesce(voucher.status = 'active', false)
  and (voucher.role_id, invitations.role_id) in (${VOUCHING}))`;

const STATES = {
  pending: sql<boolean>`(invitations.expires_at > now() and ${VOUCHED_FOR})`,
  expired: sql<boolean>`invitations.expires_at <= now()`,
  lapsed: sql<boolean>`(invitations.expires_at > now() and not ${VOUCHED_FOR})`,
  dead: sql<boolean>`(invitations.expires_at <= now() or not ${VOUCHED_FOR})`,
} satisfies Record<string, RawBuilder<boolean>>;

/** dead: expired or lapsed, and nobody comes in by it until it is sent again. */
export type OpenState = keyof typeof STATES;

/** Neither accepted nor revoked, newest first, from the cursor on; one more than `limit`. */
export function listOpenInvitations(
  db: Db,
  filter: { search: string | undefined; state: OpenState | undefined },
  after: TimeCursor | null,
  limit: number,
) {
  return (
    selectInvitations(db)
      .where("invitations.accepted_at", "is", null)
      .where("invitations.revoked_at", "is", null)
      .$if(after !== null, (query) =>
        query.where(sql<boolean>`(invitations.created_at, invitations.invitation_id) < (${after?.at}, ${after?.id})`),
      )
      // A part, not a pattern: what was typed has no signs that mean more. Reads the open ones of this tenant only, by their index.
      .$if(filter.search !== undefined, (query) => query.where(sql<boolean>`strpos(invitations.email, ${filter.search}) > 0`))
      .$if(filter.state !== undefined, (query) => query.where(STATES[filter.state ?? "pending"]))
      .orderBy("invitations.created_at", "desc")
      .orderBy("invitations.invitation_id", "desc")
      .limit(limit + 1)
      .execute()
  );
}

function selectOpen(db: Db) {
  return db
    .selectFrom("invitations")
    .leftJoin("members as voucher", (join) =>
      join
        .onRef("voucher.tenant_id", "=", "invitations.tenant_id")
        .onRef("voucher.member_id", "=", "invitations.invited_by_member_id"),
    )
    .where("invitations.accepted_at", "is", null)
    .where("invitations.revoked_at", "is", null);
}

export async function countOpen(db: Db, state: OpenState): Promise<number> {
  const { count } = await selectOpen(db)
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where(STATES[state])
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Of those that still let somebody in, the ones that would not if these members vouched for them with that role; null: not at all. */
export async function countLapsing(db: Db, memberIds: string[], roleId: string | null): Promise<number> {
  const { count } = await selectOpen(db)
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where(STATES.pending)
    .where("invitations.invited_by_member_id", "=", sql<string>`any(${memberIds}::uuid[])`)
    .$if(roleId !== null, (query) => query.where(sql<boolean>`(${roleId}::uuid, invitations.role_id) not in (${VOUCHING})`))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Those that still let somebody in, and no longer than these hours. */
export async function countExpiring(db: Db, hours: number): Promise<number> {
  const { count } = await selectOpen(db)
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where(STATES.pending)
    .where("invitations.expires_at", "<=", sql<Date>`now() + make_interval(hours => ${hours})`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** How many still let somebody in, and the newest of them. */
export async function findPending(db: Db, limit: number) {
  const rows = await selectOpen(db)
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "invitations.tenant_id").onRef("roles.role_id", "=", "invitations.role_id"),
    )
    .select(["invitations.email", "roles.name as roleName", sql<string>`count(*) over ()`.as("count")])
    .where(STATES.pending)
    .orderBy("invitations.created_at", "desc")
    .orderBy("invitations.invitation_id", "desc")
    .limit(limit)
    .execute();
  return { count: Number(rows[0]?.count ?? 0), named: rows.map(({ email, roleName }) => ({ email, roleName })) };
}

/** Of these addresses those with an open invitation, and whether it still lets them in. */
export async function listOpenOf(db: Db, emails: string[]) {
  if (emails.length === 0) return [];
  return selectOpen(db)
    .select([
      "invitations.email",
      "invitations.invitation_id as invitationId",
      "invitations.invited_by_name as invitedByName",
      STATES.pending.as("pending"),
      STATES.lapsed.as("lapsed"),
    ])
    .where("invitations.email", "in", emails)
    .execute();
}

/** Expired and lapsed ones make way for others to the same addresses. */
export async function revokeDead(db: Db, emails: string[]): Promise<void> {
  const dead = await selectOpen(db)
    .select("invitations.invitation_id as invitationId")
    .where("invitations.email", "in", emails)
    .where(STATES.dead)
    .orderBy("invitations.invitation_id")
    .forUpdate("invitations")
    .execute();
  if (dead.length === 0) return;
  await revokeInvitations(
    db,
    dead.map(({ invitationId }) => invitationId),
  );
}
