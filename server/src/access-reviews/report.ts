/** The review's report as CSV, written for auditors and other readers who did not take part in the review. */
import { Readable } from "node:stream";
import { type AccessReviewChannels, DECISION_WORDS, UNSEEN_DAYS } from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_NAMES, whatItAllows } from "#contract/permissions.ts";
import type { Ctx } from "../access/ctx.ts";
import { reenter } from "../access/gate.ts";
import { csvHead, csvLines } from "../platform/csv.ts";
import { orNotFound } from "../platform/refusal.ts";
import { findSince } from "./access-reviews.ts";
import { type ItemRow, listItems } from "./item-queries.ts";
import { type AccessReview, presentAccess, presentSince } from "./present.ts";
import * as queries from "./queries.ts";

/** Rows read at a time, each batch in its own transaction, so that a slow reader holds no connection. */
const BATCH = 500;

type Access = ReturnType<typeof presentAccess>;

const STANDS_OUT_WORDS = {
  powerful: "powerful role",
  unseen: `not seen for ${UNSEEN_DAYS} days`,
  suspended: "suspended",
} as const;
const WHY_WORDS = { open: "open", role: "chosen by role", person: "chosen by name" } as const;

function permissionWords(permissions: readonly Permission[]): string {
  if (permissions.length === PERMISSION_NAMES.length) return `everything (${permissions.length} permissions)`;
  return permissions.map(whatItAllows).join("; ");
}

function talkWords({ talks, named }: AccessReviewChannels): string {
  const words = named.map(({ name, why }) => `${name} (${WHY_WORDS[why]})`);
  if (talks > named.length) words.push(`and ${talks - named.length} more`);
  return words.join("; ");
}

/** All permissions at the decision: those at the start with the changes up to the decision. */
function permissionsDecided({ role, decided }: Access): string {
  if (!decided) return "";
  const held = new Set([...role.permissions, ...decided.gained].filter((permission) => !decided.lost.includes(permission)));
  return permissionWords(PERMISSION_NAMES.filter((permission) => held.has(permission)));
}

/** The changes from the start to the decision or, without one, to now. */
function changeWords({ role, now, decided, roleAfter, channels }: Access): string {
  const then = decided ? { ...decided, roleName: roleAfter } : now;
  if (!then) return "";
  const parts = [
    ...(then.roleName === role.name ? [] : [`role: ${role.name} → ${then.roleName}`]),
    ...then.gained.map((permission) => `gained: ${whatItAllows(permission)}`),
    ...then.lost.map((permission) => `lost: ${whatItAllows(permission)}`),
    ...(talkWords(channels) === talkWords(then.channels) ? [] : ["channels to talk on"]),
    ...(decided?.changedSince ? ["and changed again after the decision"] : []),
  ];
  return parts.length === 0 ? "nothing" : parts.join("; ");
}

const COLUMNS: Array<[header: string, cell: (access: Access) => string | number]> = [
  ["No.", ({ position }) => position],
  ["Name", ({ name }) => name],
  ["Email", ({ email }) => email ?? ""],
  ["Role at the start", ({ role }) => role.name],
  ["Owner", ({ isOwner }) => (isOwner ? "yes" : "no")],
  ["Stands out", ({ standsOut }) => standsOut.map((what) => STANDS_OUT_WORDS[what]).join("; ")],
  ["Joined", ({ joinedAt }) => joinedAt],
  ["Last seen", ({ lastSeenAt }) => lastSeenAt ?? "never"],
  ["May at the start", ({ role }) => permissionWords(role.permissions)],
  ["Channels to listen to at the start", ({ channels }) => channels.listens],
  ["Channels to talk on at the start", ({ channels }) => talkWords(channels)],
  ["Decision", ({ decision }) => DECISION_WORDS[decision]],
  ["Role when decided", ({ roleAfter }) => roleAfter ?? ""],
  ["May when decided", permissionsDecided],
  ["Channels to listen to when decided", ({ decided }) => decided?.channels.listens ?? ""],
  ["Channels to talk on when decided", ({ decided }) => (decided ? talkWords(decided.channels) : "")],
  ["Changed since the start", changeWords],
  ["Note", ({ note }) => note],
  [
    "Decided by",
    ({ decidedByName, decidedBySelf }) =>
      `${decidedByName ?? ""}${decidedBySelf ? " (own access: nobody else could decide)" : ""}`,
  ],
  ["Decided at", ({ decidedAt }) => decidedAt ?? ""],
];

const JOINED = "Joined after the start: not in this review";
const INVITED = "Not in this review: invited";

/** Lines, in the same columns, for people whom the review leaves out: those who joined after the start, and the invited. */
function sinceLines({ joined, invited }: NonNullable<AccessReview["since"]>): Array<Record<string, string>> {
  const more = (count: number, named: readonly unknown[]) => (count > named.length ? `and ${count - named.length} more` : null);
  const [moreJoined, moreInvited] = [more(joined.count, joined.names), more(invited.count, invited.named)];
  return [
    ...joined.names.map((name) => ({ Name: name, Decision: JOINED })),
    ...(moreJoined ? [{ Name: moreJoined, Decision: JOINED }] : []),
    ...invited.named.map(({ email, roleName }) => ({ Email: email ?? "", Decision: `${INVITED} as ${roleName}` })),
    ...(moreInvited ? [{ Name: moreInvited, Decision: INVITED }] : []),
  ];
}

/**
 * Audits the export and streams the report batch by batch. Every batch checks the caller's session, membership and permissions again, and the stream
 * breaks off when they lost one, users.view_contact included if they had it at the start.
 * @returns the day of the review's start, and a stream to read after the transaction; an error breaks the stream off
 * @throws Refusal not_found
 */
export async function exportReport(ctx: Ctx, { reviewId }: { reviewId: string }): Promise<{ day: string; lines: Readable }> {
  const review = orNotFound(await queries.findReview(ctx.db, reviewId));
  const since = await findSince(ctx, review);
  ctx.audit.record({
    action: "access_review.exported",
    target: { type: "access_review", id: reviewId, name: review.name },
  });
  const contact = ctx.member.may("users.view_contact");
  const columns = COLUMNS.filter(([header]) => contact || header !== "Email");

  /** Reads the next batch if the caller may still have it. @throws Refusal */
  function batch(after: number): Promise<ItemRow[]> {
    return reenter(ctx, async ({ db, member }) => {
      member.require("security.run_access_reviews");
      if (contact) member.require("users.view_contact");
      return listItems(db, { reviewId, after, limit: BATCH });
    });
  }

  async function* lines() {
    yield csvHead(columns.map(([header]) => header));
    let after = 0;
    while (after < review.memberCount) {
      const rows = await batch(after);
      const last = rows.at(-1);
      // The workspace may be deleted meanwhile. Break off, because a partial report must not look complete.
      if (!last) throw new Error("members of the review are missing");
      after = last.position;
      const people = rows.map((row) => presentAccess(row, review, contact));
      yield csvLines(people.map((person) => columns.map(([, cell]) => cell(person))));
    }
    if (since)
      yield csvLines(sinceLines(presentSince(since, contact)).map((line) => columns.map(([header]) => line[header] ?? "")));
  }
  return {
    day: review.startedAt.toISOString().slice(0, 10),
    // Low, so that no batch is read ahead of the reader.
    lines: Readable.from(lines(), { objectMode: false, highWaterMark: 1 }),
  };
}
