import { Readable } from "node:stream";
import * as endpoints from "#contract/http/deletions.ts";
import type { Serve } from "../http/serve.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { deleteTenant, lookUpDeletion } from "./deletions.ts";
import { drawReceipt } from "./receipt-pdf.ts";
import { receiptKey } from "./receipts.ts";
import type { Deleter } from "./deleter.ts";

const MINUTE = 60_000;

export function registerDeletionRoutes(serve: Serve, services: Services, deleter: Deleter): void {
  serve.member(endpoints.deleteTenant, ({ tx, member, body }) => deleteTenant(services, deleter, tx, member, body), {
    // Ten guesses of the password in five minutes, from an unlocked screen.
    rateLimits: [{ max: 10, timeWindow: 5 * MINUTE }],
  });

  // Its page asks every second or so while the erasure goes on.
  serve.public(endpoints.lookUpDeletion, ({ body }) => lookUpDeletion(services, body.token), {
    rateLimits: [{ max: 900, timeWindow: 5 * MINUTE }],
  });

  serve.public(
    endpoints.getReceiptPdf,
    async ({ body, reply }) => {
      const receipt = orNotFound((await lookUpDeletion(services, body.token)).receipt);
      reply.header("cache-control", "no-store").type("application/pdf");
      reply.header("content-disposition", `attachment; filename="whoot-deletion-${receipt.workspaceId}.pdf"`);
      return Readable.from([await drawReceipt(receipt)], { objectMode: false });
    },
    { rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }] },
  );

  serve.public(endpoints.getReceiptKey, async () => ({ algorithm: "Ed25519" as const, publicKey: receiptKey(services.keys) }));
}
