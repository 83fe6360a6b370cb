/** The offer of a workspace to one of its members, as those two see it. */
import type { TenantTx } from "../platform/db/pools.ts";
import { mayAnswerOffer } from "./policy.ts";
import * as queries from "./queries.ts";

/** Null for everybody but the owner and whom it is made to, and once it has expired. */
export async function findVisibleOffer(tx: TenantTx, viewer: { memberId: string; isOwner: boolean }) {
  const offer = await queries.findOffer(tx.db);
  if (!offer || !(viewer.isOwner || mayAnswerOffer(viewer, offer))) return null;
  return {
    memberId: offer.memberId,
    memberName: offer.memberName,
    offeredByName: offer.offeredByName,
    expiresAt: offer.expiresAt.toISOString(),
    can: { answer: mayAnswerOffer(viewer, offer), withdraw: viewer.isOwner },
  };
}
