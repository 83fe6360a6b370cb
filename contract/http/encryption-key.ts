/** The key that seals a workspace's recordings, export archives and invitation links, and its rotation. */
import { z } from "zod";
import { endpoint, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** Hours from the start of a rotation until another one can begin. */
export const ROTATION_PAUSE_HOURS = 24;

const KeyRotation = z
  .strictObject({
    startedAt: Time,
    startedByName: z.string(),
    total: z.int().nullable().describe("Sealed things that there were at the rotation's start; null until they are counted"),
    done: z.int().describe("Sealed things that the new key seals already"),
    inUse: z.int().describe("Recordings and archives that are still being written with the old key; the rotation waits for them"),
    fault: z.string().nullable().describe("Why the rotation does not go on, as a sentence"),
  })
  .meta({ id: "KeyRotation" });

const EncryptionKey = z
  .strictObject({
    name: z.string().describe("Tells the key from others without giving it away: 16 hexadecimal digits"),
    since: Time.nullable().describe("When the newest rotation began; null if the key is the workspace's first"),
    unreadable: z.int().describe("Recordings and archives that the newest rotation could not open: they were damaged before"),
    rotation: KeyRotation.nullable().describe("The rotation that is under way"),
    rotatedLately: z.boolean().describe("The newest rotation began within the last day: no other can begin yet"),
    can: z.strictObject({ rotate: z.boolean() }),
  })
  .meta({ id: "EncryptionKey" });

export const getEncryptionKey = endpoint({
  operationId: "getEncryptionKey",
  method: "GET",
  path: "/tenants/{slug}/security/encryption-key",
  summary: "The workspace's encryption key, and the rotation that is under way.",
  access: "member",
  permission: "security.view",
  params: TenantParams,
  success: { status: 200, description: "The key's name and rotation.", schema: EncryptionKey },
});

export const rotateEncryptionKey = endpoint({
  operationId: "rotateEncryptionKey",
  method: "POST",
  path: "/tenants/{slug}/security/encryption-key/rotation",
  summary:
    "Replace the key. Everything that the old key sealed is sealed anew while people go on working, then the old key is destroyed. Admins are told by mail.",
  access: "member",
  permission: "security.manage_keys",
  params: TenantParams,
  audits: ["key.rotation_started"],
  success: { status: 202, description: "Begun.", schema: EncryptionKey },
  errors: ["reauthentication_required", "key_rotating", "key_rotated_lately"],
});
