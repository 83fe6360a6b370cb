/** Lists the members who are joined to a connection, and separates a member from it. */
import { z } from "zod";
import { mailedPaths } from "#contract/paths.ts";
import type { Ctx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { behindRosterLock } from "../access/roster.ts";
import { announceChanged } from "../platform/changes.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import * as queries from "./queries.ts";
import { obstacleToSeparating } from "./trust-rights.ts";

/** The end of a page: the id of its last member. */
const PageKeys = z.tuple([z.uuid()]);

interface Page {
  connectionId: string;
  cursor?: string | undefined;
  limit: number;
}

/** @throws Refusal forbidden without users.view; not_found; invalid_input for the cursor */
export async function listIdentities(ctx: Ctx, { connectionId, cursor, limit }: Page) {
  ctx.member.require("users.view");
  const [after = null] = parseKeyedCursor(cursor, PageKeys) ?? [];
  orNotFound(await queries.findConnection(ctx.db, connectionId));
  const rows = await queries.listIdentities(ctx.db, { connectionId, after, limit: limit + 1 });
  const { items, nextCursor } = toKeyedPage(rows, limit, ({ memberId }) => [memberId]);
  const seesSubjects = ctx.member.may("users.view_contact");
  return {
    items: items.map((row) => ({
      memberId: row.memberId,
      name: row.name,
      subject: seesSubjects ? row.subject : null,
      linkedAt: row.linkedAt.toISOString(),
      lastUsedAt: row.lastUsedAt.toISOString(),
      whyNotEnd: obstacleToSeparating(ctx.member, row)?.reason ?? null,
    })),
    nextCursor,
  };
}

/**
 * Separates a member from the connection. Their sessions' proofs through it end.
 * @throws Refusal reauthentication_required; forbidden; not_found; owner_protected; outranked
 */
export async function endIdentity(stale: Ctx, key: { connectionId: string; memberId: string }): Promise<void> {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sso");
  ctx.member.require("users.view");
  const connection = orNotFound(await queries.findConnection(ctx.db, key.connectionId));
  const row = orNotFound(await queries.findIdentityOf(ctx.db, key));
  const blocked = obstacleToSeparating(ctx.member, row);
  if (blocked) throw new Refusal(blocked.code, { detail: `Nothing was changed. ${row.name}: ${blocked.reason}` });
  await queries.deleteIdentity(ctx.db, key);
  // The deletion has waited for sign-ins that hold the identity (holdIdentity). Their proofs are saved, and no new ones can follow.
  await queries.endProofs(ctx.db, key);
  ctx.audit.record({
    action: "sso.identity_ended",
    target: { type: "member", id: row.memberId, name: row.name },
    changes: { connection: { from: connection.name } },
  });
  await queueMail(ctx.db, ctx.services.keys, {
    to: row.email,
    subject: mailWords`You no longer enter ${ctx.tenant.name} through ${connection.name}`,
    text: mailWords`${ctx.member.name} separated your whoot account from the single sign-on connection ${connection.name} of ${ctx.tenant.name}. You are still a member. Sessions that came in through the connection have ended there. If you don't know why, ask an admin of ${ctx.tenant.name}.`,
    link: pageLink(ctx.services, mailedPaths.account()),
    tenantId: ctx.tenantId,
  });
  await announceChanged(ctx, "sso");
  await announceChanged(ctx, "members");
}
