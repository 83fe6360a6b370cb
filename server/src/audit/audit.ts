/** The audit log. Every feature records what it does, in the transaction that does it. */
import type { AuditAction, AuditTargetType } from "#contract/audit.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound } from "../platform/refusal.ts";
import { chainHash, type Changes, changesText, type Json, storable } from "./chain.ts";
import * as queries from "./queries.ts";

/** Who acts, and from where. `memberId` is null for whoot itself and for a person who is not a member. */
export interface Actor extends Origin {
  memberId: string | null;
  name: string;
}

/** whoot itself, in its jobs and for the operator's commands. */
export const WHOOT: Actor = { memberId: null, name: "whoot", ipAddress: null, userAgent: null };

export interface AuditEvent {
  action: AuditAction;
  target: { type: AuditTargetType; id: string | null; name: string };
  /** Each changed field, from which value to which. Never a secret: everybody who may read the log can read it forever. */
  changes?: Changes;
}

/** A statement in PostgreSQL has at most 65,535 parameters, and an entry has 13. */
const MAX_PER_STATEMENT = 1_000;

/** Writes to the tenant's audit log in the name of one actor, for one transaction. */
export interface Audit {
  readonly actor: Actor;
  /**
   * Adds an entry in the current transaction. Entries are written last, so that the chain's end is locked only until the commit, and after all
   * other locks of the transaction.
   */
  record(event: AuditEvent): void;
  /** The same, but before all other entries of the transaction. */
  recordFirst(event: AuditEvent): void;
  /** Whether the log of the last `minutes` has the same event by this actor on the same target. */
  recordedLately(event: AuditEvent, minutes: number): Promise<boolean>;
}

export function openAudit(tx: TenantTx, actor: Actor): Audit {
  let waiting: Entry[] = [];
  function add(event: AuditEvent, place: "push" | "unshift"): void {
    if (waiting.length === 0) {
      tx.beforeCommit(async () => {
        const entries = waiting;
        // Entries that another beforeCommit effect records come after these, in an append of their own.
        waiting = [];
        const chained = await chainAtHead(tx.db, tx.tenantId, entries);
        tx.awaitAtCommit(insertChained(tx.db, tx.tenantId, chained));
      });
    }
    waiting[place]({ actor, event });
  }
  return {
    actor,
    record: (event) => add(event, "push"),
    recordFirst: (event) => add(event, "unshift"),
    recordedLately: (event, minutes) =>
      queries.hasRecentEntry(tx.db, { ...event, actorMemberId: actor.memberId, targetId: event.target.id, minutes }),
  };
}

type Entry = { actor: Actor; event: AuditEvent };

/**
 * Appends at once, for a transaction above tenants that has entered this tenant.
 * @throws Refusal not_found if the tenant was erased meanwhile
 */
export async function appendNow(db: Db, tenantId: string, entries: readonly Entry[]): Promise<void> {
  await insertChained(db, tenantId, await chainAtHead(db, tenantId, entries));
}

/** Locks the chain's end, and continues the chain with these entries. */
async function chainAtHead(db: Db, tenantId: string, entries: readonly Entry[]) {
  let { sequence, hash } = orNotFound(await queries.lockHead(db));
  // Read after the lock, so that of two concurrent appends the later one has the later time.
  const occurredAt = new Date();
  return entries.map(({ actor, event }) => {
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
}

async function insertChained(db: Db, tenantId: string, chained: Awaited<ReturnType<typeof chainAtHead>>): Promise<void> {
  const from = Array.from({ length: Math.ceil(chained.length / MAX_PER_STATEMENT) }, (_, i) => i * MAX_PER_STATEMENT);
  await Promise.all(from.map((at) => queries.appendEntries(db, tenantId, chained.slice(at, at + MAX_PER_STATEMENT))));
}

/** The fields that differ between two states. Fields that `after` does not name count as unchanged. */
export function changesBetween(before: Record<string, Json>, after: Record<string, Json | undefined>): Changes {
  const changes: Changes = {};
  for (const [field, to] of Object.entries(after)) {
    const from = before[field];
    if (to === undefined || JSON.stringify(from) === JSON.stringify(to)) continue;
    changes[field] = { ...(from === undefined ? {} : { from }), to };
  }
  return changes;
}

/** The changes of something new: every field, from nothing. */
export function changesTo(after: Record<string, Json>): Changes {
  return Object.fromEntries(Object.entries(after).map(([field, to]) => [field, { to }]));
}

/** The changes of something removed: every field, to nothing. */
export function changesFrom(before: Record<string, Json>): Changes {
  return Object.fromEntries(Object.entries(before).map(([field, from]) => [field, { from }]));
}
