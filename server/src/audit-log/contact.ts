/** Entries name people by their addresses until they have another name. Members who may not see contact details get them without. */
import { hideAddresses as hide } from "../platform/addresses.ts";
import type { EntryRow } from "./queries.ts";

export function withoutAddresses(entry: EntryRow): EntryRow {
  return { ...entry, actorName: hide(entry.actorName), targetName: hide(entry.targetName), changes: hide(entry.changes) };
}
