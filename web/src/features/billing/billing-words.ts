/** Words for what is sold, what is billed and what is owed. */
import type { Currency } from "#contract/currencies.ts";
import type { Invoice, InvoiceLine, PaymentMethod, Subscription, Tenant } from "../../api/types.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { counted } from "../../ui/counted.ts";

/** Formats an amount in the reader's language. Exact, because it uses the currency's own digits and no floating-point number. */
export function moneyWords(minor: number, { code, digits }: Currency): string {
  const figures = String(Math.abs(minor)).padStart(digits + 1, "0");
  const cut = figures.length - digits;
  const decimal = `${minor < 0 ? "-" : ""}${figures.slice(0, cut)}${digits === 0 ? "" : `.${figures.slice(cut)}`}`;
  return new Intl.NumberFormat(undefined, {
    style: "currency",
    currency: code,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(decimal as `${number}`);
}

const DAY = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });

/** A day as documents show it: in UTC, whatever the workspace's time zone. Never broken across lines. @param at a time, or a day such as 2026-01-31 */
export function billingDay(at: string): string {
  return DAY.format(new Date(at)).replaceAll(" ", "\u00A0");
}

const MONTH = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", month: "long", year: "numeric" });

/** @param month such as 2027-05 */
export function monthWords(month: string): string {
  return MONTH.format(new Date(month));
}

const EVERY: Record<Subscription["interval"], string> = { month: "monthly", quarter: "quarterly", year: "yearly" };

export function intervalWords(interval: Subscription["interval"]): string {
  return EVERY[interval];
}

/** @param id of a plan or an add-on, such as dial_out */
export function nameOf(id: string): string {
  return capitalized(id.replaceAll("_", " "));
}

export function itemWords(item: string, quantity: number): string {
  const licences = counted(quantity, "licence", "licences");
  if (item === "seats") return licences;
  return quantity === 1 ? nameOf(item) : `${nameOf(item)}, ${licences}`;
}

/** The most licences that a catalogue can sell: a plan with so many has no limit in effect. */
const UNLIMITED = 100_000;

export const isLimited = (licences: number | null): licences is number => licences !== null && licences < UNLIMITED;

/** State and next date in a few words, for lists of workspaces. */
export function standingWords({ state, until }: NonNullable<Tenant["billing"]>): string {
  const day = until === null ? "" : billingDay(until);
  switch (state) {
    case "trial":
      return `Trial until ${day}`;
    case "free":
      return "Free";
    case "active":
      return `Active, next invoice ${day}`;
    case "ending":
      return `Ends ${day}`;
    case "past_due":
      return `Past due, talk stops ${day}`;
    case "stopped":
      return "Past due, talk stopped";
    case "none":
      return "No plan";
  }
}

/** By how many per cent a year is cheaper than twelve months; 0 if it is not, or not sold both ways. */
export function savingOf({ month, year }: { month: number | null; year: number | null }): number {
  if (month === null || year === null || month === 0) return 0;
  return Math.max(0, Math.floor(((12 * month - year) * 100) / (12 * month)));
}

/**
 * Describes a line: "13 licences, Jan 11, 2026 to Feb 1, 2026". Adds the price of one if quantity × price is the amount, which it is not
 * for a part of a period.
 */
export function lineWords({ kind, item, quantity, unitPrice, from, to, amount }: InvoiceLine, currency: Currency): string {
  const price = quantity > 1 && quantity * unitPrice === amount ? ` at ${moneyWords(unitPrice, currency)}` : "";
  const what = `${itemWords(item, quantity)}${price}, ${billingDay(from)} to ${billingDay(to)}`;
  return kind === "credit" ? `Credit for ${what}` : what;
}

export interface InvoiceState {
  says: string;
  tone: "plain" | "done" | "due" | "late";
}

export function invoiceState({ kind, gross, paid, credited, writtenOff, due, overdue: late, payment }: Invoice): InvoiceState {
  if (kind === "credit note") return { says: "Credit note", tone: "plain" };
  if (gross === 0) return { says: "Nothing due", tone: "done" };
  if (due === 0 && writtenOff > 0) return { says: "Written off", tone: "done" };
  if (due === 0) return { says: paid === 0 ? "Credited" : "Paid", tone: "done" };
  if (payment === "processing") return { says: "Payment on its way", tone: "plain" };
  if (payment === "failed") return { says: late ? "Payment failed, overdue" : "Payment failed", tone: "late" };
  if (paid + credited > 0) return { says: late ? "Partly paid, overdue" : "Partly paid", tone: late ? "late" : "due" };
  return late ? { says: "Overdue", tone: "late" } : { says: "Due", tone: "due" };
}

/** Describes a card: "Visa ending in 4242". */
export function cardWords({ brand, last4 }: NonNullable<PaymentMethod["card"]>): string {
  return `${capitalized(brand)} ending in ${last4}`;
}

const FAILURES: Record<NonNullable<PaymentMethod["failure"]>["reason"], string> = {
  declined: "The bank declined it. Change the card, or pay the invoice with another one.",
  insufficient_funds: "The bank says that there isn't enough money. Change the card, or pay the invoice with another one.",
  expired_card: "The card has expired. Change it.",
  authentication_required: "The bank wants you to confirm the payment. Press Pay beside the invoice.",
  method_gone: "The payment provider doesn't know the card any more. Set one up.",
  amount: "Cards can't be charged this amount. Pay it by bank transfer.",
  refused: "The payment provider refused it. Change the card, or pay by bank transfer.",
};

/** Why a card could not be charged, and what to do. */
export function failureWords(reason: keyof typeof FAILURES): string {
  return FAILURES[reason];
}
