import type { Logger } from "pino";
import type { BillingCatalogue, Issuer } from "#contract/billing-catalogue.ts";
import type { Currency } from "#contract/currencies.ts";
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

/** Which of whoot's attempts a payment at the provider is. */
export interface AttemptKey {
  tenantId: string;
  invoiceId: string;
  number: number;
}

/** An attempt to be paid an invoice, as its row says. What is asked of the provider follows from it alone, so a repetition asks the same. */
export interface Attempt extends AttemptKey {
  kind: "card" | "page";
  amount: bigint;
  currency: Currency;
  /** The number that stands on the invoice. */
  document: string;
  customerId: string;
  /** The card; null for a page. */
  methodId: string | null;
  pageId: string | null;
}

export type PaymentFailure =
  | "declined"
  | "insufficient_funds"
  | "expired_card"
  /** The bank asks the cardholder to confirm. */
  | "authentication_required"
  /** The card or the customer isn't at the provider any more. */
  | "method_gone"
  /** The provider can't charge such an amount. */
  | "amount"
  /** Nobody paid on the page in time. */
  | "page_expired"
  /** The invoice was paid otherwise, or another sum is due by now: nothing was charged. */
  | "not_due"
  | "refused";

/** A payment as the provider has it now. */
export interface ProviderPayment {
  key: AttemptKey;
  customerId: string | null;
  paymentId: string | null;
  state: "created" | "processing" | "failed" | "succeeded";
  /** In whoot's minor units; null for a fraction of one. */
  amount: bigint | null;
  /** ISO 4217. */
  currency: string;
  failure: PaymentFailure | null;
}

/** A card as the provider shows it. */
export interface ProviderMethod {
  customerId: string;
  methodId: string;
  brand: string;
  last4: string;
  /** The last month in which it works, such as 2027-05. */
  expires: string | null;
  setUpAt: Date;
}

/** What the provider says has happened. It is looked up there before anything follows from it. */
export interface PaymentEvent {
  eventId: string;
  /** Null if nothing follows from it. */
  about: PaymentSubject | null;
}

export interface PaymentSubject {
  kind: "payment" | "page" | "refund" | "dispute" | "card" | "customer";
  id: string;
  /** Whose card it is, or was. */
  customerId?: string;
}

/** What happened to a payment after it came in. */
export interface PaymentIncident {
  /** As it came in. What went back since is not taken from it. */
  payment: ProviderPayment;
  kind: "refund" | "dispute";
  incidentId: string;
  /** In the provider's words. */
  state: string;
  /** In whoot's minor units; null for a fraction of one. */
  amount: bigint | null;
}

export type ProviderFinding =
  | { what: "payment"; payment: ProviderPayment }
  /** Somebody has set it up. */
  | { what: "method"; method: ProviderMethod }
  /** The bank has renewed it, or it is gone. */
  | { what: "card"; customerId: string; methodId: string; card: Pick<ProviderMethod, "brand" | "last4" | "expires"> | null }
  | { what: "customer gone"; customerId: string }
  | { what: "incident"; incident: PaymentIncident };

/** Where somebody goes when they are done on the provider's page. */
export type ReturnPage = string;

/** What whoot knows, which decides whether a card may be charged. */
export interface Books {
  /** Whether the attempt's sum is still due. If not, only what the provider has already is concluded. */
  isDue: boolean;
  /** Of payments of the customer's that came in lately, one of which whoot knows nothing: a backup was restored that is older. */
  findUnknown(payments: readonly ProviderPayment[]): Promise<ProviderPayment | null>;
}

/** What became of an attempt; or nothing was charged, because of a payment of which whoot knows nothing. */
export type Collected = { outcome: ProviderPayment } | { unknown: ProviderPayment };

/** The provider through which workspaces pay. With `manual`, they get invoices, and the operator records what came in. */
export interface Payments {
  readonly provider: "manual" | "stripe";
  /** Creates the workspace's customer; the same one for the same key. @throws ProviderUnavailable */
  openCustomer(customer: { tenantId: string; key: string }): Promise<string>;
  /** @returns the URL of a page on which somebody sets up a card. @throws CustomerGone, ProviderUnavailable */
  setUp(customer: { customerId: string; tenantId: string; currency: Currency }, back: ReturnPage): Promise<string>;
  /** Charges a card while nobody is there. Repeating it never charges twice. @throws ProviderUnavailable if the outcome is unknown */
  collect(attempt: Attempt, books: Books): Promise<Collected>;
  /**
   * Opens a page on which somebody pays the invoice, or finds the one that is open.
   * @returns null if the attempt is over
   * @throws ProviderUnavailable
   */
  openPage(attempt: Attempt, back: ReturnPage): Promise<{ pageId: string; url: string } | null>;
  /** Nobody can pay on the page any more. Harmless when it is over. @throws ProviderUnavailable */
  closePage(pageId: string): Promise<void>;
  /** @throws WrongSignature */
  readEvent(body: Buffer, signature: string): PaymentEvent;
  /** Null if it is not whoot's. @throws ProviderUnavailable */
  find(subject: PaymentSubject): Promise<ProviderFinding | null>;
  /** Everything of whoot's that began since then. */
  listSince(at: Date): AsyncIterable<ProviderFinding>;
  /** The provider forgets the card. */
  detach(methodId: string): Promise<void>;
  /** Erases the customer at the provider, and the cards. Harmless when repeated. @throws ProviderUnavailable */
  forget(customerId: string): Promise<void>;
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
  payments: Payments;
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
