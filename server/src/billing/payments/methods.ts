/** The card that a workspace's invoices are charged to. Stripe stores it; whoot knows its brand, its last digits and its expiry. */
import { v7 as uuidv7 } from "uuid";
import { PAYMENT_FAILURES } from "#contract/http/billing-payments.ts";
import { mailedPaths } from "#contract/paths.ts";
import type { Ctx } from "../../access/ctx.ts";
import { behindRosterLock, isDeleted } from "../../access/roster.ts";
import { announceChanged } from "../../platform/changes.ts";
import type { Db } from "../../platform/db/pools.ts";
import { enqueue, type JobKind } from "../../platform/jobs.ts";
import { pageLink } from "../../platform/mail/link.ts";
import { orNotFound, Refusal } from "../../platform/refusal.ts";
import type { ProviderFinding, ProviderMethod, Services } from "../../services.ts";
import { listUnpaid, type BillingCtx, billingCtxOf, workspaceTarget } from "../lifecycle.ts";
import { dayOf } from "../reckoning/calendar.ts";
import { toInstant } from "../rows.ts";
import { queueCharges, findCard, lastOutcome } from "./asking.ts";
import { inLook, loseCard, type PaymentServices } from "./attempts.ts";
import { CustomerGone } from "./errors.ts";
import { requireSight } from "../profile.ts";
import * as queries from "./queries.ts";

export const DETACH: JobKind<{ methodId: string }> = { name: "detachCard", crew: "payments" };
/** The data holds only the provider's id, so the job also works without the workspace. */
export const FORGET: JobKind<{ customerId: string }> = { name: "forgetCustomer", crew: "payments" };

/** The unpaid invoice whose last payment failed. */
async function findFailure(ctx: Ctx) {
  const unpaid = await listUnpaid(ctx);
  const attempts = await queries.listAttempts(
    ctx.db,
    unpaid.map(({ invoiceId }) => invoiceId),
  );
  for (const { invoiceId, number } of unpaid) {
    const last = lastOutcome(attempts.filter((attempt) => attempt.invoiceId === invoiceId));
    if (last?.state !== "failed") continue;
    const reason = PAYMENT_FAILURES.find((known) => known === last.failure) ?? "refused";
    return { invoiceId, number, reason, on: dayOf(toInstant(last.changedAt)) };
  }
  return null;
}

/** @throws Refusal forbidden */
export async function getPaymentMethod(ctx: Ctx) {
  requireSight(ctx);
  const { billing, payments } = ctx.services;
  const {
    holder = null,
    iban = null,
    bic = null,
    bankName = null,
    account = null,
    routing = null,
  } = billing.sale?.issuer.bank ?? {};
  return {
    provider: billing.sale ? payments.provider : "manual",
    bank: billing.sale && { holder: holder ?? billing.sale.issuer.name, iban, bic, bankName, account, routing },
    card: billing.sale && (await findCard(ctx, payments)),
    failure: !billing.sale || payments.provider === "manual" ? null : await findFailure(ctx),
    can: { edit: ctx.member.may("billing.manage_payment") },
  };
}

/** @throws Refusal billing_off, payments_by_transfer */
export function requireProvider({ billing, payments }: Services) {
  if (!billing.sale) throw new Refusal("billing_off");
  if (payments.provider === "manual") throw new Refusal("payments_by_transfer");
  return billing.sale.catalogue.currency;
}

export function billingPage(services: Pick<Services, "publicUrl">, slug: string): string {
  return pageLink(services, mailedPaths.settingsBilling(slug));
}

/**
 * Creates the workspace's customer at the provider, under the key in the workspace's row. Call outside of transactions.
 * @throws Refusal not_found if the workspace was deleted meanwhile; ProviderUnavailable
 */
async function createCustomer({ payments, database }: PaymentServices, tenantId: string, key: string): Promise<string> {
  const customerId = await payments.openCustomer({ tenantId, key });
  const isKept = await database.withTenant(tenantId, async (tx) => {
    if (await isDeleted(tx)) return false;
    await queries.setCustomer(tx.db, tenantId, customerId);
    return true;
  });
  if (!isKept) await payments.forget(customerId);
  return orNotFound(isKept ? customerId : null);
}

/** Creates a new customer, because somebody deleted the old one at the provider. */
export async function replaceCustomer(services: PaymentServices, tenantId: string): Promise<string> {
  const key = uuidv7();
  await inLook(services, tenantId, async (billingCtx) => {
    const account = await queries.findPaymentAccount(billingCtx.tx.db);
    if (account?.methodId) await loseCard(billingCtx, account.methodId);
    await queries.openAccount(billingCtx.tx.db, tenantId, key);
  });
  return createCustomer(services, tenantId, key);
}

/** Call in a transaction behind the roster lock. @returns a function that finds or creates the customer; call it after the transaction */
export async function prepareCustomer(ctx: Ctx): Promise<() => Promise<string>> {
  const { services, tenantId, db } = ctx;
  const account = await queries.findPaymentAccount(db);
  const key = account?.customerKey ?? uuidv7();
  if (!account) await queries.openAccount(db, tenantId, key);
  return async () => account?.customerId ?? (await createCustomer(services, tenantId, key));
}

