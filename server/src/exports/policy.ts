import type { Permission } from "#contract/permissions.ts";
import type { Member } from "../members/admit.ts";

/** An export holds addresses, recordings and the audit log: nobody takes away what they may not see here. */
export const EXPORT_NEEDS = [
  "workspace.export",
  "users.view_contact",
  "recording.download",
  "audit.export",
] as const satisfies readonly Permission[];

/** What the member's role lacks to make or download an export; null: nothing. */
export function lacksForExport(member: Pick<Member, "may">): Permission | null {
  return EXPORT_NEEDS.find((permission) => !member.may(permission)) ?? null;
}
