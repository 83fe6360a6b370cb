/**
 * Sessions of members as a workspace sees them, and how long they last there. A session belongs to an account, above workspaces: ending it
 * here closes this workspace to it until its person authenticates again (access/conditions.ts), and changes nothing elsewhere.
 */
import { z } from "zod";
import type { Ctx } from "../access/ctx.ts";
import { rolePermissions } from "../access/member.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { behindRosterLock } from "../access/roster.ts";
import { changesBetween } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { Refusal } from "../platform/refusal.ts";
import { obstacle } from "./policy.ts";
import * as queries from "./queries.ts";

/** The end of a page: the id of its last session. */
const PageKeys = z.tuple([z.uuid()]);

interface Limits {
  idleMinutes: number;
  absoluteMinutes: number;
}

const limitsOf = ({ tenant }: Ctx): Limits => ({
  idleMinutes: tenant.sessionIdleMinutes,
  absoluteMinutes: tenant.sessionAbsoluteMinutes,
});

export function getSessionLimits(ctx: Ctx, limits = limitsOf(ctx)) {
  const may = ctx.member.may("security.manage_sessions");
  return { ...limits, can: { set: may, seeSessions: may } };
}

/**
 * Sets how long sessions last. Live audio of sessions that are too old ends once the change is announced.
 * @throws Refusal reauthentication_required; forbidden
 */
export async function setSessionLimits(stale: Ctx, limits: Limits) {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sessions");
  const changes = changesBetween({ ...limitsOf(ctx) }, { ...limits });
  if (Object.keys(changes).length > 0) {
    await queries.setLimits(ctx.db, limits);
    const target = { type: "workspace" as const, id: ctx.tenantId, name: ctx.tenant.name };
    ctx.audit.record({ action: "session.limits_changed", target, changes });
    await announceChanged(ctx, "tenant");
  }
  return getSessionLimits(ctx, limits);
}

interface Page {
  memberId?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

/** @throws Refusal invalid_input for the cursor */
export async function listMemberSessions(ctx: Ctx, { memberId, cursor, limit }: Page) {
  const [before = null] = parseKeyedCursor(cursor, PageKeys) ?? [];
  const { idleMinutes, absoluteMinutes } = limitsOf(ctx);
  const rows = await queries.listSessions(ctx.db, { memberId, before, idleMinutes, limit: limit + 1 });
  const { items, nextCursor } = toKeyedPage(rows, limit, ({ sessionId }) => [sessionId]);
  const ids = items.map(({ sessionId }) => sessionId);
  const alive = await ctx.services.database.asPlatformStatement("which sessions have not ended", (db) =>
    queries.findAlive(db, ids, absoluteMinutes),
  );
  return { items: items.filter(({ sessionId }) => alive.has(sessionId)).map((row) => present(ctx, row)), nextCursor };
}

function present({ member, principal }: Ctx, row: queries.SessionRow) {
  const { sessionId, memberId, name, ipAddress, userAgent, startedAt, lastSeenAt } = row;
  return {
    sessionId,
    memberId,
    name,
    current: sessionId === principal.sessionId,
    ipAddress,
    userAgent,
    startedAt: startedAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    whyNotEnd: obstacle(member, { ...row, permissions: rolePermissions(row) })?.reason ?? null,
  };
}

/** @throws Refusal not_found, for a session that has ended or was never here; owner_protected; outranked; forbidden */
export function endMemberSession(stale: Ctx, { sessionId }: { sessionId: string }): Promise<void> {
  return endSessions(stale, (ctx) => queries.findSession(ctx.db, sessionId));
}

/** @throws Refusal as `endMemberSession`; reauthentication_required */
export function endMemberSessions(stale: Ctx, { memberId }: { memberId: string }): Promise<void> {
  return endSessions(
    stale,
    (ctx) => queries.findSessionsOf(ctx.db, memberId),
    ({ principal }) => assertRecentlyAuthenticated(principal),
  );
}

/** Locks the roster first: the member's role decides whether the actor may, and another admin may be ending the same session. */
async function endSessions(
  stale: Ctx,
  find: (ctx: Ctx) => Promise<queries.SessionRow[]>,
  assertMay: (ctx: Ctx) => void = () => {},
): Promise<void> {
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sessions");
  const rows = await find(ctx);
  const [first] = rows;
  if (!first) throw new Refusal("not_found");
  const blocked = obstacle(ctx.member, { ...first, permissions: rolePermissions(first) });
  if (blocked) throw new Refusal(blocked.code, { detail: `Nothing was changed. ${first.name}: ${blocked.reason}` });
  assertMay(ctx);
  await queries.endSessions(
    ctx.db,
    rows.map(({ sessionId }) => sessionId),
  );
  for (const { memberId, name, ipAddress, userAgent } of rows) {
    const changes = { ipAddress: { from: ipAddress }, userAgent: { from: userAgent } };
    ctx.audit.record({ action: "session.ended", target: { type: "member", id: memberId, name }, changes });
  }
  await announceChanged(ctx, "members");
}
