import { nameOrder } from "#contract/name-order.ts";

const compare = nameOrder(navigator.languages);

/** Compares for lists that are loaded whole. The server sorts paged lists by the same languages, from Accept-Language. */
export function byName(one: { name: string }, other: { name: string }): number {
  return compare(one.name, other.name);
}

/** Compares roles: built-in ones first, in their given order, then custom roles by name. */
export function byRole(one: { name: string; builtIn: string | null }, other: { name: string; builtIn: string | null }): number {
  if (one.builtIn !== null && other.builtIn !== null) return 0;
  return Number(one.builtIn === null) - Number(other.builtIn === null) || byName(one, other);
}
