/**
 * Declares what holds a tenant's data. Features declare their own tables (feature.ts). Deletions and exports go through all of them. The
 * server does not start with an undeclared table or column: nobody would erase it, and nobody has decided whether to export it.
 */
import type { DB } from "./schema.ts";

export interface TenantTable {
  readonly table: string;
  /** What a row is, in the words of a deletion receipt. */
  readonly kind: string;
  /**
   * Rows are erased in portions, by this column, which must come right after tenant_id in an index. `last` is for few rows that others refer
   * to: they are erased in one transaction with the tenant's own row.
   */
  readonly erase: { readonly by: string } | "last";
  /** The tables that its foreign keys refer to, except `tenants`. Its rows are erased before theirs. */
  readonly refersTo: readonly string[];
  /** The folder of the export. Null if the rows are not exported, or in another form. */
  readonly exportAs: string | null;
  /** The columns that an export includes, besides `tenant_id`. */
  readonly exported: readonly string[];
  /** The columns that are never exported: secrets, and values derived from other columns. */
  readonly withheld: readonly string[];
}

/**
 * These tables say which tenant a slug, token or account leads to. A tenant's policy cannot protect them, because they are read before the
 * tenant is known. They hold nothing else, and only the platform role reads them. The transaction that deletes a tenant removes its rows
 * from them.
 */
export const DIRECTORY_TABLES = [
  "directory_slugs",
  "directory_mfa_resets",
  "directory_memberships",
  "directory_invitations",
  "directory_invitees",
  "directory_domains",
  "directory_billing",
  "directory_invoices",
  "directory_payments",
  "directory_sso_connections",
  "directory_sso_transactions",
] as const satisfies ReadonlyArray<keyof DB>;

/** Records of deleted tenants, which no deletion removes. They are above tenants, like the directory. */
export const DELETION_TABLES = [
  // The tenants that are being erased, with the progress. The row is removed when everything else is erased.
  "directory_erasures",
  // The ids of deleted tenants and the time of each deletion, as in the folder `deletions`.
  "directory_tombstones",
] as const satisfies ReadonlyArray<keyof DB>;

/** Kinds of data that are neither a tenant's rows nor files. */
export const OTHER_KINDS = {
  directory: "look-up entries",
  /** Sealed mails and other jobs that name the tenant, in graphile_worker's tables. */
  jobs: "waiting jobs",
} as const;

/*
 * A deletion also ends the following: the tenant's key (platform/keys.ts) is destroyed right after the deletion's transaction, in every
 * process (`tenantDeleted`), and the same announcement ends what voice and the gateway hold in memory. The tombstone
 * (platform/tombstones.ts) stays, with nothing of the tenant but its id. People's accounts are above tenants and stay.
 */

/**
 * Sorts the tables so that each comes before those that it refers to. The `last` ones come at the end in their given order, because the
 * tenant's row and its owner's refer to each other.
 * @throws Error if tables refer to each other in a circle
 */
export function inOrderOfErasure(tables: readonly TenantTable[]): TenantTable[] {
  const ordered: TenantTable[] = [];
  const placed = new Map<TenantTable, "placing" | "placed">();
  const referrers = (table: TenantTable) => tables.filter(({ refersTo }) => refersTo.includes(table.table));
  function place(table: TenantTable): void {
    if (placed.get(table) === "placed") return;
    if (placed.has(table)) throw new Error(`${table.table} is in a cycle of foreign keys`);
    placed.set(table, "placing");
    for (const referrer of referrers(table)) if (referrer.erase !== "last") place(referrer);
    placed.set(table, "placed");
    ordered.push(table);
  }
  for (const table of tables) if (table.erase !== "last") place(table);
  const last = tables.filter(({ erase }) => erase === "last");
  // The tenant's own row is the very last.
  return [...ordered, ...last.filter(({ table }) => table !== "tenants"), ...last.filter(({ table }) => table === "tenants")];
}
