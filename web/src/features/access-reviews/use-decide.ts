import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { ApiError, words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { AccessReview, AccessReviewItem } from "../../api/types.ts";
import { useTenant } from "../tenants/tenant-context.ts";

interface Seen {
  memberId: string;
  seen: string;
}

/** Identifies the access that the page shows for a member, so that the server can refuse if it has changed. */
export const seenOf = ({ memberId, now }: AccessReviewItem): Seen => ({ memberId, seen: now?.seen ?? "" });

export interface Decision {
  /** Each with the access that the page shows. The server refuses if a member's access has changed since. */
  members: Seen[];
  decision: "approve" | "change" | "revoke";
  roleId?: string;
  note: string;
  /** Replaces an earlier decision. */
  replace: boolean;
}

/** @returns a function that sends a decision and refreshes the pages; it rejects with the server's refusal */
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
      // Also after a refusal, which may be caused by another reviewer's decision.
      await queries.invalidateQueries(showing(slug, "accessReviews"));
    }
  };
}

/** The message for a failed decision, member by member if the server names several. */
export function decisionFailure(error: unknown): string {
  const about =
    error instanceof ApiError ? (error.problem?.fields ?? []).filter(({ path }) => /^member(s|Ids)\./.test(path)) : [];
  if (about.length < 2) return words(error);
  return `Nothing was changed. ${about.map(({ message }) => message).join(" ")}`;
}
