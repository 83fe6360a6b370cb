import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { ApiError, words } from "../../api/errors.ts";
import { keys } from "../../api/queries.ts";
import type { AccessReview, AccessReviewItem } from "../../api/types.ts";
import { useTenant } from "../tenants/tenant-context.ts";

interface Seen {
  memberId: string;
  seen: string;
}

/** As the item is shown now. */
export const seenOf = ({ memberId, now }: AccessReviewItem): Seen => ({ memberId, seen: now?.seen ?? "" });

export interface Decision {
  /** With what was on show of each: who may do something else by now is decided on by nobody. */
  members: Seen[];
  decision: "approve" | "change" | "revoke";
  roleId?: string;
  note: string;
  /** Somebody decided already, and it is to be replaced. */
  replace: boolean;
}

/** Sends a decision and brings the pages up to date. Rejects with the server's refusal. */
export function useDecide(review: Pick<AccessReview, "reviewId">): (decision: Decision) => Promise<void> {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { reviewId } = review;
  return async (body) => {
    try {
      await call(
        api.POST("/api/v1/tenants/{slug}/access-reviews/{reviewId}/decisions", { params: { path: { slug, reviewId } }, body }),
      );
    } finally {
      // After a refusal too: what stands in the way may be what somebody else did meanwhile.
      await queries.invalidateQueries({ queryKey: keys.accessReviews(slug) });
    }
  };
}

/** What stands in the way, member by member where the server says so. */
export function decisionFailure(error: unknown): string {
  const about =
    error instanceof ApiError ? (error.problem?.fields ?? []).filter(({ path }) => /^member(s|Ids)\./.test(path)) : [];
  if (about.length < 2) return words(error);
  return `Nothing was changed. ${about.map(({ message }) => message).join(" ")}`;
}
