import type { Member } from "../access/member.ts";

/** What the interface may offer for a domain. */
export function domainAbilities(member: Pick<Member, "may">) {
  const may = member.may("security.manage_domains");
  return { check: may, release: may };
}
