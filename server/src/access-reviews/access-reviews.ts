/**
 * Access reviews: everybody's access at one moment, and the reviewers' decisions on it. Changes of roles and revocations take effect at once, through
 * the members feature and in the same transaction: all members of a decision or none.
 */
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { type AccessReviewSince, type DecisionRefusal, MAX_SINCE_NAMED } from "#contract/http/access-reviews.ts";
import { whatItAllows } from "#contract/permissions.ts";
import type { Ctx } from "../access/ctx.ts";
import type { Member } from "../access/member.ts";
import { behindRosterLock } from "../access/roster.ts";
import { changesTo } from "../audit/audit.ts";
import { findPending } from "../invitations/invitations.ts";
import { changeRole, removeMembers } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseKeyedCursor, parseTimeCursor, toKeyedPage, toPage } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { searchWords } from "../platform/search-words.ts";
import * as itemQueries from "./item-queries.ts";
import { type Choice, decisionRefusal } from "./policy.ts";
import { type AccessReview, accessNow, permissionsNow, presentItem, presentReview } from "./present.ts";
import * as queries from "./queries.ts";

/** Days until the due date. A later one is probably a typing error. */
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

/** A cursor: the position in the review after which a page begins. */
const PLACE = z.tuple([z.string().regex(/^\d{1,9}$/)]);

const DECISIONS = { approve: "approved", change: "changed", revoke: "revoked" } as const;

async function findSinceNow(tx: TenantTx, reviewId: string): Promise<AccessReviewSince> {
  const [joined, invited] = await Promise.all([
    itemQueries.findJoinedSince(tx.db, reviewId, MAX_SINCE_NAMED),
    findPending(tx, MAX_SINCE_NAMED),
  ]);
  return { joined, invited };
}

/** People whom the review leaves out, because they joined after its start or are invited: now or, for an ended review, at its end. */
export async function findSince(tx: TenantTx, row: queries.ReviewRow): Promise<AccessReviewSince | null> {
  return row.endedAt === null ? findSinceNow(tx, row.reviewId) : row.finalSince;
}

async function present(ctx: Ctx, row: queries.ReviewRow): Promise<AccessReview> {
  const counts = row.finalCounts ?? (await itemQueries.countItems(ctx.db, row.reviewId));
  return presentReview(row, counts, await findSince(ctx, row), ctx.member.may("users.view_contact"));
}

/** A page of reviews, newest first. */
export async function listAccessReviews(ctx: Ctx, input: { cursor?: string | undefined; limit: number }) {
  const rows = await queries.listReviews(ctx.db, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.startedAt, id: row.reviewId }));
  return { items: await Promise.all(items.map((row) => present(ctx, row))), nextCursor };
}

/** @throws Refusal not_found */
export async function getAccessReview(ctx: Ctx, { reviewId }: { reviewId: string }): Promise<AccessReview> {
  return present(ctx, orNotFound(await queries.findReview(ctx.db, reviewId)));
}

/** Whether a review is open past its due date. */
export function hasOverdueReview(tx: TenantTx): Promise<boolean> {
  return queries.hasOverdueReview(tx.db);
}

/** @throws Refusal access_review_open, quota_reached, invalid_input for the due date */
export async function startAccessReview(ctx: Ctx, input: { name: string; dueAt: string }) {
  const { config } = ctx.services;
  const dueAt = new Date(input.dueAt);
  const days = (dueAt.getTime() - Date.now()) / DAY_MS;
  if (days <= 0 || days > MAX_DAYS) {
    const message = days <= 0 ? "Choose a day in the future." : "Choose a day within a year.";
    throw new Refusal("invalid_input", { fields: [{ path: "dueAt", message }] });
  }
  const reviewId = uuidv7();
  const inserted = await queries.insertReview(ctx.db, {
    tenantId: ctx.tenantId,
    reviewId,
    name: input.name,
    startedByName: ctx.member.name,
    dueAt,
  });
  if (!inserted) throw new Refusal("access_review_open");
  // Count after inserting: only one review can be open, so no other can start in between.
  const max = config.quotas.reviews;
  if ((await queries.countStartedLately(ctx.db)) > max) {
    const detail = `This workspace has reached its limit of access reviews: ${max.toLocaleString("en")} a day. Try again tomorrow, or ask whoever runs the server.`;
    throw new Refusal("quota_reached", { detail });
  }
  const review = await getAccessReview(ctx, { reviewId });
  ctx.audit.record({
    action: "access_review.started",
    target: { type: "access_review", id: reviewId, name: review.name },
    changes: changesTo({ name: review.name, dueAt: review.dueAt, members: review.counts.members }),
  });
  await announceChanged(ctx, "accessReviews");
  return review;
}

