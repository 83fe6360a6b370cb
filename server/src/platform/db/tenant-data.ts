/**
 * The registry of every table that holds a tenant's data. Deleting a tenant walks it, exporting one walks it, and the boot check
 * stops the start when the database has a table with a tenant_id that is not here: what nobody listed, nobody would erase.
 */
import type { DB } from "./schema.ts";

interface TenantTable {
  readonly table: keyof DB;
  /** What its rows are, in the words of a deletion receipt. */
  readonly kind: string;
}

/** Behind row-level security, each before those that it refers to: in this order they can be erased. */
export const TENANT_TABLES = [
  { table: "transmissions", kind: "transmissions" },
  { table: "channel_talker_members", kind: "channel settings" },
  { table: "channel_talker_roles", kind: "channel settings" },
  { table: "channels", kind: "channels" },
  { table: "invitations", kind: "invitations" },
  { table: "member_sessions", kind: "sessions" },
  { table: "members", kind: "members" },
  { table: "roles", kind: "roles" },
  { table: "audit_log", kind: "audit log entries" },
  { table: "audit_heads", kind: "audit log entries" },
  { table: "tenants", kind: "workspace" },
] as const satisfies readonly TenantTable[];

/** Answer "which tenant?" and so cannot be behind the tenant's policy: they hold nothing else, and only the platform role reads them. */
export const DIRECTORY_TABLES = [
  "directory_slugs",
  "directory_memberships",
  "directory_invitations",
  "directory_invitees",
  "directory_erasures",
] as const satisfies ReadonlyArray<keyof DB>;
