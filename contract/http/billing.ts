import { z } from "zod";
import { ADD_ON_IDS } from "../add-ons.ts";
import { BillingState } from "../billing-state.ts";
import { bounded } from "../bounded.ts";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const Amount = z.int().describe("In minor units of the currency");

export const Currency = z
  .strictObject({ code: z.string().describe("ISO 4217"), digits: z.int().min(0).max(4).describe("Of the minor unit") })
  .meta({ id: "Currency" });

const Item = z.string().describe("`seats`, or the id of an add-on");

const AddOnId = z.enum(ADD_ON_IDS).meta({ id: "AddOnId" });

/** Items of a subscription: seats and the add-ons. */
const MAX_ITEMS = 100;
/** Lines that one invoice can have. Each change makes two for each item. */
const MAX_LINES = 100_000;

const Prices = z
  .strictObject({ month: Amount.nullable(), year: Amount.nullable() })
  .describe("For a month and for a year; null if the item is not sold so");

const Offer = z
  .strictObject({
    issuer: z.string().describe("Who bills"),
    currency: Currency,
    plans: z
      .array(
        z.strictObject({
          plan: z.string(),
          name: z.string(),
          prices: Prices.describe("For one licence"),
          maxLicences: z.int(),
          includes: z.array(AddOnId),
          isFree: z.boolean().describe("A workspace has it without a subscription"),
        }),
      )
      .max(MAX_ITEMS)
      .describe("From the smallest to the largest"),
    addOns: z
      .array(z.strictObject({ addOn: AddOnId, perLicence: z.boolean().describe("Or once for the workspace"), prices: Prices }))
      .max(MAX_ITEMS),
  })
  .meta({ id: "BillingOffer" });

export const getBilling = endpoint({
  operationId: "getBilling",
  method: "GET",
  path: "/tenants/{slug}/billing",
  summary: "Whether the server has billing, what it sells, and what the workspace's billing allows it.",
  access: "member",
  permission: "billing.view",
  params: TenantParams,
  success: {
    status: 200,
    description: "With all null, billing is off: nothing is sold, and nothing limited",
    schema: z.strictObject({
      isSample: z.boolean().describe("A server to try billing out: nothing is owed"),
      maySample: z
        .boolean()
        .describe("Billing is off, and this machine alone reaches the server: `WHOOT_BILLING=sample` tries it out"),
      state: BillingState.nullable(),
      until: Time.nullable().describe("The end of the trial or of the period, or when talk stops"),
      addOns: z.array(AddOnId).max(ADD_ON_IDS.length).nullable().describe("What the workspace may use. Null: all"),
      withoutTrial: z
        .boolean()
        .describe(
          "The workspace began without a trial, because its owner's earlier workspaces had as many as they may have within 90 days",
        ),
      putOffHours: z.int().describe("Hours by which you can put off, once, that talk stops; 0 if you can't"),
      offer: Offer.nullable(),
    }),
  },
});

const Subscription = z
  .strictObject({
    plan: z.string().nullable().describe("Null in a trial until somebody chooses"),
    interval: z.enum(["month", "quarter", "year"]),
    state: z.enum(["trial", "active", "ended"]),
    cancelled: z.boolean().describe("Ends with the period"),
    periodFrom: Time,
    periodTo: Time.describe("The first second of the next period"),
    currency: Currency,
    items: z
      .array(
        z.strictObject({
          item: Item,
          quantity: z.int(),
          unitPrice: Amount.nullable().describe("Null without billing.view_invoices"),
        }),
      )
      .max(MAX_ITEMS),
    revision: z.int().describe("Rises with each change of the subscription. A quote holds for one revision"),
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
  amount: Amount.describe("Never negative: the sign comes from the kind"),
});

const TaxTotal = z.strictObject({
  category: z.string().describe("Of EN 16931, such as S or AE"),
  percent: z.number(),
  reason: z.string().nullable().describe("Why no tax is charged"),
  base: Amount,
  tax: Amount,
});

const NextInvoice = z
  .strictObject({
    at: Time,
    currency: Currency,
    lines: z.array(InvoiceLine).max(MAX_LINES),
    taxes: z.array(TaxTotal).max(MAX_LINES),
    net: Amount,
    tax: Amount,
    gross: Amount,
    creditUsed: Amount.describe("What the balance pays of the invoice"),
    due: Amount,
  })
  .meta({ id: "NextInvoice" });

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
    schema: z.strictObject({ invoice: NextInvoice.nullable() }),
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
    credited: Amount.describe("What credits paid of the invoice"),
    writtenOff: Amount.describe("What the issuer has given up of the invoice"),
    due: Amount.describe("0 for a credit note"),
    overdue: z.boolean().describe("Something is due, since a day before today"),
    payment: z
      .enum(["processing", "failed"])
      .nullable()
      .describe("What the payment provider says of an invoice on which something is due"),
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

