/**
 * The registry of every place that holds a tenant's data. Deleting a tenant walks it, exporting one walks its tables, and the boot
 * check stops the start when the database has a table with a tenant_id that is not here: what nobody listed, nobody would erase.
 */
import type { DB } from "./schema.ts";

interface TenantTable {
  readonly table: keyof DB;
  /** What its rows are, in the words of a deletion receipt. */
  readonly kind: string;
}

/** Its rows go in portions, by this column, which comes right after the tenant in one of its indexes. */
interface Long extends TenantTable {
  readonly by: string;
}

/** Few rows that others refer to, the tenant's own row among them: they go in one transaction, the last. */
interface Short extends TenantTable {
  readonly last: true;
}

/** Behind row-level security, each before those that it refers to: in this order they can be erased. */
export const TENANT_TABLES = [
  { table: "transmissions", kind: "transmissions", by: "transmission_id" },
  { table: "channel_talker_members", kind: "channel settings", by: "channel_id" },
  { table: "channel_talker_roles", kind: "channel settings", by: "channel_id" },
  { table: "channels", kind: "channels", by: "channel_id" },
  { table: "invitation_mails", kind: "invitations", by: "mail_id" },
  { table: "access_review_items", kind: "access reviews", by: "review_id" },
  { table: "access_review_roles", kind: "access reviews", by: "review_id" },
  { table: "access_reviews", kind: "access reviews", by: "review_id" },
  { table: "invitations", kind: "invitations", by: "invitation_id" },
  { table: "exports", kind: "exports", by: "export_id" },
  { table: "member_sessions", kind: "sessions", by: "session_id" },
  { table: "ownership_offers", kind: "ownership offers", by: "tenant_id" },
  { table: "tenant_logos", kind: "logos", by: "logo_id" },
  { table: "member_words", kind: "search index entries", by: "member_id" },
  { table: "members", kind: "members", by: "member_id" },
  { table: "roles", kind: "roles", last: true },
  { table: "audit_target_words", kind: "search index entries", by: "target_id" },
  { table: "audit_log", kind: "audit log entries", by: "sequence" },
  { table: "audit_heads", kind: "audit log checksums", last: true },
  { table: "tenants", kind: "workspaces", last: true },
] as const satisfies ReadonlyArray<Long | Short>;

/**
 * Answer "which tenant?" and so cannot be behind the tenant's policy: they hold nothing else, and only the platform role reads them.
 * The deletion's own transaction empties them, so that nothing leads to the tenant any more.
 */
export const DIRECTORY_TABLES = [
  "directory_slugs",
  "directory_memberships",
  "directory_invitations",
  "directory_invitees",
] as const satisfies ReadonlyArray<keyof DB>;

/** What is known of deleted tenants, which no deletion takes away: above tenants like the directory. */
export const DELETION_TABLES = [
  // Work in progress: which tenants are being erased, and how far. Its row goes when all else is gone.
  "directory_erasures",
  // That and when it was, as in the folder `deletions`; nothing of the tenant but its id.
  "directory_tombstones",
] as const satisfies ReadonlyArray<keyof DB>;

/** Folders that hold a folder of the tenant, with the kind of their files. One file is removed at a time; deletions/erasure.ts. */
export const TENANT_FILES = {
  recordings: "recordings",
  exports: "export archives",
  outbox: "mails in the outbox",
} as const;
export type FilePlace = keyof typeof TENANT_FILES;

/** Kinds of what is neither a row of the tenant nor a file. */
export const OTHER_KINDS = {
  directory: "look-up entries",
  /** Sealed mails and other work that names the tenant, in graphile_worker's tables. */
  jobs: "waiting jobs",
} as const;

/*
 * Beyond these: the tenant's key (platform/keys.ts), destroyed right after the deletion's transaction, in every process (`tenantDeleted`);
 * what voice and the gateway hold in memory, which the same announcement ends; the tombstone (platform/tombstones.ts), which stays and
 * holds nothing of the tenant but its id. People's accounts are above tenants, and stay.
 */
