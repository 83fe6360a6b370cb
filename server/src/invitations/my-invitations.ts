/** The invitations of a person, found by the confirmed address of their account: they need no link. */
import { record, changesFrom } from "../audit/audit.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { isMemberEmail } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { makeLimiter } from "../platform/limiter.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import { acceptEntry, assertGood, stateOfRow, target } from "./invitations.ts";
import * as queries from "./queries.ts";

/** Anybody may invite anybody: whoever is flooded still gets an answer. */
const MOST = 100;
/** Of everybody's reads together: the pool is the whole server's. */
const few = makeLimiter(3);

interface Entry {
  tenantId: string;
  invitationId: string;
}

/** Open ones from any tenant, newest first; not those of a tenant that the person is a member of already. */
export async function listMyInvitations(services: Services, account: SignedIn) {
  const entries = await services.database.readAsPlatform("invitations to a person's address", (db) =>
    queries.listInviteeEntries(db, account, MOST),
  );
  const read = await Promise.all(entries.map((entry) => few(() => readEntry(services, account, entry))));
  return read.filter((of) => of !== null);
}

/** Null: nothing to show. One that cannot be read hides no other. */
async function readEntry(services: Services, account: SignedIn, entry: Entry) {
  try {
    const read = async (tx: TenantTx) => {
      const row = await queries.findInvitation(tx.db, entry.invitationId);
      if (!row || stateOfRow(row) !== "pending") return null;
      if (row.email !== account.email || (await isMemberEmail(tx, account.email))) return null;
      const tenant = await currentTenant(tx);
      return {
        invitationId: row.invitationId,
        tenantName: tenant.name,
        roleName: row.roleName,
        invitedByName: row.invitedByName,
        createdAt: row.createdAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
      };
    };
    return await services.database.withTenant(entry.tenantId, read, undefined, "invitations of ");
  } catch (error) {
    services.log.warn({ err: error, tenantId: entry.tenantId }, "an invitation could not be read for the person invited");
    return null;
  }
}

async function findMine(services: Services, account: SignedIn, invitationId: string): Promise<Entry> {
  return orNotFound(
    await services.database.readAsPlatform("find an invitation to a person's address", (db) =>
      queries.findInviteeEntry(db, account.email, invitationId),
    ),
  );
}

/** @returns the tenant's slug. @throws Refusal not_found, link_used, link_expired, invitation_revoked, invitation_lapsed */
export async function acceptMyInvitation(services: Services, account: SignedIn, invitationId: string, origin: Origin) {
  return acceptEntry(services, account, await findMine(services, account, invitationId), null, origin);
}

/** Withdraws it on the invited person's behalf. @throws Refusal not_found, link_used, link_expired, invitation_revoked, invitation_lapsed */
export async function declineMyInvitation(services: Services, account: SignedIn, invitationId: string, origin: Origin) {
  const entry = await findMine(services, account, invitationId);
  await services.database.withTenant(entry.tenantId, async (tx) => {
    const row = orNotFound(await queries.lockInvitation(tx.db, entry.invitationId));
    assertGood(row, null);
    await queries.revokeInvitations(tx.db, [entry.invitationId]);
    record(
      tx,
      { memberId: null, name: account.name, ...origin },
      {
        action: "invitation.declined",
        target: target(entry.invitationId, row.email),
        changes: changesFrom({ email: row.email, role: row.roleName }),
      },
    );
    await announceChanged(tx, "invitations");
  });
}
