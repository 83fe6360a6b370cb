/** How a workspace pays its invoices: by transfer, or by card at a payment provider. */
import { z } from "zod";
import { endpoint, Id } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const PAYMENT_FAILURES = [
  "declined",
  "insufficient_funds",
  "expired_card",
  "authentication_required",
  "method_gone",
  "amount",
  "refused",
] as const;

const Text = z.string().nullable();

const PaymentMethod = z
  .strictObject({
    provider: z.enum(["manual", "stripe"]).describe("manual: invoices are paid by transfer"),
    bank: z
      .strictObject({ holder: z.string(), iban: Text, bic: Text, bankName: Text, account: Text, routing: Text })
      .nullable()
      .describe("Where to transfer to. Null: the server has no billing"),
    card: z
      .strictObject({
        brand: z.string(),
        last4: z.string(),
        expires: z.string().nullable().describe("The last month in which the card works, such as 2027-05"),
      })
      .nullable()
      .describe("The card to which invoices are charged"),
    failure: z
      .strictObject({
        invoiceId: Id,
        number: z.string(),
        reason: z.enum(PAYMENT_FAILURES),
        on: z.string().describe("A day in UTC"),
      })
      .nullable()
      .describe("The oldest unpaid invoice whose last payment failed"),
    can: z.strictObject({ edit: z.boolean() }),
  })
  .meta({ id: "PaymentMethod" });

export const getPaymentMethod = endpoint({
  operationId: "getPaymentMethod",
  method: "GET",
  path: "/tenants/{slug}/billing/payment-method",
  summary: "How the workspace pays its invoices. Needs billing.view_invoices or billing.manage_payment.",
  access: "member",
  params: TenantParams,
  success: { status: 200, description: "The payment method", schema: PaymentMethod },
});

const Page = z.strictObject({ url: z.string().describe("The provider's page. It works for a day") });

const UNAVAILABLE = ["billing_off", "payments_by_transfer", "payments_unavailable", "rate_limited"] as const;

export const startPaymentMethod = endpoint({
  operationId: "startPaymentMethod",
  method: "POST",
  path: "/tenants/{slug}/billing/payment-method",
  summary: "Opens a page of the payment provider on which you set up a card. Open invoices are charged to it at once.",
  access: "member",
  permission: "billing.manage_payment",
  audits: { none: "Nothing has changed until the card is set up, which has an entry of its own." },
  params: TenantParams,
  success: { status: 201, description: "The page", schema: Page },
  errors: UNAVAILABLE,
});

export const removePaymentMethod = endpoint({
  operationId: "removePaymentMethod",
  method: "DELETE",
  path: "/tenants/{slug}/billing/payment-method",
  summary: "Removes the card, here and at the payment provider. Invoices are then paid by transfer, or on the provider's page.",
  access: "member",
  permission: "billing.manage_payment",
  audits: ["billing.payment_method_removed"],
  params: TenantParams,
  success: { status: 204, description: "It is removed" },
  errors: ["billing_off"],
});

export const payInvoice = endpoint({
  operationId: "payInvoice",
  method: "POST",
  path: "/tenants/{slug}/billing/invoices/{invoiceId}/payment",
  summary: "Opens a page of the payment provider on which you pay what is due on an invoice.",
  access: "member",
  permission: "billing.manage_payment",
  audits: { none: "Nothing has changed until it is paid, which has an entry of its own." },
  params: TenantParams.extend({ invoiceId: Id }),
  success: { status: 201, description: "The page", schema: Page },
  errors: [...UNAVAILABLE, "billing_unchanged", "payment_impossible"],
});

/** Stripe's events are a few kilobytes. */
const MAX_EVENT_BYTES = 64 * 1024;

export const receiveStripeEvent = endpoint({
  operationId: "receiveStripeEvent",
  method: "POST",
  path: "/payments/stripe/events",
  summary:
    "Where Stripe sends its events, signed. Each event is noted once; its subject is then looked up at Stripe. The operation reads no cookie.",
  access: "public",
  crossSite: true,
  rawBody: { contentTypes: ["application/json"], maxBytes: MAX_EVENT_BYTES },
  audits: { none: "What follows from it has entries of its own." },
  success: { status: 204, description: "It is noted" },
  errors: ["invalid_input", "not_found", "rate_limited"],
});
