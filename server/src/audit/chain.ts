/** The hash that chains a tenant's audit log: each entry's covers the one before it, so no entry can be changed, moved or left out. */
import { createHash } from "node:crypto";

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
  /** JSON, as it is stored: it is hashed letter by letter, so no reading and writing of numbers or keys comes between. */
  changes: string;
}

/** As PostgreSQL can keep it: no half of a surrogate pair, no null character. What is hashed must be what comes back. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** The changes as the JSON that is stored and hashed. */
export function changesText(changes: Changes): string {
  return JSON.stringify(changes, (_key, value: unknown) => (typeof value === "string" ? storable(value) : value));
}

/**
 * SHA-256 (FIPS 180-4) of the hash before, and of the tenant and the entry as one JSON array. docs/operating.md describes it, so that
 * others can check a log without whoot.
 * @param previous empty for a tenant's first entry
 */
export function chainHash(previous: Buffer, tenantId: string, entry: ChainedEntry): Buffer {
  const text = JSON.stringify([
    tenantId,
    entry.sequence,
    entry.occurredAt.toISOString(),
    entry.action,
    entry.actorMemberId,
    entry.actorName,
    entry.targetType,
    entry.targetId,
    entry.targetName,
    entry.ipAddress,
    entry.userAgent,
    entry.changes,
  ]);
  return createHash("sha256").update(previous).update(text).digest();
}
