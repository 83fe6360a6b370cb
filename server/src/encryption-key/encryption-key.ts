/** A workspace's encryption key as its admins see it, and the start of a rotation, which a job carries out (rotating.ts). */
import { ROTATION_PAUSE_HOURS } from "#contract/http/encryption-key.ts";
import type { Ctx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { behindRosterLock } from "../access/roster.ts";
import { mailHolders } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import { enqueue } from "../platform/jobs.ts";
import { mailWords } from "../platform/mail/words.ts";
import { Refusal } from "../platform/refusal.ts";
import { jobKey, ROTATE_KEY } from "./jobs.ts";
import * as queries from "./queries.ts";

const PAUSE_MS = ROTATION_PAUSE_HOURS * 3_600_000;

const isRecent = (newest: queries.RotationRow | undefined) =>
  newest !== undefined && newest.startedAt.getTime() + PAUSE_MS > Date.now();

export async function getEncryptionKey(ctx: Ctx) {
  const newest = await queries.findNewest(ctx.db);
  return {
    name: ctx.services.keys.nameOf(ctx.tenantId),
    since: newest?.startedAt.toISOString() ?? null,
    unreadable: newest?.unreadable ?? 0,
    rotatedLately: isRecent(newest),
    rotation:
      newest && newest.finishedAt === null
        ? {
            startedAt: newest.startedAt.toISOString(),
            startedByName: newest.startedByName,
            total: newest.total,
            done: newest.done,
            inUse: newest.inUse,
            fault: newest.fault,
          }
        : null,
    can: { rotate: ctx.member.may("security.manage_keys") },
  };
}

/** @throws Refusal reauthentication_required, forbidden, key_rotating, key_rotated_lately */
export async function rotateEncryptionKey(stale: Ctx) {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_keys");
  const newest = await queries.findNewest(ctx.db);
  // Also during a rotation that the key files show and a restored database does not know.
  const isReplacing = ctx.services.keys.previousName(ctx.tenantId) !== null;
  if (isReplacing || (newest && newest.finishedAt === null)) throw new Refusal("key_rotating");
  if (isRecent(newest)) throw new Refusal("key_rotated_lately");
  const oldKey = ctx.services.keys.nameOf(ctx.tenantId);
  if (!(await queries.insertRotation(ctx.db, ctx.tenantId, { oldKey, startedByName: ctx.member.name }))) {
    throw new Refusal("key_rotating");
  }
  await enqueue(ctx.db, ROTATE_KEY, { tenantId: ctx.tenantId }, jobKey(ctx.tenantId));
  ctx.audit.record({ action: "key.rotation_started", target: { type: "workspace", id: ctx.tenantId, name: ctx.tenant.name } });
  await mailHolders(ctx.services, ctx, "security.manage_keys", (tenant) => ({
    subject: mailWords`${ctx.member.name} replaces the encryption key of ${tenant}`,
    text: mailWords`Recordings, archives, kept documents and invitation links of ${tenant} are sealed anew, and then the old key is destroyed. Everything keeps working meanwhile, and nobody has to do anything.`,
  }));
  await announceChanged(ctx, "encryptionKey");
  return getEncryptionKey(ctx);
}