/** Whether the reviewer is among these members and is the only one who may run reviews, so that nobody else can decide on them. */
async function isAlone(ctx: Ctx, rows: itemQueries.ItemRow[]): Promise<boolean> {
  if (!rows.some(({ memberId }) => memberId === ctx.member.memberId)) return false;
  return !(await itemQueries.hasOtherHolder(ctx.db, "security.run_access_reviews", ctx.member.memberId));
}

/** A page of the review's members. @throws Refusal not_found, invalid_input for the cursor */
export async function listAccessReviewItems(
  ctx: Ctx,
  input: {
    reviewId: string;
    cursor?: string | undefined;
    limit: number;
    state: "all" | "pending" | "decided" | "left";
    search: string;
  },
) {
  const { reviewId } = input;
  const review = orNotFound(await queries.findReview(ctx.db, reviewId));
  const words = searchWords(input.search, ctx.member.may("users.view_contact"));
  // A search of punctuation only matches nobody.
  if (input.search.trim() !== "" && words.length === 0) return { items: [], nextCursor: null };
  const rows = await itemQueries.listItems(ctx.db, {
    reviewId,
    state: input.state,
    words,
    after: Number(parseKeyedCursor(input.cursor, PLACE)?.[0] ?? 0),
    limit: input.limit + 1,
  });
  const alone = await isAlone(ctx, rows);
  const { items, nextCursor } = toKeyedPage(rows, input.limit, (row) => [String(row.position)]);
  return { items: items.map((row) => presentItem(row, review, ctx.member, alone)), nextCursor };
}

/** Locks the roster and checks the permission again, so that somebody who lost it while waiting decides nothing. */
async function lockAsReviewer(stale: Ctx): Promise<Ctx> {
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.run_access_reviews");
  return ctx;
}

interface Decision {
  reviewId: string;
  /** `seen`: identifies the access that the reviewer saw. */
  members: Array<{ memberId: string; seen: string }>;
  decision: Choice;
  roleId?: string | undefined;
  note: string;
  replace: boolean;
}

function sentenceFor(refusal: DecisionRefusal, name: string): string {
  switch (refusal) {
    case "ended":
      return "This access review is over. Its decisions are final.";
    case "left":
      return `${name} is no longer a member: there is nothing to decide.`;
    case "self":
      return "You can't decide on your own access. Ask another reviewer.";
    case "owner":
      return `${name} owns the workspace: the owner's access can only be approved.`;
    case "cannot_change_role":
      return "Your role doesn't let you change a member's role. Ask an admin of the workspace.";
    case "outranked":
      return `${name}'s role allows what yours doesn't. Ask a reviewer who may do as much.`;
    case "cannot_remove":
      return "Your role doesn't let you remove a member. Ask an admin of the workspace.";
  }
}

function assertDecidable(reviewer: Member, rows: itemQueries.ItemRow[], input: Decision, alone: boolean): void {
  for (const row of rows) {
    const refusal = decisionRefusal(reviewer, { ...row, permissions: permissionsNow(row) }, input.decision, {
      ended: false,
      alone,
    });
    if (refusal === "left") throw new Refusal("access_decided", { detail: sentenceFor(refusal, row.name) });
    if (refusal) throw new Refusal("forbidden", { detail: sentenceFor(refusal, row.name) });
    if (row.decision !== "pending" && !input.replace) {
      const by = row.decidedByMemberId === reviewer.memberId ? "You" : row.decidedByName;
      throw new Refusal("access_decided", {
        detail: `${by} already decided on ${row.name}: ${row.decision}. Look again, then decide.`,
      });
    }
    if (input.decision === "change" && row.nowRoleId === input.roleId) {
      const message = `${row.name} already has that role. Choose another, or approve.`;
      throw new Refusal("invalid_input", { fields: [{ path: "roleId", message }] });
    }
  }
}

const MAX_NAMED = 5;

/** Says how a member's access differs from the start, for a reviewer who saw another state. */
function whatChanged(row: itemQueries.ItemRow, now: NonNullable<ReturnType<typeof accessNow>>): string {
  const words = (permissions: typeof now.gained) =>
    permissions.length > MAX_NAMED ? `do ${permissions.length} things` : permissions.map(whatItAllows).join("; ");
  const parts = [
    ...(now.gained.length > 0 ? [`may now also ${words(now.gained)}`] : []),
    ...(now.lost.length > 0 ? [`may no longer ${words(now.lost)}`] : []),
  ];
  return `${row.name} is ${now.roleName}${parts.length > 0 ? `, and since the start ${parts.join(", and ")}` : ""}.`;
}

