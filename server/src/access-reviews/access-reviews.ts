/**
 * Access reviews: everybody's access as it was at one moment, and what reviewers decided about it. Changing and revoking act at
 * once, through the members feature and in the same transaction: all that was chosen together happens, or nothing of it.
 */
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { DecisionRefusal } from "#contract/http/access-reviews.ts";
import { changesTo, record } from "../audit/audit.ts";
import { lockRoster, type Member, readmit } from "../members/admit.ts";
import { changeRole, removeMembers } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseKeyedCursor, parseTimeCursor, toKeyedPage, toPage } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { type Choice, decisionRefusal } from "./policy.ts";
import { type AccessReview, permissionsNow, presentItem, presentReview } from "./present.ts";
import * as queries from "./queries.ts";

/** In the future, and near enough to be meant. */
const MOST_DAYS = 366;
const DAY_MS = 86_400_000;

/** As a cursor has it: after which of the review's members a page begins. */
const PLACE = z.tuple([z.string().regex(/^\d{1,9}$/)]);

const DECISIONS = { approve: "approved", change: "changed", revoke: "revoked" } as const;

async function withCounts(tx: TenantTx, row: queries.ReviewRow): Promise<AccessReview> {
  return presentReview(row, row.finalCounts ?? (await queries.countItems(tx.db, row.reviewId)));
}

/** A page of reviews, newest first. */
export async function listAccessReviews(tx: TenantTx, input: { cursor?: string | undefined; limit: number }) {
  const rows = await queries.listReviews(tx.db, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.startedAt, id: row.reviewId }));
  return { items: await Promise.all(items.map((row) => withCounts(tx, row))), nextCursor };
}

/** @throws Refusal not_found */
export async function getAccessReview(tx: TenantTx, reviewId: string): Promise<AccessReview> {
  return withCounts(tx, orNotFound(await queries.findReview(tx.db, reviewId)));
}

/** Whether a review is past its day and still open. */
export function hasOverdueReview(tx: TenantTx): Promise<boolean> {
  return queries.hasOverdueReview(tx.db);
}

/** @throws Refusal access_review_open, invalid_input for the day */
export async function startAccessReview(tx: TenantTx, starter: Member, input: { name: string; dueAt: string }) {
  const dueAt = new Date(input.dueAt);
  const days = (dueAt.getTime() - Date.now()) / DAY_MS;
  if (days <= 0 || days > MOST_DAYS) {
    const message = days <= 0 ? "Choose a day that is still to come." : "Choose a day within a year.";
    throw new Refusal("invalid_input", { fields: [{ path: "dueAt", message }] });
  }
  const reviewId = uuidv7();
  const started = await queries.insertReview(tx.db, {
    tenantId: tx.tenantId,
    reviewId,
    name: input.name,
    startedByName: starter.name,
    dueAt,
  });
  if (!started) throw new Refusal("access_review_open");
  const review = await getAccessReview(tx, reviewId);
  record(tx, starter.actor, {
    action: "access_review.started",
    target: { type: "access_review", id: reviewId, name: review.name },
    changes: changesTo({ name: review.name, dueAt: review.dueAt, members: review.counts.members }),
  });
  await announceChanged(tx, "accessReviews");
  return review;
}

/** Whether one of these is the reviewer and nobody else may run reviews: then the reviewer's own access has no other judge. */
async function isAlone(tx: TenantTx, reviewer: Member, rows: queries.ItemRow[]): Promise<boolean> {
  if (!rows.some(({ memberId }) => memberId === reviewer.memberId)) return false;
  return !(await queries.hasOtherHolder(tx.db, "security.run_access_reviews", reviewer.memberId));
}

/** A page of the review's members. @throws Refusal not_found, invalid_input for the cursor */
export async function listAccessReviewItems(
  tx: TenantTx,
  viewer: Member,
  reviewId: string,
  input: { cursor?: string | undefined; limit: number; state: "all" | "pending" | "decided" | "left"; search: string },
) {
  const review = orNotFound(await queries.findReview(tx.db, reviewId));
  const rows = await queries.listItems(tx.db, {
    reviewId,
    state: input.state,
    search: input.search.normalize("NFC").trim(),
    searchEmail: viewer.may("users.view_contact"),
    after: Number(parseKeyedCursor(input.cursor, PLACE)?.[0] ?? 0),
    limit: input.limit + 1,
  });
  const alone = await isAlone(tx, viewer, rows);
  const { items, nextCursor } = toKeyedPage(rows, input.limit, (row) => [String(row.position)]);
  return { items: items.map((row) => presentItem(row, review, viewer, alone)), nextCursor };
}

/** The reviewer as they are now: what is decided waits for others, and who lost the right meanwhile decides nothing any more. */
async function lockAsReviewer(tx: TenantTx, asker: Member): Promise<Member> {
  await lockRoster(tx);
  const reviewer = await readmit(tx, asker);
  reviewer.require("security.run_access_reviews");
  return reviewer;
}

