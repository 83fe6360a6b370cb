/** The recipient of a workspace's invoices. Each document copies it, so a change affects later documents only. */
import { z } from "zod";
import { Country } from "../countries.ts";
import { Email } from "./accounts.ts";
import { endpoint, text, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const MAX_LINES = 4;
export const MAX_RECIPIENTS = 10;
/** Languages of documents and of their mails. */
export const DOCUMENT_LANGUAGES = ["en", "de"] as const;

const Language = z.enum(DOCUMENT_LANGUAGES);

const BillingProfile = z
  .strictObject({
    company: z.string().nullable().describe("Null: documents name the workspace"),
    addressLines: z.array(z.string()).max(MAX_LINES),
    postcode: z.string().nullable(),
    city: z.string().nullable(),
    country: z.string().nullable().describe("ISO 3166. Null: taxed as a buyer in the issuer's country"),
    taxId: z.string().nullable(),
    taxIdForm: z
      .enum(["right", "unknown"])
      .nullable()
      .describe(
        "right: the tax id's form and check digits are those of the country. unknown: whoot does not know this form. The id is never looked up in a register",
      ),
    taxIdConfirmedAt: Time.nullable().describe("When the operator confirmed that the tax id is the company's"),
    purchaseOrder: z.string().nullable(),
    language: Language,
    recipients: z.array(z.string()).max(MAX_RECIPIENTS).describe("Addresses that get the documents, without an account"),
    can: z.strictObject({ edit: z.boolean() }),
  })
  .meta({ id: "BillingProfile" });

export const getBillingProfile = endpoint({
  operationId: "getBillingProfile",
  method: "GET",
  path: "/tenants/{slug}/billing/profile",
  summary: "Whom the workspace's documents are for. Needs billing.view_invoices or billing.manage_payment.",
  access: "member",
  params: TenantParams,
  success: { status: 200, description: "The profile", schema: BillingProfile },
});

export const setBillingProfile = endpoint({
  operationId: "setBillingProfile",
  method: "PUT",
  path: "/tenants/{slug}/billing/profile",
  summary:
    "Set whom the workspace's documents are for, for future documents only. Another country or tax id is not confirmed any more.",
  access: "member",
  permission: "billing.manage_payment",
  params: TenantParams,
  body: z.strictObject({
    company: text(1, 200, "the company's name"),
    addressLines: z
      .array(text(1, 100, "the street"))
      .min(1, "Enter the street.")
      .max(MAX_LINES, `Use at most ${MAX_LINES} lines.`),
    postcode: text(1, 20, "the postcode").nullable(),
    city: text(1, 100, "the city"),
    country: Country,
    taxId: text(1, 40, "the tax ID").nullable(),
    purchaseOrder: text(1, 60, "the PO number").nullable(),
    language: Language,
    recipients: z.array(Email).max(MAX_RECIPIENTS, `Use at most ${MAX_RECIPIENTS} addresses.`),
  }),
  maxBodyBytes: 32 * 1024,
  audits: ["billing.profile_changed"],
  success: { status: 200, description: "The profile as it is now", schema: BillingProfile },
});
