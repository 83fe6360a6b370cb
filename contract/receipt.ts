/** The receipt of a deletion. It proves to the owner that a workspace is gone, and holds no personal data. */
import { z } from "zod";

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