const Quote = z
  .strictObject({
    quoteId: Id,
    validUntil: Time,
    currency: Currency,
    document: z
      .strictObject({
        kind: z.enum(["invoice", "credit note"]),
        lines: z.array(InvoiceLine).max(MAX_LINES),
        taxes: z.array(TaxTotal).max(MAX_LINES),
        net: Amount,
        tax: Amount,
        gross: Amount.describe("A credit note's sums are positive, too"),
        creditUsed: Amount.describe("What the balance pays of an invoice"),
        due: Amount.describe("0 for a credit note"),
      })
      .nullable()
      .describe("What is issued at once; null if nothing is"),
    waiting: z.array(InvoiceLine).max(MAX_LINES).describe("Lines of this change that wait for the next invoice"),
    nextInvoice: NextInvoice.nullable().describe(
      "The next invoice after this change; null if none comes, and for those who may not see invoices",
    ),
    endsAt: Time.nullable().describe("When the subscription ends; null if the subscription goes on"),
  })
  .meta({ id: "Quote" });

const QuoteParams = TenantParams.extend({ quoteId: Id });

const Seats = z.int("Use a whole number.").min(1, "Use at least 1 licence.").max(100_000, "Use at most 100,000 licences.");
const AddOns = z.array(AddOnId).max(ADD_ON_IDS.length, "Name each add-on once.");

const SubscriptionChange = z.discriminatedUnion("change", [
  z.strictObject({
    change: z.literal("choose"),
    plan: bounded(40),
    interval: z.enum(["month", "year"]),
    licences: Seats,
    addOns: AddOns,
  }),
  z.strictObject({ change: z.literal("cancel") }),
  z.strictObject({ change: z.literal("resume") }),
]);

/** Changes that each need a permission of their own, with the words of their operations. */
const QUOTED = {
  subscription: {
    name: "Subscription",
    permission: "billing.manage_subscription",
    does: "starting, changing, cancelling or resuming the subscription",
    audits: ["billing.subscribed", "billing.plan_changed", "billing.cancelled", "billing.resumed", "billing.document_issued"],
  },
  licences: {
    name: "Licences",
    permission: "billing.manage_licences",
    does: "having so many licences",
    audits: ["billing.licences_changed", "billing.document_issued"],
  },
  "add-ons": {
    name: "AddOns",
    permission: "billing.manage_addons",
    does: "having these add-ons",
    audits: ["billing.add_ons_changed", "billing.document_issued"],
  },
} as const;

const REFUSED = ["billing_off", "billing_unchanged", "billing_halted", "licences_in_use", "rate_limited"] as const;

function quoting<const Kind extends keyof typeof QUOTED, Body extends z.ZodObject>(kind: Kind, body: Body) {
  const { name, permission, does, audits } = QUOTED[kind];
  const path = `/tenants/{slug}/billing/${kind}/quotes` as const;
  const common = { method: "POST", access: "member", permission } as const;
  return {
    quote: endpoint({
      ...common,
      operationId: `quote${name}` as `quote${(typeof QUOTED)[Kind]["name"]}`,
      path,
      summary: `What ${does} costs, now and at the next invoice. The quote holds for ten minutes, and until the subscription changes.`,
      audits: { none: "Nothing has changed yet." },
      params: TenantParams,
      body,
      success: { status: 201, description: "The quote", schema: Quote },
      errors: REFUSED,
    }),
    accept: endpoint({
      ...common,
      operationId: `accept${name}Quote` as `accept${(typeof QUOTED)[Kind]["name"]}Quote`,
      path: `${path}/{quoteId}/acceptance` as const,
      summary: "Makes the change exactly as quoted, once.",
      audits,
      params: QuoteParams,
      success: { status: 204, description: "The change is made" },
      errors: [...REFUSED, "quote_outdated", "quote_expired"],
    }),
  };
}

export const { quote: quoteSubscription, accept: acceptSubscriptionQuote } = quoting(
  "subscription",
  z.strictObject({ wanted: SubscriptionChange }),
);
export const { quote: quoteLicences, accept: acceptLicencesQuote } = quoting("licences", z.strictObject({ licences: Seats }));
export const { quote: quoteAddOns, accept: acceptAddOnsQuote } = quoting("add-ons", z.strictObject({ addOns: AddOns }));

export const putOffStop = endpoint({
  operationId: "putOffStop",
  method: "POST",
  path: "/tenants/{slug}/billing/put-off",
  summary: "Puts off, once for each overdue invoice, that talk stops. Only the owner can.",
  access: "member",
  permission: "billing.view",
  audits: ["billing.stop_put_off", "billing.talk_allowed", "billing.reminded"],
  params: TenantParams,
  success: { status: 204, description: "It is put off" },
  errors: ["owner_only", "billing_off", "billing_unchanged"],
});
