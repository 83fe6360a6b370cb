import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answerOf, pagesOf } from "../../api/operation.ts";

export const accessReviewsQuery = (slug: string) =>
  infiniteQueryOptions(pagesOf("GET /api/v1/tenants/{slug}/access-reviews", { path: { slug }, query: { limit: 20 } }));

export const accessReviewQuery = (slug: string, reviewId: string) =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/access-reviews/{reviewId}", { path: { slug, reviewId } }));

export type AccessReviewState = "all" | "pending" | "decided" | "left";

/** @param limit page size; larger for the report, which loads everybody */
export const accessReviewItemsQuery = (
  slug: string,
  reviewId: string,
  { state = "all", search = "", limit = 50 }: { state?: AccessReviewState; search?: string; limit?: number } = {},
) =>
  infiniteQueryOptions(
    pagesOf("GET /api/v1/tenants/{slug}/access-reviews/{reviewId}/members", {
      path: { slug, reviewId },
      query: { limit, state, search },
    }),
  );
