/**
 * Access reviews: everybody's access as it was at one moment, and what reviewers decided about it. Changing and revoking act at
 * once, through the members feature and in the same transaction: all that was chosen together happens, or nothing of it.
 */
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { type AccessReviewSince, type DecisionRefusal, SINCE_NAMED } from "#contract/http/access-reviews.ts";
import { whatItAllows } from "#contract/permissions.ts";
import { changesTo, record } from "../audit/audit.ts";
import { findPending } from "../invitations/invitations.ts";
import { lockRoster, type Member, readmit } from "../members/admit.ts";
import { changeRole, removeMembers } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseKeyedCursor, parseTimeCursor, toKeyedPage, toPage } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { type Choice, decisionRefusal } from "./policy.ts";
import { type AccessReview, accessNow, permissionsNow, presentItem, presentReview } from "./present.ts";
import * as queries from "./queries.ts";

/** In the future, and near enough to be meant. */
const MOST_DAYS = 366;
const DAY_MS = 86_400_000;

/** As a cursor has it: after which of the review's members a page begins. */
const PLACE = z.tuple([z.string().regex(/^\d{1,9}$/)]);

const DECISIONS = { approve: "approved", change: "changed", revoke: "revoked" } as const;

async function findSinceNow(tx: TenantTx, reviewId: string): Promise<AccessReviewSince> {
  const [joined, invited] = await Promise.all([
    queries.findJoinedSince(tx.db, reviewId, SINCE_NAMED),
    findPending(tx, SINCE_NAMED),
  ]);
  return { joined, invited };
}

/** Who is in the workspace, or about to be, and not asked about; of a review that ended, who was at its end. */
export async function findSince(tx: TenantTx, row: queries.ReviewRow): Promise<AccessReviewSince | null> {
  return row.endedAt === null ? findSinceNow(tx, row.reviewId) : row.finalSince;
}

async function present(tx: TenantTx, viewer: Member, row: queries.ReviewRow): Promise<AccessReview> {
  const counts = row.finalCounts ?? (await queries.countItems(tx.db, row.reviewId));
  return presentReview(row, counts, await findSince(tx, row), viewer.may("users.view_contact"));
}

/** A page of reviews, newest first. */
export async function listAccessReviews(tx: TenantTx, viewer: Member, input: { cursor?: string | undefined; limit: number }) {
  const rows = await queries.listReviews(tx.db, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.startedAt, id: row.reviewId }));
  return { items: await Promise.all(items.map((row) => present(tx, viewer, row))), nextCursor };
}

/** @throws Refusal not_found */
export async function getAccessReview(tx: TenantTx, viewer: Member, reviewId: string): Promise<AccessReview> {
  return present(tx, viewer, orNotFound(await queries.findReview(tx.db, reviewId)));
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
  const review = await getAccessReview(tx, starter, reviewId);
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
    search: input.search.replaceAll("\0", "").normalize("NFC").trim(),
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
  /** With what the reviewer saw of each. */
  members: Array<{ memberId: string; seen: string }>;
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

const MOST_NAMED = 5;

/** What somebody may do now, against the start, for a reviewer who saw something else. */
function whatChanged(row: queries.ItemRow, now: NonNullable<ReturnType<typeof accessNow>>): string {
  const words = (permissions: typeof now.gained) =>
    permissions.length > MOST_NAMED ? `do ${permissions.length} things` : permissions.map(whatItAllows).join("; ");
  const parts = [
    ...(now.gained.length > 0 ? [`may now also ${words(now.gained)}`] : []),
    ...(now.lost.length > 0 ? [`may no longer ${words(now.lost)}`] : []),
  ];
  return `${row.name} is ${now.roleName}${parts.length > 0 ? `, and since the start ${parts.join(", and ")}` : ""}.`;
}

/** Nobody approves, changes or revokes what they did not see. @throws Refusal access_changed, with a field for each who is otherwise */
function assertSeen(review: queries.ReviewRow, rows: queries.ItemRow[], members: Decision["members"]): void {
  const byId = new Map(rows.map((row) => [row.memberId, row]));
  const fields = members.flatMap(({ memberId, seen }, index) => {
    const row = byId.get(memberId);
    const now = row && accessNow(row, review);
    return row && now && now.seen !== seen ? [{ path: `members.${index}`, message: whatChanged(row, now) }] : [];
  });
  if (fields.length === 0) return;
  const who = fields.length === 1 ? "Their access" : `The access of ${fields.length} of them`;
  const said = fields.slice(0, MOST_NAMED).map(({ message }) => message);
  const more = fields.length > said.length ? ` And ${fields.length - said.length} more.` : "";
  throw new Refusal("access_changed", {
    detail: `${who} changed since you looked, so nothing is decided. ${said.join(" ")}${more} Look again, then decide.`,
    fields,
  });
}

/** What the decision is about, to be kept with it. */
function leftWith(rows: queries.ItemRow[], review: queries.ReviewRow): queries.LeftWith[] {
  return rows.map((row) => ({ memberId: row.memberId, access: accessNow(row, review) }));
}

/**
 * Decides on all of these members, or none of them, and acts at once.
 * @throws Refusal not_found, access_review_ended, access_decided, access_changed, forbidden, invalid_input, and what the members
 *   feature refuses
 */
export async function decideAccess(services: Services, tx: TenantTx, asker: Member, reviewId: string, input: Decision) {
  const reviewer = await lockAsReviewer(tx, asker);
  const review = orNotFound(await queries.lockReview(tx.db, reviewId, "decide"));
  if (review.endedAt !== null) throw new Refusal("access_review_ended");
  const memberIds = [...new Set(input.members.map(({ memberId }) => memberId))];
  if ((await queries.lockItems(tx.db, reviewId, memberIds)) !== memberIds.length) throw new Refusal("not_found");
  const wanted = { reviewId, memberIds, limit: memberIds.length };
  const before = await queries.listItems(tx.db, wanted);
  const alone = await isAlone(tx, reviewer, before);
  assertDecidable(reviewer, before, input, alone);
  assertSeen(review, before, input.members);

  const { decision, note } = input;
  if (decision === "change" && input.roleId !== undefined) await changeRole(tx, reviewer, memberIds, input.roleId);
  if (decision === "revoke") await removeMembers(services, tx, reviewer, memberIds);
  // An approval keeps what was seen, whatever becomes of a channel meanwhile; another decision what it made of it.
  const left = leftWith(decision === "approve" ? before : await queries.listItems(tx.db, wanted), review);
  await queries.decideItems(tx.db, reviewId, left, {
    decision: DECISIONS[decision],
    note,
    byMemberId: reviewer.memberId,
    byName: reviewer.name,
  });
  const roleAfter = new Map(left.map(({ memberId, access }) => [memberId, access?.roleName]));
  for (const row of before) {
    const to = roleAfter.get(row.memberId);
    record(tx, reviewer.actor, {
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
  await announceChanged(tx, "accessReviews");
  // Who was revoked is no member any more, and the items say so.
  const after = await queries.listItems(tx.db, wanted);
  return { review: await present(tx, reviewer, review), items: after.map((row) => presentItem(row, review, reviewer, alone)) };
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
  const since = await findSinceNow(tx, reviewId);
  await queries.endReview(tx.db, reviewId, { byName: completer.name, note, counts, since });
  record(tx, completer.actor, {
    action: "access_review.completed",
    target: { type: "access_review", id: reviewId, name: review.name },
    changes: { ...changesTo({ ...counts }), ...(note === "" ? {} : { endedEarly: { to: note } }) },
  });
  await announceChanged(tx, "accessReviews");
  return getAccessReview(tx, completer, reviewId);
}