interface Decision {
  memberIds: string[];
  decision: Choice;
  roleId?: string | undefined;
  note: string;
  replace: boolean;
}

function whyNot(refusal: DecisionRefusal, name: string): string {
  switch (refusal) {
    case "ended":
      return "This access review is over: its decisions stand.";
    case "left":
      return `${name} is no longer a member: there is nothing to decide.`;
    case "self":
      return "Nobody decides on their own access. Ask another reviewer.";
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

function assertDecidable(reviewer: Member, rows: queries.ItemRow[], input: Decision, alone: boolean): void {
  for (const row of rows) {
    const refusal = decisionRefusal(reviewer, { ...row, permissions: permissionsNow(row) }, input.decision, {
      ended: false,
      alone,
    });
    if (refusal === "left") throw new Refusal("access_decided", { detail: whyNot(refusal, row.name) });
    if (refusal) throw new Refusal("forbidden", { detail: whyNot(refusal, row.name) });
    if (row.decision !== "pending" && !input.replace) {
      const by = row.decidedByMemberId === reviewer.memberId ? "You" : row.decidedByName;
      throw new Refusal("access_decided", {
        detail: `${by} decided on ${row.name} already: ${row.decision}. Look again, then decide.`,
      });
    }
    if (input.decision === "change" && row.nowRoleId === input.roleId) {
      const message = `${row.name} has that role already. Choose another, or approve.`;
      throw new Refusal("invalid_input", { fields: [{ path: "roleId", message }] });
    }
  }
}

/**
 * Decides on all of these members, or none of them, and acts at once.
 * @throws Refusal not_found, access_review_ended, access_decided, forbidden, invalid_input, and what the members feature refuses
 */
export async function decideAccess(tx: TenantTx, asker: Member, reviewId: string, input: Decision) {
  const reviewer = await lockAsReviewer(tx, asker);
  const review = orNotFound(await queries.lockReview(tx.db, reviewId, "decide"));
  if (review.endedAt !== null) throw new Refusal("access_review_ended");
  const memberIds = [...new Set(input.memberIds)];
  if ((await queries.lockItems(tx.db, reviewId, memberIds)) !== memberIds.length) throw new Refusal("not_found");
  const wanted = { reviewId, memberIds, limit: memberIds.length };
  const before = await queries.listItems(tx.db, wanted);
  const alone = await isAlone(tx, reviewer, before);
  assertDecidable(reviewer, before, input, alone);

  const { decision, note } = input;
  if (decision === "change" && input.roleId !== undefined) await changeRole(tx, reviewer, memberIds, input.roleId);
  if (decision === "revoke") await removeMembers(tx, reviewer, memberIds);
  await queries.decideItems(tx.db, reviewId, memberIds, {
    decision: DECISIONS[decision],
    note,
    byMemberId: reviewer.memberId,
    byName: reviewer.name,
  });
  for (const row of before) {
    record(tx, reviewer.actor, {
      action: "access_review.decided",
      target: { type: "member", id: row.memberId, name: row.name },
      changes: {
        review: { to: review.name },
        decision: { from: row.decision, to: DECISIONS[decision] },
        ...(note === "" ? {} : { note: { to: note } }),
      },
    });
  }
  await announceChanged(tx, "accessReviews");
  // Who was revoked is no member any more, and the items say so.
  const after = await queries.listItems(tx.db, wanted);
  return { review: await withCounts(tx, review), items: after.map((row) => presentItem(row, review, reviewer, alone)) };
}

/** @throws Refusal not_found, access_review_ended, access_review_unfinished */
export async function completeAccessReview(
  tx: TenantTx,
  asker: Member,
  reviewId: string,
  input: { early: boolean; note: string },
): Promise<AccessReview> {
  const completer = await lockAsReviewer(tx, asker);
  const review = orNotFound(await queries.lockReview(tx.db, reviewId, "end"));
  if (review.endedAt !== null) throw new Refusal("access_review_ended");
  const counts = await queries.countItems(tx.db, reviewId);
  if (counts.pending > 0 && !input.early) {
    const people = counts.pending === 1 ? "1 person is" : `${counts.pending} people are`;
    throw new Refusal("access_review_unfinished", {
      detail: `${people} not decided on yet. Decide, or end the review early and say why.`,
    });
  }
  const note = counts.pending > 0 ? input.note : "";
  await queries.markLeft(tx.db, reviewId);
  await queries.endReview(tx.db, reviewId, { byName: completer.name, note, counts });
  record(tx, completer.actor, {
    action: "access_review.completed",
    target: { type: "access_review", id: reviewId, name: review.name },
    changes: { ...changesTo({ ...counts }), ...(note === "" ? {} : { endedEarly: { to: note } }) },
  });
  await announceChanged(tx, "accessReviews");
  return getAccessReview(tx, reviewId);
}
