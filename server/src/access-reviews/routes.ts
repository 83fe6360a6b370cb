import * as endpoints from "#contract/http/access-reviews.ts";
import type { Serve } from "../http/serve.ts";
import { assertSameOrigin } from "../platform/http/same-origin.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
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

export function registerAccessReviewRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.getAccessReview, ({ tx, member, params }) => getAccessReview(tx, member, params.reviewId));
  serve.member(endpoints.listAccessReviewItems, ({ tx, member, params, query }) =>
    listAccessReviewItems(tx, member, params.reviewId, query),
  );
  serve.member(endpoints.decideAccess, ({ tx, member, params, body }) =>
    decideAccess(services, tx, member, params.reviewId, body),
  );
  serve.member(endpoints.completeAccessReview, ({ tx, member, params, body }) =>
    completeAccessReview(tx, member, params.reviewId, body),
  );
  serve.member(
    endpoints.downloadAccessReviewReport,
    async ({ tx, member, account, params, request, reply }) => {
      // A GET that writes: another site's link must not make somebody export, and say so in the log.
      assertSameOrigin(request, services.config.url);
      const { day, lines } = await exportReport(services, tx, member, account, params.reviewId);
      const { slug } = await currentTenant(tx);
      reply.header("cache-control", "no-store").type("text/csv; charset=utf-8");
      // No name that a person chose: nothing to escape.
      reply.header("content-disposition", `attachment; filename="access-review-${slug}-${day}.csv"`);
      return lines;
    },
    { rateLimits: [{ max: 60, timeWindow: 10 * MINUTE }] },
  );
  serve.member(endpoints.listAccessReviews, ({ tx, member, query }) => listAccessReviews(tx, member, query));
  serve.member(endpoints.startAccessReview, ({ tx, member, body }) => startAccessReview(tx, member, body));
}
