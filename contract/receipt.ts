/** The receipt of a deletion: what an owner keeps to prove that a workspace is gone. Without personal data. */
import { z } from "zod";

const Kinds = z
  .array(z.strictObject({ kind: z.string(), count: z.int().min(0) }))
  .describe("What was erased, and how many of it, by kind");

export const Receipt = z
  .strictObject({
    version: z.literal(1),
    workspaceId: z.uuid().describe("The id that the workspace had; an export names it too. It leads to nothing any more"),
    server: z.string().describe("Address of the whoot that deleted it"),
    deletedAt: z.iso.datetime().describe("From then on nobody could find or open it"),
    keyDestroyedAt: z.iso
      .datetime()
      .describe("From then on no copy of its recordings or exports, in a backup either, could be opened"),
    completedAt: z.iso.datetime().describe("By then everything was erased"),
    erased: Kinds,
    replays: z
      .array(z.strictObject({ foundAt: z.iso.datetime(), completedAt: z.iso.datetime(), erased: Kinds }))
      .describe("Each time that a restored backup brought it back, and it was deleted again before the server served anyone"),
    statement: z.string(),
    publicKey: z
      .string()
      .describe("Ed25519 public key of the server, 32 bytes as base64url; compare it with GET /api/v1/receipt-key"),
    signature: z
      .string()
      .describe("Ed25519 (RFC 8032) over the receipt without this field, as canonical JSON (RFC 8785), as base64url"),
  })
  .meta({ id: "Receipt" });
export type Receipt = z.infer<typeof Receipt>;