/** Refuses a decision on access that the reviewer did not see. @throws Refusal access_changed, with a field for each member with other access */
function assertSeen(review: queries.ReviewRow, rows: itemQueries.ItemRow[], members: Decision["members"]): void {
  const byId = new Map(rows.map((row) => [row.memberId, row]));
  const fields = members.flatMap(({ memberId, seen }, index) => {
    const row = byId.get(memberId);
    const now = row && accessNow(row, review);
    return row && now && now.seen !== seen ? [{ path: `members.${index}`, message: whatChanged(row, now) }] : [];
  });
  if (fields.length === 0) return;
  const who = fields.length === 1 ? "Their access" : `The access of ${fields.length} of them`;
  const sentences = fields.slice(0, MAX_NAMED).map(({ message }) => message);
  const more = fields.length > sentences.length ? ` And ${fields.length - sentences.length} more.` : "";
  throw new Refusal("access_changed", {
    detail: `${who} changed since you looked, so nothing is decided. ${sentences.join(" ")}${more} Look again, then decide.`,
    fields,
  });
}

/** The members' access now, to be stored with the decision. */
function accessOf(rows: itemQueries.ItemRow[], review: queries.ReviewRow): itemQueries.DecidedAccess[] {
  return rows.map((row) => ({ memberId: row.memberId, access: accessNow(row, review) }));
}

/**
 * Decides on these members, all of them or none, with effect at once.
 * @throws Refusal not_found, access_review_ended, access_decided, access_changed, forbidden, invalid_input, or as changeRole and removeMembers
 */
export async function decideAccess(stale: Ctx, input: Decision) {
  const ctx = await lockAsReviewer(stale);
  const { member: reviewer } = ctx;
  const { reviewId } = input;
  const review = orNotFound(await queries.lockReview(ctx.db, reviewId, "decide"));
  if (review.endedAt !== null) throw new Refusal("access_review_ended");
  const memberIds = [...new Set(input.members.map(({ memberId }) => memberId))];
  if ((await itemQueries.lockItems(ctx.db, reviewId, memberIds)) !== memberIds.length) throw new Refusal("not_found");
  const wanted = { reviewId, memberIds, limit: memberIds.length };
  const before = await itemQueries.listItems(ctx.db, wanted);
  const alone = await isAlone(ctx, before);
  assertDecidable(reviewer, before, input, alone);
  assertSeen(review, before, input.members);

  const { decision, note } = input;
  if (decision === "change" && input.roleId !== undefined) await changeRole(ctx, { memberIds, roleId: input.roleId });
  if (decision === "revoke") await removeMembers(ctx, { memberIds });
  // An approval stores the access that was seen, even if a channel changes meanwhile. Other decisions store the access that they result in.
  const decided = accessOf(decision === "approve" ? before : await itemQueries.listItems(ctx.db, wanted), review);
  await itemQueries.decideItems(ctx.db, reviewId, decided, {
    decision: DECISIONS[decision],
    note,
    byMemberId: reviewer.memberId,
    byName: reviewer.name,
  });
  const roleAfter = new Map(decided.map(({ memberId, access }) => [memberId, access?.roleName]));
  for (const row of before) {
    const to = roleAfter.get(row.memberId);
    ctx.audit.record({
      action: "access_review.decided",
      target: { type: "member", id: row.memberId, name: row.name },
      changes: {
        review: { to: review.name },
        decision: { from: row.decision, to: DECISIONS[decision] },
        ...(decision === "change" && to !== undefined ? { role: { from: row.nowRoleName, to } } : {}),
        ...(note === "" ? {} : { note: { to: note } }),
      },
    });
  }
  await announceChanged(ctx, "accessReviews");
  // Read again, so that revoked members show as such.
  const after = await itemQueries.listItems(ctx.db, wanted);
  return { review: await present(ctx, review), items: after.map((row) => presentItem(row, review, reviewer, alone)) };
}

/** @throws Refusal not_found, access_review_ended, access_review_unfinished */
export async function completeAccessReview(
  stale: Ctx,
  input: { reviewId: string; early: boolean; note: string },
): Promise<AccessReview> {
  const ctx = await lockAsReviewer(stale);
  const { reviewId } = input;
  const review = orNotFound(await queries.lockReview(ctx.db, reviewId, "end"));
  if (review.endedAt !== null) throw new Refusal("access_review_ended");
  const counts = await itemQueries.countItems(ctx.db, reviewId);
  if (counts.pending > 0 && !input.early) {
    const people = counts.pending === 1 ? "1 person is" : `${counts.pending} people are`;
    throw new Refusal("access_review_unfinished", {
      detail: `${people} not decided on yet. Decide, or end the review early and say why.`,
    });
  }
  const note = counts.pending > 0 ? input.note : "";
  await itemQueries.markLeft(ctx.db, reviewId);
  const since = await findSinceNow(ctx, reviewId);
  await queries.endReview(ctx.db, reviewId, { byName: ctx.member.name, note, counts, since });
  ctx.audit.record({
    action: "access_review.completed",
    target: { type: "access_review", id: reviewId, name: review.name },
    changes: { ...changesTo({ ...counts }), ...(note === "" ? {} : { endedEarly: { to: note } }) },
  });
  await announceChanged(ctx, "accessReviews");
  return getAccessReview(ctx, { reviewId });
}
