import { z } from "zod";
import { bounded } from "../bounded.ts";
import { Currency } from "./billing.ts";
import { MAX_INVOICES, Receipt } from "../receipt.ts";
import { endpoint, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const DeletionToken = bounded(200, "This link is too long. Copy it again.").regex(
  /^[A-Za-z0-9_-]{64}$/,
  "This link is incomplete. Copy the whole link.",
);

export const previewDeletion = endpoint({
  operationId: "previewDeletion",
  method: "GET",
  path: "/tenants/{slug}/deletion",
  summary:
    "What the owner should know before they delete the workspace: what is owed, what is lost, and which documents are kept.",
  access: "member",
  params: TenantParams,
  success: {
    status: 200,
    description: "What ends with the workspace",
    schema: z
      .strictObject({
        billing: z
          .strictObject({
            currency: Currency,
            open: z
              .array(z.strictObject({ number: z.string(), due: z.int(), dueOn: z.string() }))
              .max(MAX_INVOICES)
              .describe("Invoices that are not paid in full: they are still owed. Amounts are in minor units"),
            creditLost: z.int(),
            daysLost: z.int().describe("Whole days of the present period that were charged"),
            unrecorded: z
              .array(z.strictObject({ number: z.string(), received: z.string().describe("Such as 0.07 EUR") }))
              .max(MAX_INVOICES)
              .describe("Payments that came in for these invoices and are recorded on none"),
            archive: z
              .strictObject({ documents: z.int(), keptUntil: z.string().describe("A day in UTC") })
              .nullable()
              .describe("Invoices and credit notes that the issuer's law demands to be kept, and until when at most"),
          })
          .nullable()
          .describe("Null for a workspace that never had a subscription"),
      })
      .meta({ id: "DeletionPreview" }),
  },
  errors: ["owner_only"],
});

export const deleteTenant = endpoint({
  operationId: "deleteTenant",
  method: "POST",
  path: "/tenants/{slug}/deletion",
  summary: "Delete the workspace and everything in it, permanently. Only the owner can, with the slug, recently authenticated.",
  access: "member",
  params: TenantParams,
  body: z.strictObject({ slug: bounded(64) }),
  audits: { none: "the log is deleted with the workspace" },
  success: {
    status: 202,
    description: "The workspace is gone for everyone and its key is destroyed. The rest of its data is being erased.",
    schema: z.strictObject({
      token: z
        .string()
        .describe("Gives access to the deletion's progress and receipt without an account. The owner gets it by mail, too"),
    }),
  },
  errors: ["owner_only", "confirmation_mismatch", "reauthentication_required", "disk_unavailable"],
});

export const Deletion = z
  .strictObject({
    deletedAt: Time,
    keyDestroyedAt: Time.nullable(),
    completedAt: Time.nullable().describe("Null while the erasure goes on"),
    steps: z
      .array(z.strictObject({ kind: z.string(), erased: z.int(), total: z.int() }))
      .describe("Progress for each kind of data; empty until the data is counted"),
    waitsFor: z
      .enum(["archive", "provider"])
      .nullable()
      .describe(
        "`archive`: documents that the law demands can't be archived now, and no row is erased before. `provider`: the payment provider doesn't answer, so the customer is not erased there yet. Null: it goes on",
      ),
    receipt: Receipt.nullable(),
  })
  .meta({ id: "Deletion" });

export const lookUpDeletion = endpoint({
  operationId: "lookUpDeletion",
  method: "POST",
  path: "/deletions/lookup",
  summary: "The progress of an erasure, and the receipt when it is done. Send the token in the body, never in a URL.",
  access: "public",
  body: z.strictObject({ token: DeletionToken }),
  audits: { none: "only reads; a POST, to keep the token out of URLs" },
  success: { status: 200, description: "The deletion", schema: Deletion },
  errors: ["not_found", "rate_limited"],
});

export const getReceiptPdf = endpoint({
  operationId: "getReceiptPdf",
  method: "POST",
  path: "/deletions/receipt-pdf",
  summary: "The receipt of a finished deletion as a PDF with the signed JSON attached. 404 until everything is erased.",
  access: "public",
  body: z.strictObject({ token: DeletionToken }),
  audits: { none: "only reads; a POST, to keep the token out of URLs" },
  success: { status: 200, description: "The receipt", contentType: "application/pdf" },
  errors: ["not_found", "rate_limited"],
});

export const getReceiptKey = endpoint({
  operationId: "getReceiptKey",
  method: "GET",
  path: "/receipt-key",
  summary: "The public key that verifies this server's deletion receipts.",
  access: "public",
  success: {
    status: 200,
    description: "The key",
    schema: z.strictObject({
      algorithm: z.literal("Ed25519"),
      publicKey: z.string().describe("32 bytes (RFC 8032) in base64url"),
    }),
  },
});
