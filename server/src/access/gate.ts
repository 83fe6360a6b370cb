/** Every way through gate 1 calls `admit`: a request, work that outlives its request, and many live connections at once. */
import { setTimeout as pause } from "node:timers/promises";
import { openAudit } from "../audit/audit.ts";
import type { TenantOptions, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { admit, admitOne } from "./admit.ts";
import type { Ctx } from "./ctx.ts";
import type { Member } from "./member.ts";
import { enterSession, touchLive, touchSession } from "./member-sessions.ts";
import type { Principal, PrincipalKey } from "./principal.ts";
import { findValidSessions } from "./sessions.ts";

const UNKNOWN: Origin = { ipAddress: null, userAgent: null };

export interface Entry extends TenantOptions {
  tenantId: string;
  principal: Principal;
  /** Where the request came from. A session's first request signs it in to the tenant. Null for a request that must not do so. */
  origin: Origin | null;
  /** True for long work, such as a download, which keeps its session from being idle. */
  inUse?: boolean;
}

/**
 * Runs `work` in one transaction of the tenant, as the principal's member there.
 * @throws Refusal not_found for a non-member, otherwise as conditions.ts
 */
export function enter<Result>(services: Services, entry: Entry, work: (ctx: Ctx) => Promise<Result>): Promise<Result> {
  const { tenantId, principal, origin, inUse, ...options } = entry;
  return services.database.withTenant(
    tenantId,
    async (tx) => {
      const { member, tenant, session, sso, ssoDemanded } = await admitOne(tx, principal, inUse);
      const actor = { memberId: member.memberId, name: member.name, ...(origin ?? UNKNOWN) };
      // A recent confirmation by the tenant's own provider counts in this tenant only.
      const confirmed = sso?.recent ? { ...principal, recentlyAuthenticated: true } : principal;
      const ctx: Ctx = {
        ...tx,
        services,
        principal: confirmed,
        member,
        tenant,
        sso,
        audit: openAudit(tx, actor),
      };
      if (origin !== null && session === "new" && ssoDemanded && !sso?.valid) {
        tx.beforeCommit(async () =>
          ctx.audit.record({
            action: "sso.owner_bypassed",
            target: { type: "workspace", id: tenant.tenantId, name: tenant.name },
          }),
        );
      }
      // Done last, to avoid a deadlock: this locks the member's row, and `work` may wait for the roster lock, whose holder may wait for
      // that row.
      if (origin !== null && session === "new") tx.beforeCommit(() => enterSession(ctx, origin));
      if (origin !== null && session === "stale") tx.beforeCommit(() => touchSession(ctx, origin));
      return work(ctx);
    },
    options,
  );
}

/** How long a download waits while the database cannot answer. Proxies and browsers give up on a silent download after a minute. */
const PATIENCE_MS = 45_000;
const RETRY_MS = 500;

/**
 * Enters the tenant again, for work that outlives its request: a download takes hours, and a membership can end at any moment. While the
 * database is unreachable or too busy, it tries again, so that a busy moment does not break the download.
 * @param work must only read, because it may run more than once
 * @throws Refusal not_signed_in when the session or the membership has ended, otherwise as `enter`; unavailable after 45 s
 */
export async function reenter<Result>(
  { services, tenantId, principal }: Pick<Ctx, "services" | "tenantId" | "principal">,
  work: (ctx: Ctx) => Promise<Result>,
): Promise<Result> {
  async function once(): Promise<Result> {
    const valid = await findValidSessions(services.database, tenantId, [principal]);
    const proved = valid.get(principal.sessionId)?.proved;
    if (!proved) throw new Refusal("not_signed_in");
    return enter(services, { tenantId, principal: { ...principal, ...proved }, origin: null, inUse: true }, work);
  }
  for (const deadline = performance.now() + PATIENCE_MS; ; await pause(RETRY_MS, undefined, { ref: false })) {
    try {
      return await once();
    } catch (error) {
      const isBusy = error instanceof Refusal && error.code === "unavailable";
      if (!isBusy || performance.now() > deadline) throw error;
    }
  }
}

/** A download checks the gate after so many bytes, or after so many milliseconds of a slow reader. */
const CHECK_AFTER_BYTES = 1024 * 1024;
const CHECK_AFTER_MS = 1_000;

/** Passes the bytes on until `stillMay` throws. Its error ends the stream. */
export async function* whileAllowed(bytes: AsyncIterable<Buffer>, stillMay: () => Promise<void>): AsyncGenerator<Buffer> {
  let bytesSinceCheck = 0;
  let checkedAt = performance.now();
  for await (const piece of bytes) {
    if (bytesSinceCheck >= CHECK_AFTER_BYTES || performance.now() - checkedAt >= CHECK_AFTER_MS) {
      await stillMay();
      bytesSinceCheck = 0;
      checkedAt = performance.now();
    }
    bytesSinceCheck += piece.length;
    yield piece;
  }
}

/** A member with a live connection. */
export interface LiveMember extends Member {
  /** Milliseconds until time alone ends the access. */
  endsInMs: number;
}

/**
 * Decides which live connections may stay, and marks their sessions as used. It takes two queries for any number, because editing a role
 * affects all of its holders at once.
 * @returns the member for each principal, in their order; null for one that may not stay
 */
export async function admitLive(
  { database }: Services,
  tenantId: string,
  principals: readonly PrincipalKey[],
): Promise<Array<LiveMember | null>> {
  const valid = await findValidSessions(database, tenantId, principals);
  const remaining = principals.flatMap(({ sessionId, accountId }) => {
    const proved = valid.get(sessionId)?.proved;
    return proved ? [{ sessionId, accountId, ...proved }] : [];
  });
  if (remaining.length === 0) return principals.map(() => null);
  const verdicts = await database.withTenant(
    tenantId,
    async (tx: TenantTx) => {
      const decided = await admit(tx, remaining, true);
      const stale = remaining.filter((_, i) => decided[i] && "session" in decided[i] && decided[i].session === "stale");
      if (stale.length > 0)
        await touchLive(
          tx,
          stale.map(({ sessionId }) => sessionId),
        );
      return decided;
    },
    { line: "voice" },
  );
  const bySession = new Map(remaining.map(({ sessionId }, i) => [sessionId, verdicts[i]]));
  return principals.map(({ sessionId }) => {
    const verdict = bySession.get(sessionId);
    if (!verdict || verdict instanceof Refusal) return null;
    return { ...verdict.member, endsInMs: Math.min(verdict.endsInMs, valid.get(sessionId)?.endsInMs ?? 0) };
  });
}
