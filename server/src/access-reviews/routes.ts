import * as endpoints from "#contract/http/access-reviews.ts";
import { memberRoute } from "../http/route.ts";
import {
  completeAccessReview,
  decideAccess,
  getAccessReview,
  listAccessReviewItems,
  listAccessReviews,
  startAccessReview,
} from "./access-reviews.ts";
import { exportReport } from "./report.ts";

const MINUTE = 60_000;

export const accessReviewRoutes = [
  memberRoute(endpoints.listAccessReviews, (ctx, { query }) => listAccessReviews(ctx, query)),
  memberRoute(endpoints.startAccessReview, (ctx, { body }) => startAccessReview(ctx, body)),
  memberRoute(endpoints.getAccessReview, (ctx, { params }) => getAccessReview(ctx, params)),
  memberRoute(endpoints.listAccessReviewItems, (ctx, { params, query }) => listAccessReviewItems(ctx, { ...params, ...query })),
  memberRoute(endpoints.decideAccess, (ctx, { params, body }) => decideAccess(ctx, { ...params, ...body })),
  memberRoute(endpoints.completeAccessReview, (ctx, { params, body }) => completeAccessReview(ctx, { ...params, ...body })),
  memberRoute(
    endpoints.downloadAccessReviewReport,
    async (ctx, { params, reply }) => {
      const { day, lines } = await exportReport(ctx, params);
      reply.header("cache-control", "no-store").type("text/csv; charset=utf-8");
      // The file name has no text that a person chose, so nothing needs escaping.
      reply.header("content-disposition", `attachment; filename="access-review-${ctx.tenant.slug}-${day}.csv"`);
      return lines;
    },
    { rateLimits: [{ max: 60, timeWindow: 10 * MINUTE }] },
  ),
];
