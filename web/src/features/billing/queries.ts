import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answerOf, pagesOf } from "../../api/operation.ts";

export const billingQuery = (slug: string) => queryOptions(answerOf("GET /api/v1/tenants/{slug}/billing", { path: { slug } }));

export const subscriptionQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/billing/subscription", { path: { slug } }),
    select: ({ subscription }) => subscription,
  });

export const licencesQuery = (slug: string) =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/billing/licences", { path: { slug } }));

export const nextInvoiceQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/billing/next-invoice", { path: { slug } }),
    select: ({ invoice }) => invoice,
  });

export const invoicesQuery = (slug: string) =>
  infiniteQueryOptions(pagesOf("GET /api/v1/tenants/{slug}/billing/invoices", { path: { slug }, query: { limit: 12 } }));

export const billingProfileQuery = (slug: string) =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/billing/profile", { path: { slug } }));

export const paymentMethodQuery = (slug: string) =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/billing/payment-method", { path: { slug } }));

/** Members who can buy licences or add-ons. */
export const buyersQuery = (slug: string, of: "licences" | "add-ons") =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/billing/licences/buyers", { path: { slug }, query: { of } }));

/** Active members, the longest unseen first. */
export const licenceHoldersQuery = (slug: string) =>
  infiniteQueryOptions(
    pagesOf("GET /api/v1/tenants/{slug}/members", {
      path: { slug },
      query: { status: "active", sort: "lastSeen", order: "asc", limit: 10 },
    }),
  );

/** The newest entries of the audit log about billing. */
export const billingHistoryQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/audit-log", { path: { slug }, query: { group: "billing", limit: 5 } }),
    select: ({ items }) => items,
  });
