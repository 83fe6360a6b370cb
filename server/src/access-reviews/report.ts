/** The review as a table for people who were not there: auditors, and whoever asks in two years. */
import { Readable } from "node:stream";
import { type AccessReviewChannels, DECISION_WORDS, UNSEEN_DAYS } from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_NAMES, whatItAllows } from "#contract/permissions.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { record } from "../audit/audit.ts";
import { stillAdmitted } from "../http/still-admitted.ts";
import type { Member } from "../members/admit.ts";
import { csvHead, csvLines } from "../platform/csv.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { findSince } from "./access-reviews.ts";
import { type AccessReview, presentAccess, presentSince } from "./present.ts";
import * as queries from "./queries.ts";

/** Rows that are in memory at a time, and in one transaction of their own: a slow reader holds no connection. */
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

/** What they may do by the decision, in full: at the start, and what changed until then. */
function permissionsDecided({ role, decided }: Access): string {
  if (!decided) return "";
  const held = new Set([...role.permissions, ...decided.gained].filter((permission) => !decided.lost.includes(permission)));
  return permissionWords(PERMISSION_NAMES.filter((permission) => held.has(permission)));
}

/** Since the start: until the decision, and while there is none until now. */
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

const COLUMNS: Array<[header: string, of: (access: Access) => string | number]> = [
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
    ({ decidedByName, decidedBySelf }) => `${decidedByName ?? ""}${decidedBySelf ? " (themselves: nobody else could)" : ""}`,
  ],
  ["Decided at", ({ decidedAt }) => decidedAt ?? ""],
];

const JOINED = "Joined after the start: not in this review";
const INVITED = "Not in this review: invited";

/** Who is in no item, in the same columns: joined after the start, and invited. */
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
 * As CSV, batch by batch; that it was exported is in the audit log. Whoever loses the session, the membership or the permission loses the
 * rest with the next batch, and who loses sight of addresses alone is shown none of it either.
 * @returns the day of the review, and the stream, for after the transaction: what goes wrong in it breaks it off
 * @throws Refusal not_found
 */
export async function exportReport(
  services: Services,
  tx: TenantTx,
  reviewer: Member,
  account: SignedIn,
  reviewId: string,
): Promise<{ day: string; lines: Readable }> {
  const { tenantId } = tx;
  const review = orNotFound(await queries.findReview(tx.db, reviewId));
  const since = await findSince(tx, review);
  record(tx, reviewer.actor, {
    action: "access_review.exported",
    target: { type: "access_review", id: reviewId, name: review.name },
  });
  const contact = reviewer.may("users.view_contact");
  const columns = COLUMNS.filter(([header]) => contact || header !== "Email");

  /** The next batch, if whoever asked may still have it. */
  function batch(after: number): Promise<queries.ItemRow[]> {
    return stillAdmitted(services.database, tenantId, account, async (later, member) => {
      member.require("security.run_access_reviews");
      if (contact) member.require("users.view_contact");
      return queries.listItems(later.db, { reviewId, after, limit: BATCH });
    });
  }

  async function* lines() {
    yield csvHead(columns.map(([header]) => header));
    let after = 0;
    while (after < review.memberCount) {
      const rows = await batch(after);
      const last = rows.at(-1);
      // As when the workspace is deleted meanwhile: a cut report must not look whole.
      if (!last) throw new Error("members of the review are missing");
      after = last.position;
      const people = rows.map((row) => presentAccess(row, review, contact));
      yield csvLines(people.map((person) => columns.map(([, of]) => of(person))));
    }
    if (since)
      yield csvLines(sinceLines(presentSince(since, contact)).map((line) => columns.map(([header]) => line[header] ?? "")));
  }
  return {
    day: review.startedAt.toISOString().slice(0, 10),
    // Nothing is read ahead of the reader.
    lines: Readable.from(lines(), { objectMode: false, highWaterMark: 1 }),
  };
}
