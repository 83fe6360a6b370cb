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

/** Identifies the attempt that a payment at the provider belongs to. */
export interface AttemptKey {
  tenantId: string;
  invoiceId: string;
  number: number;
}

/**
 * An attempt to collect an invoice, as its row says. The request to the provider depends on nothing else, so a repetition sends the same
 * request.
 */
export interface Attempt extends AttemptKey {
  kind: "card" | "page";
  amount: bigint;
  currency: Currency;
  /** The invoice's number. */
  document: string;
  customerId: string;
  /** The card to charge; null for a page. */
  methodId: string | null;
  pageId: string | null;
}

export type PaymentFailure =
  | "declined"
  | "insufficient_funds"
  | "expired_card"
  /** The bank wants the cardholder to confirm the payment. */
  | "authentication_required"
  /** The card or the customer isn't at the provider any more. */
  | "method_gone"
  /** The provider can't charge such an amount. */
  | "amount"
  /** Nobody paid on the page in time. */
  | "page_expired"
  /** The invoice was paid in another way, or another amount is due by now. Nothing was charged. */
  | "not_due"
  | "refused";

/** A payment in its present state at the provider. */
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

/** An event that the provider reports. whoot looks the subject up at the provider before it acts on the event. */
export interface PaymentEvent {
  eventId: string;
  /** Null if whoot has nothing to do. */
  about: PaymentSubject | null;
}

export interface PaymentSubject {
  kind: "payment" | "page" | "refund" | "dispute" | "card" | "customer";
  id: string;
  /** The customer who has, or had, the card. */
  customerId?: string;
}

/** A refund or a dispute of a payment that was received. */
export interface PaymentIncident {
  /** The payment as it was received, including amounts that were returned since. */
  payment: ProviderPayment;
  kind: "refund" | "dispute";
  incidentId: string;
  /** The provider's own word. */
  state: string;
  /** In whoot's minor units; null for a fraction of one. */
  amount: bigint | null;
}

export type ProviderFinding =
  | { what: "payment"; payment: ProviderPayment }
  /** A card that a person has set up. */
  | { what: "method"; method: ProviderMethod }
  /** A card that the bank has renewed; null: it was removed. */
  | { what: "card"; customerId: string; methodId: string; card: Pick<ProviderMethod, "brand" | "last4" | "expires"> | null }
  | { what: "customer gone"; customerId: string }
  | { what: "incident"; incident: PaymentIncident };

/** The page to which the provider's page returns. */
export type ReturnPage = string;

/** whoot's own records, which decide whether a card may be charged. */
export interface Books {
  /** Whether the attempt's amount is still due. If not, only a payment that the provider already has is completed. */
  isDue: boolean;
  /** Finds a payment that whoot has no record of among the customer's recent ones, which means that an older backup was restored. */
  findUnknown(payments: readonly ProviderPayment[]): Promise<ProviderPayment | null>;
}

/** The outcome of an attempt; or the payment without a record because of which nothing was charged. */
export type Collected = { outcome: ProviderPayment } | { unknown: ProviderPayment };

/** The provider through which workspaces pay. With `manual`, they pay by transfer, and the operator records the payments. */
export interface Payments {
  readonly provider: "manual" | "stripe";
  /** Creates the workspace's customer; the same one for the same key. @throws ProviderUnavailable */
  openCustomer(customer: { tenantId: string; key: string }): Promise<string>;
  /** @returns the URL of a page on which somebody sets up a card. @throws CustomerGone, ProviderUnavailable */
  setUp(customer: { customerId: string; tenantId: string; currency: Currency }, back: ReturnPage): Promise<string>;
  /** Charges a card without the cardholder. A repetition never charges twice. @throws ProviderUnavailable if the outcome is unknown */
  collect(attempt: Attempt, books: Books): Promise<Collected>;
  /**
   * Opens a page on which somebody pays the invoice, or finds the one that is open.
   * @returns null if the attempt is over
   * @throws ProviderUnavailable
   */
  openPage(attempt: Attempt, back: ReturnPage): Promise<{ pageId: string; url: string } | null>;
  /** Closes the page, so that nobody can pay on it. Does nothing if it is closed. @throws ProviderUnavailable */
  closePage(pageId: string): Promise<void>;
  /** @throws WrongSignature */
  readEvent(body: Buffer, signature: string): PaymentEvent;
  /** Looks the subject up. Null if it is not whoot's. @throws ProviderUnavailable */
  find(subject: PaymentSubject): Promise<ProviderFinding | null>;
  /** All payments, cards and incidents of whoot since then. */
  listSince(at: Date): AsyncIterable<ProviderFinding>;
  /** Removes the card at the provider. */
  detach(methodId: string): Promise<void>;
  /** Erases the customer at the provider, and the cards. Harmless when repeated. @throws ProviderUnavailable */
  forget(customerId: string): Promise<void>;
}

/** The highest document number of each series by its prefix, outside the database. */
export interface IssuedNumbers {
  /** Once it resolves, the number survives a power failure. */
  note(prefix: string, number: number): Promise<void>;
  /** Resolves when everything that was noted so far is written, or could not be. */
  written(): Promise<void>;
  read(): ReadonlyMap<string, number>;
  /** Replaces all numbers. Call it only while no number can be noted. */
  replace(marks: ReadonlyMap<string, number>): Promise<void>;
}

/** Everything that holds a tenant's data, as the features declare it. */
export interface TenantData {
  /** In the order of erasure: each table comes before those that it refers to. */
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
