/** Entries name people by their addresses where they have no other name yet. Who may not see contact details reads them without. */
import { hideAddresses as hide } from "../platform/addresses.ts";
import type { EntryRow } from "./queries.ts";

export function withoutAddresses(entry: EntryRow): EntryRow {
  return { ...entry, actorName: hide(entry.actorName), targetName: hide(entry.targetName), changes: hide(entry.changes) };
}
