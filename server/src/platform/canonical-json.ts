/**
 * JSON in one form only: sorted keys, no spaces (RFC 8785). What is hashed or signed has to come out the same everywhere, from a
 * database that keeps no order of keys too. Fields that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const pairs = Object.entries(value)
    .filter(([, of]) => of !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, of]) => `${JSON.stringify(key)}:${canonicalJson(of)}`);
  return `{${pairs.join(",")}}`;
}
