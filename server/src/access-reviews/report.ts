/** The review as a table for people who were not there: auditors, and whoever asks in two years. */
import { DECISION_WORDS, UNSEEN_DAYS } from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_NAMES, whatItAllows } from "#contract/permissions.ts";
import { csvHead, csvLines } from "../platform/csv.ts";
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
 * As CSV, batch by batch.
 * @throws Error when members are missing, as when the workspace is deleted meanwhile: a cut report must not look whole
 */
export async function* readReport(
  services: Services,
  tenantId: string,
  review: queries.ReviewRow,
  { contact }: { contact: boolean },
): AsyncGenerator<string> {
  const columns = COLUMNS.filter(([header]) => contact || header !== "Email");
  yield csvHead(columns.map(([header]) => header));
  let after = 0;
  while (after < review.memberCount) {
    const from = after;
    const rows = await services.database.withTenant(tenantId, (tx) =>
      queries.listItems(tx.db, { reviewId: review.reviewId, after: from, limit: BATCH }),
    );
    const last = rows.at(-1);
    if (!last) throw new Error("members of the review are missing");
    after = last.position;
    yield csvLines(rows.map((row) => columns.map(([, of]) => of(presentAccess(row, review, contact)))));
  }
}
