import * as endpoints from "#contract/http/billing.ts";
import * as profile from "#contract/http/billing-profile.ts";
import { memberRoute } from "../http/route.ts";
import { sendRange } from "../platform/http/range.ts";
import { type Download, downloadDocument } from "./documents/download.ts";
import { countLicences } from "./licences.ts";
import { getNextInvoice, getSubscription, listInvoices } from "./overview.ts";
import { getProfile, setProfile } from "./profile.ts";

export const billingRoutes = [
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
];
