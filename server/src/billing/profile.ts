/** The recipient of a workspace's documents. Each document copies it, so a change affects later documents only. */
import type { z } from "zod";
import { DOCUMENT_LANGUAGES, type setBillingProfile } from "#contract/http/billing-profile.ts";
import type { Ctx } from "../access/ctx.ts";
import type { Member } from "../access/member.ts";
import { behindRosterLock } from "../access/roster.ts";
import { changesBetween } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import { Refusal } from "../platform/refusal.ts";
import { fontsOf, printProblem } from "./documents/glyphs.ts";
import * as queries from "./profile-queries.ts";
import { openAccount, sharesSeries } from "./store.ts";
import { readTaxId, taxIdForm } from "./tax-ids.ts";

type ProfileInput = z.output<(typeof setBillingProfile)["body"]>;

/** @throws Refusal forbidden */
export function requireSight({ member }: Ctx): void {
  if (!member.may("billing.manage_payment")) member.require("billing.view_invoices");
}

/** @throws Refusal forbidden */
export async function getProfile(ctx: Ctx) {
  requireSight(ctx);
  return present(await queries.findProfile(ctx.db), ctx.member);
}

const PRINTED = ["company", "postcode", "city", "taxId", "purchaseOrder"] as const;

/** Documents must be able to show every character. @throws Refusal invalid_input */
function refuseUnprintable({ services: { config } }: Ctx, input: ProfileInput): void {
  const fonts = fontsOf(config);
  const texts = [
    ...PRINTED.map((path) => ({ path, text: input[path] })),
    ...input.addressLines.map((text, at) => ({ path: `addressLines.${at}`, text })),
  ];
  const fields = texts.flatMap(({ path, text }) => {
    const message = text === null ? null : printProblem(text, fonts);
    return message === null ? [] : [{ path, message }];
  });
  if (fields[0]) throw new Refusal("invalid_input", { detail: fields[0].message, fields });
}

/**
 * Opens the workspace's account if it has none yet. If nothing differs, writes, audits and announces nothing.
 * @throws Refusal forbidden, invalid_input
 */
export async function setProfile(stale: Ctx, input: ProfileInput) {
  const taxId = readTaxId(input.taxId, input.country);
  refuseUnprintable(stale, { ...input, taxId });
  const ctx = await behindRosterLock(stale);
  ctx.member.require("billing.manage_payment");
  await openAccount(ctx, sharesSeries(ctx.services.billing));
  const before = await queries.findProfile(ctx.db);
  const wanted = { ...input, taxId, recipients: [...new Set(input.recipients)] };
  const changes = changesBetween(auditable(valuesOf(before)), auditable(wanted));
  if (Object.keys(changes).length === 0) return present(before, ctx.member);
  const keepsConfirmation = before?.country === wanted.country && before.tax_id === taxId;
  await queries.updateProfile(ctx.db, wanted, keepsConfirmation);
  ctx.audit.record({
    action: "billing.profile_changed",
    target: { type: "workspace", id: ctx.tenantId, name: ctx.tenant.name },
    changes,
  });
  await announceChanged(ctx, "billing");
  return present(await queries.findProfile(ctx.db), ctx.member);
}

type Row = Awaited<ReturnType<typeof queries.findProfile>>;

function valuesOf(row: Row) {
  const address = row?.address ?? null;
  return {
    company: row?.company ?? null,
    addressLines: address?.lines ?? [],
    postcode: address?.postcode ?? null,
    city: address?.city ?? null,
    country: row?.country ?? null,
    taxId: row?.tax_id ?? null,
    purchaseOrder: row?.purchase_order ?? null,
    language: DOCUMENT_LANGUAGES.find((known) => known === row?.language) ?? "en",
    recipients: row?.recipients ?? [],
  };
}

/** Joins the street to one text for the audit log. */
function auditable({ company, addressLines, ...values }: ReturnType<typeof valuesOf>) {
  return { company, street: addressLines.length === 0 ? null : addressLines.join(", "), ...values };
}

function present(row: Row, member: Member) {
  const values = valuesOf(row);
  return {
    ...values,
    taxIdForm: values.taxId === null ? null : taxIdForm(values.taxId, values.country),
    taxIdConfirmedAt: row?.tax_id_confirmed_at?.toISOString() ?? null,
    can: { edit: member.may("billing.manage_payment") },
  };
}
