import { Readable } from "node:stream";
import * as endpoints from "#contract/http/deletions.ts";
import { memberRoute, publicRoute } from "../http/route.ts";
import { orNotFound } from "../platform/refusal.ts";
import { deleteTenant, lookUpDeletion, previewDeletion } from "./deletions.ts";
import { drawReceipt } from "./receipt-pdf.ts";
import { receiptKey } from "./receipts.ts";

const MINUTE = 60_000;

export const deletionRoutes = [
  memberRoute(endpoints.previewDeletion, (ctx) => previewDeletion(ctx)),

  memberRoute(endpoints.deleteTenant, (ctx, { body }) => deleteTenant(ctx, body)),

  // The status page asks about once a second during the erasure.
  publicRoute(endpoints.lookUpDeletion, (ctx, { body }) => lookUpDeletion(ctx, body), {
    rateLimits: [{ max: 900, timeWindow: 5 * MINUTE }],
  }),

  publicRoute(
    endpoints.getReceiptPdf,
    async (ctx, { body, reply }) => {
      const receipt = orNotFound((await lookUpDeletion(ctx, body)).receipt);
      reply.header("cache-control", "no-store").type("application/pdf");
      reply.header("content-disposition", `attachment; filename="whoot-deletion-${receipt.workspaceId}.pdf"`);
      return Readable.from([await drawReceipt(receipt)], { objectMode: false });
    },
    { rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }] },
  ),

  publicRoute(endpoints.getReceiptKey, async ({ services }) => ({
    algorithm: "Ed25519" as const,
    publicKey: receiptKey(services.keys),
  })),
];
