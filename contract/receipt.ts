/** The receipt of a deletion. It proves to the owner that a workspace is gone, and holds no personal data. */
import { z } from "zod";

/** More than a workspace can have. */
export const MAX_INVOICES = 100_000;

const Kinds = z
  .array(z.strictObject({ kind: z.string(), count: z.int().min(0) }))
  .describe("The number of erased items of each kind");

export const Receipt = z
  .strictObject({
    version: z.literal(1),
    workspaceId: z.uuid().describe("The id that the workspace had, as in its exports. Nothing has this id any more"),
    server: z.string().describe("Address of the whoot server that deleted it"),
    deletedAt: z.iso.datetime().describe("From this time on nobody could find or open the workspace"),
    keyDestroyedAt: z.iso
      .datetime()
      .describe("From this time on no copy of its recordings or exports could be opened, not even one from a backup"),
    completedAt: z.iso
      .datetime()
      .describe(
        "By this time every row and file was erased. The statement says what PostgreSQL can keep of rows in its own files",
      ),
    erased: Kinds,
    replays: z
      .array(z.strictObject({ foundAt: z.iso.datetime(), completedAt: z.iso.datetime(), erased: Kinds }))
      .describe(
        "Each time that a restored backup brought the workspace back and the server deleted it again before it served anyone",
      ),
    billing: z
      .strictObject({
        currency: z.string().describe("ISO 4217"),
        digits: z.int().describe("Of the currency's minor unit. Amounts are in minor units"),
        openInvoices: z.int().min(0).describe("Invoices that were not paid in full"),
        due: z.int().min(0).describe("What was due on them, and still is"),
        creditLost: z.int().min(0).describe("Credit that nothing will use any more"),
        daysLost: z.int().min(0).describe("Whole days that were charged and are lost"),
        unrecorded: z
          .array(z.string())
          .min(1)
          .max(MAX_INVOICES)
          .optional()
          .describe(
            "What came in at the payment provider and was recorded on no invoice, such as 0.07 EUR. The provider has it under the workspace's id. Left out for none",
          ),
      })
      .optional()
      .describe("What the workspace owed and lost. Left out for one without a subscription"),
    archived: z
      .strictObject({ documents: z.int().min(1), keptUntil: z.iso.date().describe("The last day, in UTC, of the last of them") })
      .optional()
      .describe(
        "Issued invoices and credit notes that the issuer's law demands to be kept. They are outside the workspace, sealed with a key of the issuer's. Left out for none",
      ),
    customer: z
      .enum(["erased", "kept"])
      .optional()
      .describe("The workspace's customer at the payment provider, with its card. Left out if it never had one"),
    statement: z.string(),
    publicKey: z
      .string()
      .describe("Ed25519 public key of the server, 32 bytes in base64url. Compare it with GET /api/v1/receipt-key"),
    signature: z
      .string()
      .describe("Ed25519 signature (RFC 8032), in base64url, over the receipt without this field as canonical JSON (RFC 8785)"),
  })
  .meta({ id: "Receipt" });
export type Receipt = z.infer<typeof Receipt>;
