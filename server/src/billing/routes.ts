import * as endpoints from "#contract/http/billing.ts";
import * as payments from "#contract/http/billing-payments.ts";
import * as profile from "#contract/http/billing-profile.ts";
import { memberRoute, publicRoute } from "../http/route.ts";
import { sendRange } from "../platform/http/range.ts";
import { type Download, downloadDocument } from "./documents/download.ts";
import { countLicences } from "./licences.ts";
import { receiveEvent } from "./payments/events.ts";
import { getPaymentMethod, prepareSetUp, removePaymentMethod } from "./payments/methods.ts";
import { preparePayment } from "./payments/paying.ts";
import { getProfile, setProfile } from "./profile.ts";
import { getBilling, getNextInvoice, getSubscription, listInvoices } from "./overview.ts";
import { putOffStop } from "./put-off.ts";
import { acceptQuote, quote } from "./quotes.ts";

/** Low, because each request opens a page at the provider. */
const PAGES = { max: 30, timeWindow: 60 * 60_000 };
/** On the first of a month, ten thousand workspaces cause several events each. Stripe repeats refused ones. */
const EVENTS = { max: 6_000, timeWindow: 60_000 };

export const billingRoutes = [
  memberRoute(endpoints.getBilling, (ctx) => getBilling(ctx)),
  memberRoute(endpoints.getSubscription, (ctx) => getSubscription(ctx)),
  memberRoute(endpoints.getNextInvoice, (ctx) => getNextInvoice(ctx)),
  memberRoute(endpoints.listInvoices, (ctx, { query }) => listInvoices(ctx, query)),
  memberRoute<typeof endpoints.getInvoicePdf, Download>(
    endpoints.getInvoicePdf,
    (_ctx, { params, prepared: { number, file }, request, reply }) => {
      reply.header("content-disposition", `attachment; filename="${number}.pdf"`);
      return sendRange(request, reply, file, { contentType: "application/pdf", etag: `"${params.invoiceId}"` });
    },
    { prepare: (ctx, { params }) => downloadDocument(ctx, params) },
  ),
  memberRoute(endpoints.getLicences, (ctx) => countLicences(ctx)),
  memberRoute(profile.getBillingProfile, (ctx) => getProfile(ctx)),
  memberRoute(profile.setBillingProfile, (ctx, { body }) => setProfile(ctx, body)),
  memberRoute(endpoints.quoteSubscription, (ctx, { body }) => quote(ctx, "subscription", body.wanted)),
  memberRoute(endpoints.acceptSubscriptionQuote, (ctx, { params }) => acceptQuote(ctx, "subscription", params.quoteId)),
  memberRoute(endpoints.quoteLicences, (ctx, { body }) => quote(ctx, "licences", { change: "licences", ...body })),
  memberRoute(endpoints.acceptLicencesQuote, (ctx, { params }) => acceptQuote(ctx, "licences", params.quoteId)),
  memberRoute(endpoints.quoteAddOns, (ctx, { body }) => quote(ctx, "add_ons", { change: "add-ons", ...body })),
  memberRoute(endpoints.acceptAddOnsQuote, (ctx, { params }) => acceptQuote(ctx, "add_ons", params.quoteId)),
  memberRoute(payments.getPaymentMethod, (ctx) => getPaymentMethod(ctx)),
  memberRoute<typeof payments.startPaymentMethod, { url: string }>(
    payments.startPaymentMethod,
    async (_ctx, { prepared }) => prepared,
    { prepare: (ctx) => prepareSetUp(ctx), rateLimits: [PAGES] },
  ),
  memberRoute(payments.removePaymentMethod, (ctx) => removePaymentMethod(ctx)),
  memberRoute<typeof payments.payInvoice, { url: string }>(payments.payInvoice, async (_ctx, { prepared }) => prepared, {
    prepare: (ctx, { params }) => preparePayment(ctx, params),
    rateLimits: [PAGES],
  }),
  publicRoute(
    payments.receiveStripeEvent,
    (ctx, { body, request }) => receiveEvent(ctx, body, String(request.headers["stripe-signature"] ?? "")),
    { rateLimits: [EVENTS] },
  ),
  memberRoute(endpoints.putOffStop, (ctx) => putOffStop(ctx)),
];
