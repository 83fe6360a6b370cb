import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { change } from "./reckoning/changes.ts";
import { begin, beginTrial } from "./reckoning/subscription.ts";
import { type Facts, standingOf } from "./standing.ts";
import { at, moment, team } from "./testing/at.ts";

const sale = BillingCatalogue.parse(JSON.parse(readFileSync(new URL("sample-catalogue.json", import.meta.url), "utf8")));
const paidOnly = { ...sale, plans: sale.plans.filter(({ id }) => id !== "free") };
const NOW = "2026-01-10T00:00:00Z";
const now = at(NOW);

const facts = (more: Partial<Facts> = {}): Facts => ({
  ...{ sale, catalogue: sale, subscription: null, open: [], putOff: null, members: 1, isHalted: false },
  ...more,
});

const invoice = (dueOn: string) => ({ invoiceId: dueOn, dueOn, reminded: [] });

test("without a subscription a workspace has the free plan while it holds all its people", () => {
  expect(standingOf(facts({ members: 5 }), now)).toMatchObject({ state: "free", licences: 5, addOns: [], lookAt: null });
  expect(standingOf(facts({ members: 6 }), now)).toEqual({
    ...{ state: "none", until: null, licences: 5, addOns: [], lookAt: now + 600 },
  });
});

test("without a subscription and without a free plan there is one licence and no talk", () => {
  expect(standingOf(facts({ sale: paidOnly }), now)).toMatchObject({ state: "none", licences: 1, lookAt: null });
});

test("a trial allows everything until its end, and a subscription what was bought", () => {
  const trial = beginTrial([], at("2026-01-20T00:00:00Z"), moment(NOW)).subscription;
  expect(standingOf(facts({ subscription: trial, members: 300 }), now)).toEqual({
    ...{ state: "trial", until: trial.period.to, licences: 100_000, addOns: null, lookAt: at("2026-01-17T00:00:00Z") },
  });
  // The owner gets a mail three days before the end.
  expect(standingOf(facts({ subscription: trial }), at("2026-01-17T00:00:00Z"))).toMatchObject({ lookAt: trial.period.to });
  const short = beginTrial([], at("2026-01-12T00:00:00Z"), moment(NOW)).subscription;
  expect(standingOf(facts({ subscription: short }), now)).toMatchObject({ lookAt: short.period.to });
  const { subscription } = begin(team(10), moment("2026-01-01T00:00:00Z"));
  const active = standingOf(facts({ subscription }), now);
  expect(active).toMatchObject({ state: "active", licences: 10, addOns: [], until: subscription.period.to });
  const cancelled = change(subscription, { kind: "cancel" }, moment(NOW)).subscription;
  expect(standingOf(facts({ subscription: cancelled }), now)).toMatchObject({ state: "ending", licences: 10 });
});

test("an invoice can be paid on all of its due date, is overdue from the next day on, and stops talk after 21 days", () => {
  const { subscription } = begin(team(10), moment("2026-01-01T00:00:00Z"));
  const due = facts({ subscription, open: [invoice("2026-01-09")] });
  const stops = at("2026-01-30T00:00:00Z");
  expect(standingOf(due, now - 1)).toMatchObject({ state: "active", lookAt: now });
  expect(standingOf(due, now)).toMatchObject({ state: "past_due", until: stops, lookAt: at("2026-01-16T00:00:00Z") });
  expect(standingOf(due, stops - 1)).toMatchObject({ state: "past_due", lookAt: stops });
  expect(standingOf(due, stops)).toMatchObject({ state: "stopped", until: null, lookAt: subscription.period.to });
  const putOff = { invoiceId: "2026-01-09", until: stops + 3_600 };
  expect(standingOf({ ...due, putOff }, stops)).toMatchObject({ state: "past_due", until: stops + 3_600 });
  expect(standingOf({ ...due, putOff: { ...putOff, invoiceId: "another" } }, stops)).toMatchObject({ state: "stopped" });
});

test("while the operator must decide, the clock looks again after a day, and overdue invoices still stop talk", () => {
  const { subscription } = begin(team(10), moment("2026-01-01T00:00:00Z"));
  expect(standingOf(facts({ subscription, isHalted: true }), now)).toMatchObject({ state: "active", lookAt: now + 86_400 });
  const late = facts({ subscription, isHalted: true, open: [invoice("2025-11-01")] });
  expect(standingOf(late, now)).toMatchObject({ state: "stopped" });
});
