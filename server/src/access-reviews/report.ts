/** The review as a table for people who were not there: auditors, and whoever asks in two years. */
import { Readable } from "node:stream";
import { DECISION_WORDS, UNSEEN_DAYS } from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_NAMES, whatItAllows } from "#contract/permissions.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { record } from "../audit/audit.ts";
import { stillAdmitted } from "../http/still-admitted.ts";
import type { Member } from "../members/admit.ts";
import { csvHead, csvLines } from "../platform/csv.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { presentAccess } from "./present.ts";
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

function talkWords({ talks, named }: Access["channels"]): string {
  const words = named.map(({ name, why }) => `${name} (${WHY_WORDS[why]})`);
  if (talks > named.length) words.push(`and ${talks - named.length} more`);
  return words.join("; ");
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
  ["May", ({ role }) => permissionWords(role.permissions)],
  ["Channels to listen to", ({ channels }) => channels.listens],
  ["Channels to talk on", ({ channels }) => talkWords(channels)],
  ["Decision", ({ decision }) => DECISION_WORDS[decision]],
  ["Role after", ({ roleAfter }) => roleAfter ?? ""],
  ["Note", ({ note }) => note],
  [
    "Decided by",
    ({ decidedByName, decidedBySelf }) => `${decidedByName ?? ""}${decidedBySelf ? " (themselves: nobody else could)" : ""}`,
  ],
  ["Decided at", ({ decidedAt }) => decidedAt ?? ""],
];

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
      yield csvLines(rows.map((row) => columns.map(([, of]) => of(presentAccess(row, review, contact)))));
    }
  }
  return {
    day: review.startedAt.toISOString().slice(0, 10),
    // Nothing is read ahead of the reader.
    lines: Readable.from(lines(), { objectMode: false, highWaterMark: 1 }),
  };
}
