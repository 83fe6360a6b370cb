/**
 * Who owns a tenant: the owner offers it, a member accepts, both with their password. Every change locks the roster first and
 * reads again behind the lock, so that whatever happens at once there is one owner, who is an active Admin.
 */
import { reauthenticate } from "../accounts/accounts.ts";
import { type AuditEvent, changesBetween, record } from "../audit/audit.ts";
import { lockRoster, type Member, readmit } from "../members/admit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { endOfferTo } from "./ownership-offer.ts";
import { mayAnswerOffer, mayLeave, mayTransferOwnership } from "./policy.ts";
import * as queries from "./queries.ts";
import { currentTenant } from "./tenants.ts";

const EXPIRY_DAYS = 7;

function target(member: { memberId: string; name: string }): AuditEvent["target"] {
  return { type: "member", id: member.memberId, name: member.name };
}

/** The owner, with the roster locked: who was it when the request came in may be it no longer. @throws Refusal owner_only */
async function lockAsOwner(tx: TenantTx, member: Member): Promise<Member> {
  await lockRoster(tx);
  const owner = await readmit(tx, member);
  if (!mayTransferOwnership(owner)) throw new Refusal("owner_only");
  return owner;
}

async function mail(services: Services, tx: TenantTx, to: { email: string }, subject: string, text: string): Promise<void> {
  const { slug } = await currentTenant(tx);
  const link = `${services.publicUrl()}/${slug}/settings`;
  await queueMail(tx.db, services.keys, { to: to.email, subject, text, link, tenantId: tx.tenantId });
}

/** @throws Refusal owner_only, wrong_credentials, ownership_offer_pending, invalid_input for somebody who can't be the owner */
export async function offerOwnership(
  services: Services,
  tx: TenantTx,
  owner: Member,
  input: { memberId: string; password: string },
): Promise<void> {
  if (!mayTransferOwnership(owner)) throw new Refusal("owner_only");
  await reauthenticate(services, owner.accountId, input.password);
  await lockAsOwner(tx, owner);
  const to = await queries.findMember(tx.db, input.memberId);
  if (to?.status !== "active" || to.memberId === owner.memberId) {
    throw new Refusal("invalid_input", { fields: [{ path: "memberId", message: "Choose another active member." }] });
  }
  if (await queries.findOffer(tx.db)) throw new Refusal("ownership_offer_pending");
  // What is left is one that expired.
  await queries.deleteOffer(tx.db);
  await queries.insertOffer(tx.db, {
    tenantId: tx.tenantId,
    memberId: to.memberId,
    offeredByName: owner.name,
    days: EXPIRY_DAYS,
  });
  record(tx, owner.actor, { action: "ownership.offered", target: target(to) });
  const { name } = await currentTenant(tx);
  await mail(
    services,
    tx,
    to,
    `${owner.name} offers you the workspace ${name}`,
    `${owner.name} wants to hand the workspace ${name} over to you. Its owner can do everything in it, and alone can delete it or hand it on. Accept or decline within ${EXPIRY_DAYS} days, in the settings of the workspace:`,
  );
  await announceChanged(tx, "tenant");
}

/** @throws Refusal owner_only, not_found when nothing is offered */
export async function withdrawOwnershipOffer(services: Services, tx: TenantTx, owner: Member): Promise<void> {
  await lockAsOwner(tx, owner);
  const offer = await queries.findOffer(tx.db);
  if (!offer)
    throw new Refusal("not_found", { detail: "The workspace isn't offered to anybody. Look again: it may have been declined." });
  await queries.deleteOffer(tx.db);
  const to = { memberId: offer.memberId, name: offer.memberName, email: offer.memberEmail };
  record(tx, owner.actor, { action: "ownership.withdrawn", target: target(to) });
  const { name } = await currentTenant(tx);
  await mail(
    services,
    tx,
    to,
    `${owner.name} no longer offers you the workspace ${name}`,
    `${owner.name} took back the offer of the workspace ${name}. Nothing changed, and there is nothing to do. The workspace:`,
  );
  await announceChanged(tx, "tenant");
}

