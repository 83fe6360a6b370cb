import type { RoleRefusal } from "#contract/http/roles.ts";
import type { Role } from "../../api/types.ts";
import { counted, people } from "../../ui/counted.ts";

/** Says why this role can't be changed or deleted, and what to do. */
export function refusalWords(refusal: RoleRefusal, role: Pick<Role, "name">, ownRole: string): string {
  switch (refusal) {
    case "built_in":
      return `${role.name} is built in: it can't be changed or deleted. Copy it to make your own.`;
    case "not_allowed":
      return `Your role, ${ownRole}, can't do this. An admin can.`;
    case "own_role":
      return `${role.name} is your own role. Ask someone else who may change roles.`;
    case "holds_more":
      return `${role.name} is above your own role: it holds permissions that you don't have.`;
  }
}

/** "14 people have it, 2 invitations give it"; null when the role isn't used. */
export function usesWords({ members, invitations, channels }: Role["uses"]): string | null {
  const parts = [
    ...(members > 0 ? [`${people(members)} ${members === 1 ? "has" : "have"} it`] : []),
    ...(invitations > 0 ? [`${counted(invitations, "invitation gives", "invitations give")} it`] : []),
    ...(channels > 0 ? [`it may talk on ${counted(channels, "restricted channel", "restricted channels")}`] : []),
  ];
  if (parts.length === 0) return null;
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}
