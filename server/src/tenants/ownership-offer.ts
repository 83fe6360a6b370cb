/** The offer of a workspace to one of its members, as those two see it, and as it ends with the member. */
import { type Actor, record } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { queueMail } from "../platform/mail/mail.ts";
import type { Services } from "../services.ts";
import { mayAnswerOffer } from "./policy.ts";
import * as queries from "./queries.ts";

/** Null for everybody but the owner and whom it is made to; once it has expired, for everybody but the owner, until the next one. */
export async function findVisibleOffer(tx: TenantTx, viewer: { memberId: string; isOwner: boolean }) {
  const offer = await queries.findLastOffer(tx.db);
  if (!offer || !(viewer.isOwner || (!offer.expired && mayAnswerOffer(viewer, offer)))) return null;
  return {
    memberId: offer.memberId,
    memberName: offer.memberName,
    offeredByName: offer.offeredByName,
    expiresAt: offer.expiresAt.toISOString(),
    expired: offer.expired,
    can: {
      answer: !offer.expired && mayAnswerOffer(viewer, offer),
      withdraw: !offer.expired && viewer.isOwner,
    },
  };
}

const WHY = {
  suspended: "was suspended",
  removed: "was removed from the workspace",
  left: "left the workspace",
} as const;

/**
 * Before any of these members goes: an offer to one of them ends, in the log, with a mail to the owner, and on the owner's pages. The
 * database would drop it too, without a word. The caller has locked the roster.
 */
export async function endOfferTo(
  services: Pick<Services, "keys" | "publicUrl">,
  tx: TenantTx,
  actor: Actor,
  memberIds: readonly string[],
  why: keyof typeof WHY,
): Promise<void> {
  const offer = await queries.findLastOffer(tx.db);
  if (!offer || !memberIds.includes(offer.memberId)) return;
  await queries.deleteOffer(tx.db);
  if (offer.expired) return;
  const { memberId, memberName } = offer;
  record(tx, actor, {
    action: "ownership.withdrawn",
    target: { type: "member", id: memberId, name: memberName },
    changes: { reason: { to: `${memberName} ${WHY[why]}` } },
  });
  const { name, slug, ownerEmail } = await queries.findOwner(tx.db);
  await queueMail(tx.db, services.keys, {
    to: ownerEmail,
    subject: `${name} is no longer offered to ${memberName}`,
    text: `${memberName} ${WHY[why]}, so your offer of the workspace ${name} to them has ended. You stay its owner, and can offer it to somebody else in its settings:`,
    link: `${services.publicUrl()}/${slug}/settings`,
    tenantId: tx.tenantId,
  });
  await announceChanged(tx, "tenant");
}
