/** The hash that chains a tenant's audit log: each entry's covers the one before it, so no entry can be changed, moved or left out. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../platform/canonical-json.ts";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What changed, from what to what. Never a secret. */
export type Changes = Record<string, { from?: Json; to?: Json }>;

export interface ChainedEntry {
  sequence: number;
  occurredAt: Date;
  action: string;
  actorMemberId: string | null;
  actorName: string;
  targetType: string;
  targetId: string | null;
  targetName: string;
  ipAddress: string | null;
  userAgent: string | null;
  changes: Changes;
}

/** SHA-256 (FIPS 180-4) of the hash before, and of the tenant with the entry. @param previous empty for a tenant's first entry */
export function chainHash(previous: Buffer, tenantId: string, entry: ChainedEntry): Buffer {
  const text = canonicalJson({ ...entry, occurredAt: entry.occurredAt.toISOString(), tenantId });
  return createHash("sha256").update(previous).update(text).digest();
}
