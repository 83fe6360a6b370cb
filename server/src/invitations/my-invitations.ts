/** A person's invitations, found by the confirmed address of their account, without a link. */
import { MAX_RECEIVED } from "#contract/http/received-invitations.ts";
import type { PersonCtx } from "../access/ctx.ts";
import type { Principal } from "../access/principal.ts";
import { changesFrom, openAudit } from "../audit/audit.ts";
import { isMemberEmail } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { makeLimiter } from "../platform/limiter.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";
import { acceptEntry, assertUsable, stateOfRow, target } from "./invitations.ts";
import * as queries from "./queries.ts";

/** One limit for all people, because all tenants share the connection pool. */
const limited = makeLimiter(3);

interface Entry {
  tenantId: string;
  invitationId: string;
}

/** Pending invitations from all tenants that the person is not a member of, newest first. */
export async function listMyInvitations({ services, principal }: PersonCtx) {
  const entries = await services.database.asPlatformStatement("invitations to a person's address", (db) =>
    queries.listInviteeEntries(db, principal, MAX_RECEIVED),
  );
  const items = await Promise.all(entries.map((entry) => limited(() => readEntry(services, principal, entry))));
  return items.filter((item) => item !== null);
}

/** Null when there is nothing to show. Logs a failure and returns null, so that the other invitations are still listed. */
async function readEntry(services: Services, { email }: Principal, entry: Entry) {
  try {
    const read = async (tx: TenantTx) => {
      const row = await queries.findInvitation(tx.db, entry.invitationId);
      if (!row || stateOfRow(row) !== "pending") return null;
      if (row.email !== email || (await isMemberEmail(tx, email))) return null;
      const tenant = await findTenantNames(tx);
      return {
        invitationId: row.invitationId,
        tenantName: tenant.name,
        roleName: row.roleName,
        invitedByName: row.invitedByName,
        createdAt: row.createdAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
      };
    };
    return await services.database.withTenant(entry.tenantId, read, { line: "invitations" });
  } catch (error) {
    services.log.warn({ err: error, tenantId: entry.tenantId }, "could not read an invitation for the invited person");
    return null;
  }
}

async function findMine({ services, principal }: PersonCtx, invitationId: string): Promise<Entry> {
  return orNotFound(
    await services.database.asPlatformStatement("find an invitation to a person's address", (db) =>
      queries.findInviteeEntry(db, principal.email, invitationId),
    ),
  );
}

/** @returns the tenant's slug. @throws Refusal not_found, link_used, link_expired, invitation_revoked, invitation_lapsed */
export async function acceptMyInvitation(ctx: PersonCtx, { invitationId }: { invitationId: string }): Promise<string> {
  return acceptEntry(ctx, { entry: await findMine(ctx, invitationId), link: null });
}

/** Withdraws it on the invited person's behalf. @throws Refusal not_found, link_used, link_expired, invitation_revoked, invitation_lapsed */
export async function declineMyInvitation(ctx: PersonCtx, { invitationId }: { invitationId: string }): Promise<void> {
  const { services, principal, origin } = ctx;
  const entry = await findMine(ctx, invitationId);
  await services.database.withTenant(entry.tenantId, async (tx) => {
    const row = orNotFound(await queries.lockInvitation(tx.db, entry.invitationId));
    assertUsable(row, null);
    await queries.revokeInvitations(tx.db, [entry.invitationId]);
    openAudit(tx, { memberId: null, name: principal.name, ...origin }).record({
      action: "invitation.declined",
      target: target(entry.invitationId, row.email),
      changes: changesFrom({ email: row.email, role: row.roleName }),
    });
    await announceChanged(tx, "invitations");
  });
}
