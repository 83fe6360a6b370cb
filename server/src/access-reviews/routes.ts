import { Readable } from "node:stream";
import * as endpoints from "#contract/http/access-reviews.ts";
import type { Serve } from "../http/serve.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import {
  completeAccessReview,
  decideAccess,
  findReviewToReport,
  getAccessReview,
  listAccessReviewItems,
  listAccessReviews,
  startAccessReview,
} from "./access-reviews.ts";
import { readReport } from "./report.ts";

export function registerAccessReviewRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.getAccessReview, ({ tx, params }) => getAccessReview(tx, params.reviewId));
  serve.member(endpoints.listAccessReviewItems, ({ tx, member, params, query }) =>
    listAccessReviewItems(tx, member, params.reviewId, query),
  );
  serve.member(endpoints.decideAccess, ({ tx, member, params, body }) => decideAccess(tx, member, params.reviewId, body));
  serve.member(endpoints.completeAccessReview, ({ tx, member, params, body }) =>
    completeAccessReview(tx, member, params.reviewId, body),
  );
  serve.member(endpoints.downloadAccessReviewReport, async ({ tx, member, params, reply }) => {
    const review = await findReviewToReport(tx, params.reviewId);
    const { slug } = await currentTenant(tx);
    reply.header("cache-control", "no-store").type("text/csv; charset=utf-8");
    // No name that a person chose: nothing to escape.
    reply.header(
      "content-disposition",
      `attachment; filename="access-review-${slug}-${review.startedAt.toISOString().slice(0, 10)}.csv"`,
    );
    return Readable.from(readReport(services, tx.tenantId, review, { contact: member.may("users.view_contact") }), {
      objectMode: false,
    });
  });
  serve.member(endpoints.listAccessReviews, ({ tx, query }) => listAccessReviews(tx, query));
  serve.member(endpoints.startAccessReview, ({ tx, member, body }) => startAccessReview(tx, member, body));
}
