import { z } from "zod";
import { Receipt } from "../receipt.ts";
import { Password } from "./accounts.ts";
import { endpoint, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const DeletionToken = z.string().regex(/^[A-Za-z0-9_-]{64}$/, "This link is incomplete. Copy it whole.");

export const deleteTenant = endpoint({
  operationId: "deleteTenant",
  method: "POST",
  path: "/tenants/{slug}/deletion",
  summary:
    "Delete the workspace and everything of it, permanently. The owner only, after typing the slug and the password again.",
  access: "member",
  params: TenantParams,
  body: z.strictObject({ slug: z.string().max(64), password: Password }),
  audits: { none: "the log is deleted with the workspace" },
  success: {
    status: 202,
    description: "The workspace is gone for everyone and its key is destroyed; what is left is being erased.",
    schema: z.strictObject({
      token: z.string().describe("Follows the deletion and fetches its receipt, without an account; mailed to the owner too"),
    }),
  },
  errors: ["owner_only", "confirmation_mismatch", "wrong_credentials", "disk_unavailable", "rate_limited"],
});

export const Deletion = z
  .strictObject({
    deletedAt: Time,
    keyDestroyedAt: Time.nullable(),
    completedAt: Time.nullable().describe("Null while it goes on"),
    steps: z
      .array(z.strictObject({ kind: z.string(), erased: z.int(), total: z.int() }))
      .describe("What is erased, by kind; empty until it is counted"),
    receipt: Receipt.nullable(),
  })
  .meta({ id: "Deletion" });

export const lookUpDeletion = endpoint({
  operationId: "lookUpDeletion",
  method: "POST",
  path: "/deletions/lookup",
  summary:
    "How far the erasure of a deleted workspace is, and its receipt at the end. The token travels in the body, never in a URL.",
  access: "public",
  body: z.strictObject({ token: DeletionToken }),
  audits: { none: "it reads, and is a POST to keep the token out of addresses" },
  success: { status: 200, description: "The deletion", schema: Deletion },
  errors: ["not_found", "rate_limited"],
});

export const getReceiptPdf = endpoint({
  operationId: "getReceiptPdf",
  method: "POST",
  path: "/deletions/receipt-pdf",
  summary: "The receipt of a finished deletion as a PDF, with the signed JSON attached to it. 404 until all is erased.",
  access: "public",
  body: z.strictObject({ token: DeletionToken }),
  audits: { none: "it reads, and is a POST to keep the token out of addresses" },
  success: { status: 200, description: "The receipt", contentType: "application/pdf" },
  errors: ["not_found", "rate_limited"],
});

export const getReceiptKey = endpoint({
  operationId: "getReceiptKey",
  method: "GET",
  path: "/receipt-key",
  summary: "The public key that this server signs receipts of deletions with.",
  access: "public",
  success: {
    status: 200,
    description: "The key",
    schema: z.strictObject({
      algorithm: z.literal("Ed25519"),
      publicKey: z.string().describe("32 bytes as base64url (RFC 8032)"),
    }),
  },
});
