/**
 * Transfer of ownership: the owner offers it and a member accepts; both must have authenticated recently. Every change locks the roster first
 * and then reads again, so that a tenant always has one owner, who is an active Admin.
 */
import { mailedPaths } from "#contract/paths.ts";
import type { Ctx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { behindRosterLock } from "../access/roster.ts";
import { type AuditEvent, changesBetween } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { type MailWords, mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { endOfferTo } from "./ownership-offer.ts";
import { mayAnswerOffer, mayLeave, mayTransferOwnership } from "./policy.ts";
import * as queries from "./queries.ts";

const EXPIRY_DAYS = 7;

function target(member: { memberId: string; name: string }): AuditEvent["target"] {
  return { type: "member", id: member.memberId, name: member.name };
}

/** Locks the roster and checks that the caller is still the owner. @throws Refusal owner_only, or as readmit */
async function lockAsOwner(stale: Ctx): Promise<Ctx> {
  const ctx = await behindRosterLock(stale);
  if (!mayTransferOwnership(ctx.member)) throw new Refusal("owner_only");
  return ctx;
}

async function mail(
  { db, tenantId, tenant, services }: Ctx,
  to: { email: string },
  { subject, text }: { subject: MailWords; text: MailWords },
): Promise<void> {
  const link = pageLink(services, mailedPaths.settings(tenant.slug));
  await queueMail(db, services.keys, { to: to.email, subject, text, link, tenantId });
}

/**
 * @throws Refusal owner_only, reauthentication_required, ownership_offer_pending; invalid_input for a member who can't become the owner
 */
export async function offerOwnership(stale: Ctx, input: { memberId: string }): Promise<void> {
  const ctx = await lockAsOwner(stale);
  assertRecentlyAuthenticated(ctx.principal);
  const to = await queries.findMember(ctx.db, input.memberId);
  if (to?.status !== "active" || to.memberId === ctx.member.memberId) {
    throw new Refusal("invalid_input", { fields: [{ path: "memberId", message: "Choose another active member." }] });
  }
  if (await queries.findOffer(ctx.db)) throw new Refusal("ownership_offer_pending");
  // An expired offer, which findOffer does not return, may be left.
  await queries.deleteOffer(ctx.db);
  await queries.insertOffer(ctx.db, {
    tenantId: ctx.tenantId,
    memberId: to.memberId,
    offeredByName: ctx.member.name,
    days: EXPIRY_DAYS,
  });
  ctx.audit.record({ action: "ownership.offered", target: target(to) });
  const { name } = ctx.tenant;
  await mail(ctx, to, {
    subject: mailWords`${ctx.member.name} offers you ownership of ${name}`,
    text: mailWords`${ctx.member.name} wants to transfer ownership of the workspace ${name} to you. The owner can do everything in it. Only the owner can delete it or transfer ownership. Accept or decline within ${EXPIRY_DAYS} days, in the settings of the workspace:`,
  });
  await announceChanged(ctx, "tenant");
}

/** @throws Refusal owner_only; not_found when there is no offer */
export async function withdrawOwnershipOffer(stale: Ctx): Promise<void> {
  const ctx = await lockAsOwner(stale);
  const offer = await queries.findOffer(ctx.db);
  if (!offer)
    throw new Refusal("not_found", {
      detail: "The workspace isn't offered to anyone. Look again: the offer may have been declined.",
    });
  await queries.deleteOffer(ctx.db);
  const to = { memberId: offer.memberId, name: offer.memberName, email: offer.memberEmail };
  ctx.audit.record({ action: "ownership.withdrawn", target: target(to) });
  const { name } = ctx.tenant;
  await mail(ctx, to, {
    subject: mailWords`${ctx.member.name} no longer offers you ownership of ${name}`,
    text: mailWords`${ctx.member.name} withdrew the offer to transfer ownership of the workspace ${name} to you. Nothing changed, and there is nothing to do. The workspace:`,
  });
  await announceChanged(ctx, "tenant");
}

/** Locks the roster and checks that the offer is still made to the caller. @throws Refusal not_offered_to_you, or as readmit */
async function lockAsOffered(stale: Ctx): Promise<Ctx> {
  const ctx = await behindRosterLock(stale);
  const offer = await queries.findOffer(ctx.db);
  if (!offer || !mayAnswerOffer(ctx.member, offer)) throw new Refusal("not_offered_to_you");
  return ctx;
}

/** @throws Refusal not_offered_to_you, reauthentication_required */
export async function acceptOwnership(stale: Ctx): Promise<void> {
  const ctx = await lockAsOffered(stale);
  assertRecentlyAuthenticated(ctx.principal);
  const { member: self } = ctx;
  const { name, ownerMemberId } = ctx.tenant;
  const [former, accepting] = await Promise.all([
    queries.findMember(ctx.db, ownerMemberId),
    queries.findMember(ctx.db, self.memberId),
  ]);
  if (!former || !accepting) throw new Error("a tenant without its owner");
  const adminRoleId = await queries.findAdminRole(ctx.db);
  await queries.deleteOffer(ctx.db);
  await queries.updateTenant(ctx.db, { ownerMemberId: self.memberId });
  if (self.roleId !== adminRoleId) {
    await queries.setRole(ctx.db, self.memberId, adminRoleId);
    const changes = changesBetween({ role: self.roleName }, { role: "Admin" });
    ctx.audit.record({ action: "member.role_changed", target: target(self), changes });
  }
  const changes = changesBetween({ owner: former.name }, { owner: self.name });
  ctx.audit.record({ action: "ownership.transferred", target: target(former), changes });
  await mail(ctx, accepting, {
    subject: mailWords`You now own ${name}`,
    text: mailWords`You accepted ownership of the workspace ${name} from ${former.name}. You are its owner and an Admin. Its settings:`,
  });
  await mail(ctx, former, {
    subject: mailWords`${self.name} now owns ${name}`,
    text: mailWords`${self.name} accepted ownership of the workspace ${name}. You stay in it as ${former.roleName}. If you didn't mean this, talk to ${self.name}: only they can transfer it back. The workspace:`,
  });
  await announceChanged(ctx, "tenant");
}

/** @throws Refusal not_offered_to_you */
export async function declineOwnership(stale: Ctx): Promise<void> {
  const ctx = await lockAsOffered(stale);
  const { name, ownerMemberId } = ctx.tenant;
  const owner = await queries.findMember(ctx.db, ownerMemberId);
  if (!owner) throw new Error("a tenant without its owner");
  await queries.deleteOffer(ctx.db);
  ctx.audit.record({ action: "ownership.declined", target: target(owner) });
  await mail(ctx, owner, {
    subject: mailWords`${ctx.member.name} declined ownership of ${name}`,
    text: mailWords`${ctx.member.name} doesn't want to own the workspace ${name}. You stay its owner, and can offer it to someone else in its settings:`,
  });
  await announceChanged(ctx, "tenant");
}

/**
 * Ends the caller's membership. An ownership offer to them ends, and the announcement ends their live audio. Their recordings keep their name.
 * @throws Refusal owner_must_stay
 */
export async function leaveTenant(stale: Ctx): Promise<void> {
  const ctx = await behindRosterLock(stale);
  if (!mayLeave(ctx.member)) throw new Refusal("owner_must_stay");
  await endOfferTo(ctx, [ctx.member.memberId], "left");
  orNotFound(await queries.deleteMember(ctx.db, ctx.member.memberId));
  ctx.audit.record({ action: "member.left", target: target(ctx.member) });
  await announceChanged(ctx, "members");
}
