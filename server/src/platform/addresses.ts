import { HIDDEN_ADDRESS } from "#contract/audit.ts";

/**
 * Without anything that could be an address, wherever it stands: features to come need not remember this. Rather a channel's name
 * too many than a person's address. (Word by word, in one pass; it fits JSON text too, where words end at quotation marks and
 * backslashes.)
 */
export function hideAddresses(text: string): string {
  if (!text.includes("@")) return text;
  return text.replace(/[^\s"\\<>,;:()[\]]+/gu, (word) => (/.@./u.test(word) ? HIDDEN_ADDRESS : word));
}