/** Whom it is offered to, with the roster locked. @throws Refusal not_offered_to_you, or as readmit */
async function lockAsOffered(tx: TenantTx, member: Member): Promise<Member> {
  await lockRoster(tx);
  const offered = await readmit(tx, member);
  const offer = await queries.findOffer(tx.db);
  if (!offer || !mayAnswerOffer(offered, offer)) throw new Refusal("not_offered_to_you");
  return offered;
}

/** @throws Refusal not_offered_to_you, wrong_credentials */
export async function acceptOwnership(services: Services, tx: TenantTx, member: Member, password: string): Promise<void> {
  const known = await queries.findOffer(tx.db);
  if (!known || !mayAnswerOffer(member, known)) throw new Refusal("not_offered_to_you");
  await reauthenticate(services, member.accountId, password);
  const self = await lockAsOffered(tx, member);
  const { name, ownerMemberId } = await currentTenant(tx);
  const [former, address] = await Promise.all([
    queries.findMember(tx.db, ownerMemberId),
    queries.findMember(tx.db, self.memberId),
  ]);
  if (!former || !address) throw new Error("a tenant without its owner");
  const adminRoleId = await queries.findAdminRole(tx.db);
  await queries.deleteOffer(tx.db);
  await queries.updateTenant(tx.db, { ownerMemberId: self.memberId });
  if (self.roleId !== adminRoleId) {
    await queries.setRole(tx.db, self.memberId, adminRoleId);
    const changes = changesBetween({ role: self.roleName }, { role: "Admin" });
    record(tx, member.actor, { action: "member.role_changed", target: target(self), changes });
  }
  const changes = changesBetween({ owner: former.name }, { owner: self.name });
  record(tx, member.actor, { action: "ownership.transferred", target: target(former), changes });
  await mail(
    services,
    tx,
    address,
    `You own the workspace ${name} now`,
    `You accepted the workspace ${name} from ${former.name}. You are its owner and an Admin. Its settings:`,
  );
  await mail(
    services,
    tx,
    former,
    `${self.name} owns the workspace ${name} now`,
    `${self.name} accepted the workspace ${name}. You stay in it as ${former.roleName}. If you didn't mean this, talk to ${self.name}: only they can hand it back. The workspace:`,
  );
  await announceChanged(tx, "tenant");
}

/** @throws Refusal not_offered_to_you */
export async function declineOwnership(services: Services, tx: TenantTx, member: Member): Promise<void> {
  await lockAsOffered(tx, member);
  const { name, ownerMemberId } = await currentTenant(tx);
  const owner = await queries.findMember(tx.db, ownerMemberId);
  if (!owner) throw new Error("a tenant without its owner");
  await queries.deleteOffer(tx.db);
  record(tx, member.actor, { action: "ownership.declined", target: target(owner) });
  await mail(
    services,
    tx,
    owner,
    `${member.name} declined the workspace ${name}`,
    `${member.name} doesn't want to own the workspace ${name}. You stay its owner, and can offer it to somebody else in its settings:`,
  );
  await announceChanged(tx, "tenant");
}

/**
 * The member is none any more: nothing of the tenant answers them, and live audio ends with the announcement. What they said keeps
 * their name; an offer to them ends.
 * @throws Refusal owner_must_stay
 */
export async function leaveTenant(services: Services, tx: TenantTx, member: Member): Promise<void> {
  await lockRoster(tx);
  if (!mayLeave(await readmit(tx, member))) throw new Refusal("owner_must_stay");
  await endOfferTo(services, tx, member.actor, [member.memberId], "left");
  orNotFound(await queries.deleteMember(tx.db, member.memberId));
  record(tx, member.actor, { action: "member.left", target: target(member) });
  await announceChanged(tx, "members");
}
