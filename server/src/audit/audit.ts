/** The audit log: every feature tells what was done, in the transaction that does it. */
import type { AuditAction, AuditTargetType } from "#contract/audit.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound } from "../platform/refusal.ts";
import { chainHash, type Changes, changesText, type Json, storable } from "./chain.ts";
import * as queries from "./queries.ts";

/** Who does something, and from where. `memberId` null: whoot itself, or a person who is no member. */
export interface Actor extends Origin {
  memberId: string | null;
  name: string;
}

export interface AuditEvent {
  action: AuditAction;
  target: { type: AuditTargetType; id: string | null; name: string };
  /** Field by field, from what to what. Never a secret: it can be read by whoever may read the log, for good. */
  changes?: Changes;
}

/** A statement of PostgreSQL has at most 65,535 parameters, and an entry has 13. */
const AT_ONCE = 1_000;

const waiting = new WeakMap<TenantTx, Array<{ actor: Actor; event: AuditEvent }>>();

/**
 * Adds an entry to the tenant's audit log, in the transaction that does what it tells. Written as the last thing of it: the chain's
 * end is locked for no longer than the commit takes, and never before another lock of the same transaction.
 * @param place `first`: it came before whatever else the transaction tells.
 */
export function record(tx: TenantTx, actor: Actor, event: AuditEvent, place: "first" | "last" = "last"): void {
  const known = waiting.get(tx);
  if (known) return void (place === "first" ? known.unshift({ actor, event }) : known.push({ actor, event }));
  const entries = [{ actor, event }];
  waiting.set(tx, entries);
  tx.beforeCommit(() => {
    // What another last-minute effect records comes after these, in an append of its own.
    waiting.delete(tx);
    return appendNow(tx.db, tx.tenantId, entries);
  });
}

/**
 * The same at once, for a transaction above tenants that entered this tenant.
 * @throws Refusal not_found when the tenant was erased meanwhile
 */
export async function appendNow(db: Db, tenantId: string, entries: Array<{ actor: Actor; event: AuditEvent }>): Promise<void> {
  let { sequence, hash } = orNotFound(await queries.lockHead(db));
  // After the lock: of two who append at once, the later one has the later time.
  const occurredAt = new Date();
  const chained = entries.map(({ actor, event }) => {
    sequence += 1;
    const entry = {
      sequence,
      occurredAt,
      action: event.action,
      actorMemberId: actor.memberId,
      actorName: storable(actor.name),
      targetType: event.target.type,
      targetId: event.target.id,
      targetName: storable(event.target.name),
      ipAddress: actor.ipAddress,
      userAgent: actor.userAgent === null ? null : storable(actor.userAgent),
      changes: changesText(event.changes ?? {}),
    };
    hash = chainHash(hash, tenantId, entry);
    return { ...entry, hash };
  });
  for (let from = 0; from < chained.length; from += AT_ONCE) {
    await queries.appendEntries(db, tenantId, chained.slice(from, from + AT_ONCE));
  }
}

/** Whether this actor's same event on the same target is in the log of the last `minutes`. */
export function recordedLately(tx: TenantTx, actor: Actor, event: AuditEvent, minutes: number): Promise<boolean> {
  return queries.hasRecentEntry(tx.db, { ...event, actorMemberId: actor.memberId, targetId: event.target.id, minutes });
}

/** What differs between two states of the same fields; those that `after` does not name stay as they were. */
export function changesBetween(before: Record<string, Json>, after: Record<string, Json | undefined>): Changes {
  const changes: Changes = {};
  for (const [field, to] of Object.entries(after)) {
    const from = before[field];
    if (to === undefined || JSON.stringify(from) === JSON.stringify(to)) continue;
    changes[field] = { ...(from === undefined ? {} : { from }), to };
  }
  return changes;
}

/** For what is new: every field, from nothing. */
export function changesTo(after: Record<string, Json>): Changes {
  return Object.fromEntries(Object.entries(after).map(([field, to]) => [field, { to }]));
}

/** For what is gone: every field, to nothing. */
export function changesFrom(before: Record<string, Json>): Changes {
  return Object.fromEntries(Object.entries(before).map(([field, from]) => [field, { from }]));
}
