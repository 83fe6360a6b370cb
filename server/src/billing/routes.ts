import * as endpoints from "#contract/http/billing.ts";
import { memberRoute } from "../http/route.ts";
import { countLicences } from "./licences.ts";
import { getNextInvoice, getSubscription, listInvoices } from "./overview.ts";

export const billingRoutes = [
  memberRoute(endpoints.getSubscription, (ctx) => getSubscription(ctx)),
  memberRoute(endpoints.getNextInvoice, (ctx) => getNextInvoice(ctx)),
  memberRoute(endpoints.listInvoices, (ctx, { query }) => listInvoices(ctx, query)),
  memberRoute(endpoints.getLicences, (ctx) => countLicences(ctx)),
];
