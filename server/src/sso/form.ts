/** One field of a posted form (WHATWG URL §5), without parsing the others: a form may hold a hundred thousand empty ones. */

/** @returns the value of the first field of that name; null without one, or if its escapes are broken */
export function formField(body: string, name: string): string | null {
  const prefix = `${name}=`;
  const start = body.startsWith(prefix) ? 0 : body.indexOf(`&${prefix}`) + 1;
  if (start === 0 && !body.startsWith(prefix)) return null;
  const from = start + prefix.length;
  const end = body.indexOf("&", from);
  try {
    return decodeURIComponent(body.slice(from, end === -1 ? undefined : end).replaceAll("+", " "));
  } catch {
    return null;
  }
}
