/** Entries name people by their addresses where they have no other name yet. Who may not see contact details reads them without. */
import { HIDDEN_ADDRESS } from "#contract/audit.ts";
import type { EntryRow } from "./queries.ts";

/**
 * Anything that could be an address, wherever it stands: features to come need not remember this. Rather a channel's name too many
 * than a person's address. (Word by word, in one pass; it fits JSON text too, where words end at quotation marks and backslashes.)
 */
function hide(text: string): string {
  if (!text.includes("@")) return text;
  return text.replace(/[^\s"\\<>,;:()[\]]+/gu, (word) => (/.@./u.test(word) ? HIDDEN_ADDRESS : word));
}

export function withoutAddresses(entry: EntryRow): EntryRow {
  return { ...entry, actorName: hide(entry.actorName), targetName: hide(entry.targetName), changes: hide(entry.changes) };
}
