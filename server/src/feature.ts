/** What a feature declares about itself, as plain data. features.ts lists them, and everything that concerns all features uses that list. */
import type { Changed } from "#contract/gateway.ts";
import type { Route } from "./http/route.ts";
import { inOrderOfErasure, type TenantTable } from "./platform/db/tenant-data.ts";
import type { Job } from "./platform/jobs.ts";
import type { SealedStore } from "./platform/sealed-blobs.ts";
import type { FileStore, Services, TenantData } from "./services.ts";

/** A folder of files per tenant, which is erased with the tenant. */
interface TenantFolder {
  readonly place: string;
  /** What its files are, in the words of a deletion receipt. */
  readonly kind: string;
  readonly store: (services: Omit<Services, "tenantData">) => FileStore;
}

export interface Feature {
  /** The same as the feature's folder. */
  readonly name: string;
  /** Called once, when the server starts. */
  readonly routes?: (services: Services) => readonly Route[];
  readonly jobs?: (services: Services) => readonly Job[];
  readonly tables?: readonly TenantTable[];
  readonly folders?: readonly TenantFolder[];
  /** What it seals with a tenant's key. A key that is replaced is destroyed once nothing needs it any more. */
  readonly sealed?: (services: Omit<Services, "tenantData">) => readonly SealedStore[];
  /** What its changes tell open pages to fetch again. */
  readonly announces?: readonly Changed[];
}

/** Everything that holds a tenant's data, in the order of erasure. @throws Error if the tables cannot be put in order */
export function collectTenantData(features: readonly Feature[], services: Omit<Services, "tenantData">): TenantData {
  return {
    tables: inOrderOfErasure(features.flatMap(({ tables = [] }) => tables)),
    folders: features.flatMap(({ folders = [] }) =>
      folders.map(({ place, kind, store }) => ({ place, kind, store: store(services) })),
    ),
    sealed: features.flatMap(({ sealed }) => sealed?.(services) ?? []),
  };
}
