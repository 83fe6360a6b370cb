/** The offer of a workspace to one of its members: who sees it, and its end when the member goes. */
import { mailedPaths } from "#contract/paths.ts";
import type { Ctx } from "../access/ctx.ts";
import { announceChanged } from "../platform/changes.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { mayAnswerOffer } from "./policy.ts";
import * as queries from "./queries.ts";

/** The offer if the viewer may see it, else null. The owner and the member it is made to see it; once it has expired, only the owner. */
export async function findVisibleOffer({ db, member: viewer }: Ctx) {
  const offer = await queries.findLastOffer(db);
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
 * Call before any of these members leaves or is suspended. Ends an offer to one of them, with an audit entry, a mail to the owner and an
 * announcement. Otherwise the database would delete it silently. The caller must lock the roster first.
 */
export async function endOfferTo(ctx: Ctx, memberIds: readonly string[], why: keyof typeof WHY): Promise<void> {
  const offer = await queries.findLastOffer(ctx.db);
  if (!offer || !memberIds.includes(offer.memberId)) return;
  await queries.deleteOffer(ctx.db);
  if (offer.expired) return;
  const { memberId, memberName } = offer;
  ctx.audit.record({
    action: "ownership.withdrawn",
    target: { type: "member", id: memberId, name: memberName },
    changes: { reason: { to: `${memberName} ${WHY[why]}` } },
  });
  const { services, tenant } = ctx;
  await queueMail(ctx.db, services.keys, {
    to: await queries.findOwnerEmail(ctx.db),
    subject: mailWords`Ownership of ${tenant.name} is no longer offered to ${memberName}`,
    text: mailWords`${memberName} ${WHY[why]}, so your offer to transfer ownership of the workspace ${tenant.name} to them has ended. You stay its owner, and can offer it to someone else in its settings:`,
    link: pageLink(services, mailedPaths.settings(tenant.slug)),
    tenantId: ctx.tenantId,
  });
  await announceChanged(ctx, "tenant");
}
