/** Audit entries as CSV. */
import { AUDIT_GROUPS } from "#contract/audit.ts";
import { csvHead, csvLines } from "../platform/csv.ts";
import type { EntryRow } from "./queries.ts";
import { groupOf } from "./audit-log.ts";

function groupWords(action: string): string {
  const group = groupOf(action);
  return group === null ? "" : AUDIT_GROUPS[group];
}

const COLUMNS: ReadonlyArray<readonly [name: string, read: (entry: EntryRow) => string | number | null]> = [
  ["sequence", (entry) => entry.sequence],
  ["time", (entry) => entry.occurredAt.toISOString()],
  ["group", (entry) => groupWords(entry.action)],
  ["action", (entry) => entry.action],
  ["actor", (entry) => entry.actorName],
  ["actor_id", (entry) => entry.actorMemberId],
  ["target_type", (entry) => entry.targetType],
  ["target", (entry) => entry.targetName],
  ["target_id", (entry) => entry.targetId],
  ["ip_address", (entry) => entry.ipAddress],
  ["user_agent", (entry) => entry.userAgent],
  ["changes", (entry) => (entry.changes === "{}" ? "" : entry.changes)],
  ["hash", (entry) => entry.hash.toString("hex")],
];

export const ENTRIES_HEAD = csvHead(COLUMNS.map(([name]) => name));

export function entryLines(entries: readonly EntryRow[]): string {
  return csvLines(entries.map((entry) => COLUMNS.map(([, read]) => read(entry))));
}
