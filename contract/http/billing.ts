import { z } from "zod";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const Amount = z.int().describe("In minor units of the currency");

const Currency = z
  .strictObject({ code: z.string().describe("ISO 4217"), digits: z.int().min(0).max(4).describe("Of the minor unit") })
  .meta({ id: "Currency" });

const Item = z.string().describe("`seats`, or the id of an add-on");

/** Items of a subscription: seats and the add-ons. */
const MAX_ITEMS = 100;
/** Lines that one invoice can have. Each change makes two for each item. */
const MAX_LINES = 100_000;

const Subscription = z
  .strictObject({
    plan: z.string().nullable().describe("Null in a trial until somebody chooses"),
    interval: z.enum(["month", "quarter", "year"]),
    state: z.enum(["trial", "active", "ended"]),
    cancelled: z.boolean().describe("Ends with the period"),
    periodFrom: Time,
    periodTo: Time.describe("The first second of the next period"),
    currency: Currency,
    items: z.array(z.strictObject({ item: Item, quantity: z.int(), unitPrice: Amount })).max(MAX_ITEMS),
    revision: z.int().describe("Rises with each change. A quote holds for one revision"),
  })
  .meta({ id: "Subscription" });

export const getSubscription = endpoint({
  operationId: "getSubscription",
  method: "GET",
  path: "/tenants/{slug}/billing/subscription",
  summary: "The workspace's subscription: the one that runs, or the last one that ended.",
  access: "member",
  permission: "billing.view",
  params: TenantParams,
  success: {
    status: 200,
    description: "Null if there has been none",
    schema: z.strictObject({ subscription: Subscription.nullable() }),
  },
});

const InvoiceLine = z.strictObject({
  kind: z.enum(["charge", "credit"]),
  item: Item,
  quantity: z.int(),
  unitPrice: Amount,
  from: Time,
  to: Time,
  amount: Amount.describe("Never negative: its sign comes from the kind"),
});

const TaxTotal = z.strictObject({
  category: z.string().describe("Of EN 16931, such as S or AE"),
  percent: z.number(),
  reason: z.string().nullable().describe("Why no tax is charged"),
  base: Amount,
  tax: Amount,
});

export const getNextInvoice = endpoint({
  operationId: "getNextInvoice",
  method: "GET",
  path: "/tenants/{slug}/billing/next-invoice",
  summary: "The invoice that comes at the end of the present period if nothing changes until then, line by line.",
  access: "member",
  permission: "billing.view_invoices",
  params: TenantParams,
  success: {
    status: 200,
    description: "Null if none will come",
    schema: z.strictObject({
      invoice: z
        .strictObject({
          at: Time,
          currency: Currency,
          lines: z.array(InvoiceLine).max(MAX_LINES),
          taxes: z.array(TaxTotal).max(MAX_LINES),
          net: Amount,
          tax: Amount,
          gross: Amount,
          creditUsed: Amount.describe("What the balance pays of it"),
          due: Amount,
        })
        .meta({ id: "NextInvoice" })
        .nullable(),
    }),
  },
});

const Invoice = z
  .strictObject({
    invoiceId: Id,
    number: z.string(),
    kind: z.enum(["invoice", "credit note"]),
    issuedOn: z.string().describe("A day in UTC, such as 2026-01-31"),
    dueOn: z.string(),
    currency: Currency,
    net: Amount,
    tax: Amount,
    gross: Amount.describe("A credit note's sums are positive, too"),
    paid: Amount,
    credited: Amount.describe("What credits paid of it"),
    due: Amount.describe("0 for a credit note"),
  })
  .meta({ id: "Invoice" });

export const listInvoices = endpoint({
  operationId: "listInvoices",
  method: "GET",
  path: "/tenants/{slug}/billing/invoices",
  summary: "A page of invoices and credit notes, newest first.",
  access: "member",
  permission: "billing.view_invoices",
  params: TenantParams,
  query: PageQuery,
  success: { status: 200, description: "A page of documents", schema: page(Invoice) },
});

export const getInvoicePdf = endpoint({
  operationId: "getInvoicePdf",
  method: "GET",
  path: "/tenants/{slug}/billing/invoices/{invoiceId}/pdf",
  summary:
    "An invoice or a credit note as PDF/A-3, with the e-invoice (Factur-X, EN 16931) inside where the standard has one. It is drawn once: the same document has the same bytes ever after.",
  access: "member",
  permission: "billing.view_invoices",
  params: TenantParams.extend({ invoiceId: Id }),
  success: { status: 200, description: "The document", contentType: "application/pdf" },
  errors: ["range_not_satisfiable"],
});

export const getLicences = endpoint({
  operationId: "getLicences",
  method: "GET",
  path: "/tenants/{slug}/billing/licences",
  summary:
    "How many licences the workspace has, and how many are taken. Every active member takes one, viewers and the owner too. An open invitation reserves one until it is accepted, withdrawn or expires. Suspended members take none.",
  access: "member",
  permission: "billing.view",
  params: TenantParams,
  success: {
    status: 200,
    description: "The numbers",
    schema: z
      .strictObject({
        limit: z.int().nullable().describe("Null: no limit"),
        used: z.int().describe("Active members"),
        reserved: z.int().describe("Open invitations that have not expired"),
        left: z.int().nullable().describe("Null: no limit. 0 also when more are taken than there are, which removes nobody"),
      })
      .meta({ id: "Licences" }),
  },
});