/** @returns a function that opens the provider's page; call it after the transaction. @throws Refusal billing_off, payments_by_transfer */
export async function prepareSetUp(stale: Ctx): Promise<() => Promise<{ url: string }>> {
  const currency = requireProvider(stale.services);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("billing.manage_payment");
  const { services, tenantId } = ctx;
  const findCustomer = await prepareCustomer(ctx);
  const back = billingPage(services, ctx.tenant.slug);
  const open = async (customerId: string) => ({ url: await services.payments.setUp({ customerId, tenantId, currency }, back) });
  return async () => {
    try {
      return await open(await findCustomer());
    } catch (error) {
      if (!(error instanceof CustomerGone)) throw error;
      return open(await replaceCustomer(services, tenantId));
    }
  };
}

/** Runs `work` in the customer's workspace, if it exists, and announces a change. */
async function inTenantOf(
  services: PaymentServices,
  customerId: string,
  work: (billingCtx: BillingCtx) => Promise<boolean>,
): Promise<void> {
  const tenantId = await services.database.asPlatformStatement("whose customer it is at the provider", (db) =>
    queries.findTenantOf(db, customerId),
  );
  if (tenantId === undefined) return;
  await inLook(services, tenantId, async (billingCtx) => {
    if (await work(billingCtx)) await announceChanged(billingCtx.tx, "billing");
  });
}

/** Records that the bank renewed a card, or that the provider no longer has it. */
export function recordCard(
  services: PaymentServices,
  { customerId, methodId, card }: Extract<ProviderFinding, { what: "card" }>,
): Promise<void> {
  return inTenantOf(services, customerId, async (billingCtx) =>
    card ? queries.updateCard(billingCtx.tx.db, methodId, card) : loseCard(billingCtx, methodId),
  );
}

export function recordCustomerGone(services: PaymentServices, customerId: string): Promise<void> {
  return inTenantOf(services, customerId, async (billingCtx) => {
    const account = await queries.findPaymentAccount(billingCtx.tx.db);
    if (account?.methodId) await loseCard(billingCtx, account.methodId);
    return queries.removeCustomer(billingCtx.tx.db, customerId, uuidv7());
  });
}

function detach({ tx }: BillingCtx, methodId: string): Promise<void> {
  return enqueue(tx.db, DETACH, { methodId }, `${DETACH.name} ${methodId}`);
}

/** Removes the workspace's card, if it is this one, here and at the provider. @returns whether it was */
export async function removeCard(billingCtx: BillingCtx, methodId: string): Promise<boolean> {
  const isKept = await loseCard(billingCtx, methodId);
  if (isKept) await detach(billingCtx, methodId);
  return isKept;
}

/** Stores a card that was set up, and has open invoices charged to it. Harmless when repeated. */
export function recordMethod(services: PaymentServices, method: ProviderMethod): Promise<void> {
  return inTenantOf(services, method.customerId, async (billingCtx) => {
    const { tx, audit } = billingCtx;
    const before = await queries.findPaymentAccount(tx.db);
    const isKept = await queries.setMethod(tx.db, method);
    const { customerId, methodId } = before ?? {};
    if (!isKept) {
      // Another card was set up after it, or the card was removed.
      if (customerId === method.customerId && methodId !== method.methodId) await detach(billingCtx, method.methodId);
      return false;
    }
    if (methodId && methodId !== method.methodId) await detach(billingCtx, methodId);
    const changes = { card: { to: `${method.brand} ${method.last4}` } };
    audit.record({ action: "billing.payment_method_set", target: await workspaceTarget(billingCtx), changes });
    const unpaid = await listUnpaid(tx);
    await queueCharges(
      tx,
      services.payments,
      unpaid.map(({ invoiceId }) => invoiceId),
    );
    return true;
  });
}

/** @throws Refusal forbidden, billing_off, payments_by_transfer, not_found if there is no card */
export async function removePaymentMethod(stale: Ctx): Promise<void> {
  requireProvider(stale.services);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("billing.manage_payment");
  const account = await queries.findPaymentAccount(ctx.db);
  await removeCard({ ...billingCtxOf(ctx), audit: ctx.audit }, orNotFound(account?.methodId));
  await announceChanged(ctx, "billing");
}

/**
 * Has the provider erase a workspace's data. Call above tenants, in the transaction that removes these customers from the directory. The
 * job runs after the commit, even if the workspace is gone by then.
 */
export async function forgetPayments(db: Db, customers: readonly string[]): Promise<void> {
  for (const customerId of customers) await enqueue(db, FORGET, { customerId });
}

/**
 * Erases customers at the provider. Harmless when repeated.
 * @returns `kept` on a server that no longer has access to the provider
 * @throws ProviderUnavailable
 */
export async function forgetCustomers(
  { payments }: Pick<Services, "payments">,
  customers: readonly string[],
): Promise<"erased" | "kept"> {
  if (payments.provider === "manual") return "kept";
  for (const customerId of customers) await payments.forget(customerId);
  return "erased";
}
