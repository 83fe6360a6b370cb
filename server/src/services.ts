import type { Logger } from "pino";
import type { BillingCatalogue, Issuer } from "#contract/billing-catalogue.ts";
import type { Config } from "./config.ts";
import type { Blobs } from "./platform/blobs.ts";
import type { Database } from "./platform/db/pools.ts";
import type { TenantTable } from "./platform/db/tenant-data.ts";
import type { Keys } from "./platform/keys.ts";
import type { Mailer } from "./platform/mail/mail.ts";
import type { Outbound } from "./platform/outbound/outbound.ts";
import type { SealedStore } from "./platform/sealed-blobs.ts";
import type { Threads } from "./platform/threads.ts";
import type { Deletion, Tombstones } from "./platform/tombstones.ts";
import type { Voice } from "./voice/ports.ts";

export interface RecorderHealth {
  /** Transmissions since the start that could not be stored completely. */
  incomplete: number;
  /** The latest reason, for the operator; null while all is well. */
  fault: string | null;
}

export interface Deleter {
  /**
   * Records the deletion in the database now, and retries if that fails, unless the disk says that it was never decided. If it has not
   * succeeded when the process ends, the next start does it.
   */
  carryOut(deletion: Deletion): Promise<void>;
}

/** A store of files with one folder per tenant. */
export interface FileStore {
  list(tenantId: string): Promise<string[]>;
  remove(tenantId: string, name: string): Promise<void>;
  removeTenant(tenantId: string): Promise<void>;
}

/** What the operator sells. */
export interface Billing {
  /** Null while billing is off: nothing is sold, and nothing limited. */
  readonly sale: { readonly version: number; readonly catalogue: BillingCatalogue; readonly issuer: Issuer } | null;
  /** Whether this is a server for trying billing out: documents say so, and its clock can be moved. */
  readonly isSample: boolean;
  /** Whole seconds since 1970, UTC. */
  now(): number;
  /** Reads the clock of a sample server again, which may have been moved. Does nothing on others. */
  readClock(): Promise<void>;
}

/** The highest document number of each series by its prefix, outside the database. */
export interface IssuedNumbers {
  /** Once it resolves, the number survives a power failure. */
  note(prefix: string, number: number): Promise<void>;
  read(): ReadonlyMap<string, number>;
  /** Replaces all, when nothing is noted meanwhile. */
  replace(marks: ReadonlyMap<string, number>): Promise<void>;
}

/** Everything that holds a tenant's data, as the features declare it. */
export interface TenantData {
  /** Each comes before the tables that it refers to. */
  tables: readonly TenantTable[];
  folders: ReadonlyArray<{ place: string; kind: string; store: FileStore }>;
  /** All that is sealed with a tenant's key. */
  sealed: readonly SealedStore[];
}

/** What every feature may use. Created once in main.ts, and closed there. */
export interface Services {
  config: Config;
  log: Logger;
  database: Database;
  keys: Keys;
  /** Recordings. */
  blobs: Blobs;
  /** Exports. */
  archives: Blobs;
  /** Invoices and credit notes as PDF. */
  documents: Blobs;
  /** Records of deleted tenants. */
  tombstones: Tombstones;
  mailer: Mailer;
  /** The only way to send requests to servers that people name. */
  outbound: Outbound;
  threads: Threads;
  billing: Billing;
  numbers: IssuedNumbers;
  tenantData: TenantData;
  /** Frees the space of erased rows, table by table, until `signal` is aborted. */
  vacuum(tables: readonly string[], signal: AbortSignal): Promise<void>;
  /** The current voice state of a tenant. */
  voice: Pick<Voice, "talking" | "connectedMembers">;
  recorder: { health(): RecorderHealth };
  deleter: Deleter;
  /** The public URL without a trailing slash. Links begin with it. */
  publicUrl(): string;
}
