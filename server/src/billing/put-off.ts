/** The owner can postpone the stop of talk, once for each overdue invoice. */
import type { Ctx } from "../access/ctx.ts";
import { behindRosterLock } from "../access/roster.ts";
import { Refusal } from "../platform/refusal.ts";
import { oldestOverdue, type OpenInvoice, stopsFor } from "./dunning.ts";
import { listUnpaid, billingCtxOf, settle, workspaceTarget } from "./lifecycle.ts";
import { type Instant, instantText } from "./reckoning/calendar.ts";
import { toDate } from "./rows.ts";
import * as queries from "./store-queries.ts";

/** The invoice for which the owner can still postpone the stop; null if there is none. */
async function findPutOff(ctx: Ctx, now: Instant): Promise<OpenInvoice | null> {
  const oldest = oldestOverdue(await listUnpaid(ctx), now);
  const account = await queries.findBillingAccount(ctx.db);
  return oldest && account?.putOffFor !== oldest.invoiceId ? oldest : null;
}

/** Hours by which the caller can postpone the stop of talk; 0 if they can't. */
export async function hoursToPutOff(ctx: Ctx): Promise<number> {
  const { sale, now } = ctx.services.billing;
  if (!sale || !ctx.member.isOwner) return 0;
  const { putOffHours } = sale.catalogue.dunning;
  return putOffHours > 0 && (await findPutOff(ctx, now())) !== null ? putOffHours : 0;
}

/** @throws Refusal owner_only, billing_off, billing_unchanged */
export async function putOffStop(stale: Ctx): Promise<void> {
  const ctx = await behindRosterLock(stale);
  const billingCtx = billingCtxOf(ctx);
  if (!ctx.member.isOwner) throw new Refusal("owner_only");
  const { now } = billingCtx;
  const { dunning } = billingCtx.sale.catalogue;
  const invoice = await findPutOff(ctx, now);
  if (!invoice || dunning.putOffHours === 0) {
    throw new Refusal("billing_unchanged", {
      detail: "That can be put off once for each overdue invoice, and there is none left.",
    });
  }
  const until = Math.max(stopsFor(invoice, dunning), now) + dunning.putOffHours * 3_600;
  await queries.putOff(ctx.db, invoice.invoiceId, toDate(until));
  ctx.audit.record({
    action: "billing.stop_put_off",
    target: await workspaceTarget(billingCtx),
    changes: { until: { to: instantText(until) } },
  });
  await settle(billingCtx);
}
