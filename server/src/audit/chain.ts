/** The hash chain of a tenant's audit log. Each hash covers the previous one, so no entry can be changed, moved or left out unnoticed. */
import { createHash } from "node:crypto";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What changed, from which value to which. Never a secret. */
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
  /** The JSON text exactly as it is stored, because the hash covers every character. */
  changes: string;
}

/** Replaces what PostgreSQL can't store: halves of surrogate pairs and null characters. The hashed text must be the stored text. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** The changes as the JSON that is stored and hashed. */
export function changesText(changes: Changes): string {
  return JSON.stringify(changes, (_key, value: unknown) => (typeof value === "string" ? storable(value) : value));
}

/**
 * SHA-256 (FIPS 180-4) of the previous hash, followed by the tenant and the entry as one JSON array. docs/operating.md describes it, so that
 * a log can be checked without whoot.
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
