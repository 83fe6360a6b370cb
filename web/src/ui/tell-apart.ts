/** Two people may have the same name. Their email addresses tell them apart, or role and day of joining when those are hidden. */

export interface Named {
  memberId: string;
  name: string;
  /** Null when the reader may not see addresses. */
  email: string | null;
  roleName: string;
  joinedAt: string;
}

/** "ada@example.com", or "Viewer, joined Nov 24, 2026". */
export const detailsOf = ({ email, roleName, joinedAt }: Omit<Named, "memberId" | "name">, dateWords: (iso: string) => string) =>
  email ?? `${roleName}, joined ${dateWords(joinedAt)}`;

interface Called {
  id: string;
  name: string;
}

/** Equal for names that look the same. */
const plain = (name: string) => name.normalize("NFKC").trim().toLocaleLowerCase();

/** The items whose name another item has too. */
export function namesakes<Item extends Called>(items: readonly Item[]): Item[] {
  const counts = new Map<string, number>();
  for (const { name } of items) counts.set(plain(name), (counts.get(plain(name)) ?? 0) + 1);
  return items.filter(({ name }) => (counts.get(plain(name)) ?? 0) > 1);
}

/**
 * @param details describes an item; `fully` is true when the short details of two namesakes are equal
 * @returns details by id, for items whose name another item has too
 */
export function detailsApart<Item extends Called>(
  items: readonly Item[],
  details: (item: Item, fully: boolean) => string,
): Map<string, string> {
  const shared = namesakes(items).map((item) => ({ item, key: `${plain(item.name)}\n${details(item, false)}` }));
  const counts = new Map<string, number>();
  for (const { key } of shared) counts.set(key, (counts.get(key) ?? 0) + 1);
  return new Map(shared.map(({ item, key }) => [item.id, details(item, (counts.get(key) ?? 0) > 1)]));
}

/**
 * @param moment formats the time of joining exactly, for people who are the same in everything else
 * @returns each person's name by member id, with details in parentheses when others have the same name
 */
export function namesApart(
  people: readonly Named[],
  dateWords: (iso: string) => string,
  moment: (iso: string) => string = dateWords,
): Map<string, string> {
  const items = people.map((person) => ({ ...person, id: person.memberId }));
  const details = detailsApart(items, (person, fully) => detailsOf(person, fully ? moment : dateWords));
  return new Map(items.map(({ id, name }) => [id, details.has(id) ? `${name} (${details.get(id)})` : name]));
}
