import type { Member } from "../access/member.ts";
import type { Permission } from "#contract/permissions.ts";

/** The permissions needed for an export: it contains addresses, recordings, the audit log, and invoices. */
export const EXPORT_NEEDS = [
  "workspace.export",
  "users.view_contact",
  "recording.download",
  "audit.export",
  "billing.view_invoices",
] as const satisfies readonly Permission[];

/** The first permission that the member lacks to create or download an export; null if none. */
export function lacksForExport(member: Pick<Member, "may">): Permission | null {
  return EXPORT_NEEDS.find((permission) => !member.may(permission)) ?? null;
}
