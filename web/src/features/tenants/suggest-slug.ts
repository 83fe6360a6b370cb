/** Slugs are short, so only this many characters of the name are used. */
const MAX_OF_NAME = 200;

function toSlug(ascii: string): string {
  return ascii
    .toLowerCase()
    .replace(/['`]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
}

/**
 * Suggests a slug for a workspace's name: "Ärzte & Co." → "arzte-co", "Москва" → "moskva". It may be too short to be valid when the
 * name has few letters or digits. The table of letters, half a megabyte, is loaded only for names that need it.
 */
export async function suggestSlug(name: string): Promise<string> {
  const start = name.slice(0, MAX_OF_NAME);
  if (/^[\0-\x7f]*$/.test(start)) return toSlug(start);
  const { default: anyAscii } = await import("any-ascii");
  return toSlug(anyAscii(start.normalize("NFC")));
}
