/** Queries over open invitations, which nobody has accepted or withdrawn: pending, expired, and lapsed ones. */
import { type RawBuilder, sql } from "kysely";
import { BUILT_IN_ROLES, builtInPermissions, GIVEN_BY_ANYBODY } from "#contract/permissions.ts";
import type { Db } from "../platform/db/pools.ts";
import type { TimeCursor } from "../platform/page.ts";
import { revokeInvitations, selectInvitations } from "./queries.ts";

const BUILT_IN = JSON.stringify(Object.fromEntries(BUILT_IN_ROLES.map((role) => [role, [...builtInPermissions(role)]])));

/**
 * Pairs of roles (the sender's, the invitation's) for which `stillVouchedFor` of policy.ts is true. Computed per pair of roles, which are few, and
 * not per invitation. A test compares both.
 */
const VOUCHING = sql`select held.role_id as voucher_role_id, given.role_id from
  (select role_id, coalesce(permissions, array(select jsonb_array_elements_text(${BUILT_IN}::jsonb -> built_in))) as allowed
    from roles) held
  join (select role_id, coalesce(permissions, array(select jsonb_array_elements_text(${BUILT_IN}::jsonb -> built_in))) as allowed
    from roles) given on held.allowed || ${[...GIVEN_BY_ANYBODY]}::text[] @> given.allowed
  where 'users.invite' = any(held.allowed)`;

/** For a query over invitations that joins the sender as `voucher`. */
const VOUCHED_FOR = sql<boolean>`(coalesce(voucher.status = 'active', false)
  and (voucher.role_id, invitations.role_id) in (${VOUCHING}))`;

const STATES = {
  pending: sql<boolean>`(invitations.expires_at > now() and ${VOUCHED_FOR})`,
  expired: sql<boolean>`invitations.expires_at <= now()`,
  lapsed: sql<boolean>`(invitations.expires_at > now() and not ${VOUCHED_FOR})`,
  dead: sql<boolean>`(invitations.expires_at <= now() or not ${VOUCHED_FOR})`,
} satisfies Record<string, RawBuilder<boolean>>;

/** dead: expired or lapsed. Its links do not work until it is sent again. */
export type OpenState = keyof typeof STATES;

/** Matches an address that contains one of `parts`, or one spelling of each name in `names`, ignoring punctuation in the address. */
export interface AddressSearch {
  parts: string[];
  names: string[][];
}

/** Uses strpos, so that typed characters like % have no special meaning. */
function holds({ parts, names }: AddressSearch): RawBuilder<boolean> {
  const containsAny = (value: RawBuilder<unknown>, texts: string[]) =>
    sql<boolean>`exists (select from unnest(${texts}::text[]) part where strpos(${value}, part) > 0)`;
  const letters = sql`regexp_replace(split_part(invitations.email, '@', 1), '[^a-z0-9]', '', 'g')`;
  const byName =
    names.length === 0
      ? sql`false`
      : sql.join(
          names.map((spellings) => containsAny(letters, spellings)),
          sql` and `,
        );
  return sql<boolean>`(${containsAny(sql`invitations.email`, parts)} or (${byName}))`;
}

/** Open invitations, newest first, after the cursor. Reads one more than `limit`, to see whether another page follows. */
export function listOpenInvitations(
  db: Db,
  filter: { search: AddressSearch | null; state: OpenState | undefined },
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
      // Only the tenant's open invitations are searched, through their index.
      .$if(filter.search !== null, (query) => query.where(holds(filter.search ?? { parts: [], names: [] })))
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

/** Counts pending invitations of these members that would lapse if they got the role or, with null, were suspended or removed. */
export async function countLapsing(db: Db, memberIds: string[], roleId: string | null): Promise<number> {
  const { count } = await selectOpen(db)
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where(STATES.pending)
    .where("invitations.invited_by_member_id", "=", sql<string>`any(${memberIds}::uuid[])`)
    .$if(roleId !== null, (query) => query.where(sql<boolean>`(${roleId}::uuid, invitations.role_id) not in (${VOUCHING})`))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Counts pending invitations that expire within these hours. */
export async function countExpiring(db: Db, hours: number): Promise<number> {
  const { count } = await selectOpen(db)
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where(STATES.pending)
    .where("invitations.expires_at", "<=", sql<Date>`now() + make_interval(hours => ${hours})`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The number of pending invitations, and the newest of them. */
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

/** The open invitations to these addresses. */
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

/** Revokes expired and lapsed invitations to these addresses, so that the addresses can be invited again. */
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
