/**
 * What a workspace may do according to its billing. Pure: `lifecycle.ts` stores the result with the tenant, where requests and voice read
 * it.
 */
import { ADD_ON_IDS, type AddOnId } from "#contract/add-ons.ts";
import type { BillingCatalogue } from "#contract/billing-catalogue.ts";
import type { BillingState } from "#contract/billing-state.ts";
import { type Dunning, nextDunning, type OpenInvoice, type PutOff, talkStopsAt } from "./dunning.ts";
import { DAY, type Instant } from "./reckoning/calendar.ts";
import { addOnsOf, isTrial, seatsOf, type Subscription } from "./reckoning/subscription.ts";

export interface Standing {
  state: BillingState;
  /** The end of the trial or of the period, or when talk stops. */
  until: Instant | null;
  licences: number;
  /** Null allows all add-ons. */
  addOns: AddOnId[] | null;
  /** When the clock must process the workspace next; null if nothing happens automatically. */
  lookAt: Instant | null;
}

/** Seconds until the clock looks again, whether the operator has decided (halted) or people have left (fewer). */
const LOOK_AT_HALTED = 86_400;
const LOOK_AT_FEWER = 600;
/** One licence always remains, for the owner. */
const FEWEST_LICENCES = 1;

export type Plan = BillingCatalogue["plans"][number];

/** The plan of a workspace without a subscription. */
export function freePlan({ plans }: Pick<BillingCatalogue, "plans">): Plan | null {
  return plans.find(({ prices }) => !prices.month && !prices.year) ?? null;
}

export function trialPlan({ plans, trial }: Pick<BillingCatalogue, "plans" | "trial">): Plan | null {
  return plans.find(({ id }) => id === trial.plan) ?? plans.at(-1) ?? null;
}

/** Whether this state keeps everyone from starting to talk. */
export function stopsTalk(state: string | null): boolean {
  return state === "stopped" || state === "none";
}

/** Whether the workspace may use an add-on. */
export function hasAddOn({ addOns }: { addOns: readonly string[] | null }, id: AddOnId): boolean {
  return addOns === null || addOns.includes(id);
}

export interface Facts {
  /** The catalogue that is sold now. */
  sale: BillingCatalogue;
  /** The catalogue that the subscription was bought from. */
  catalogue: BillingCatalogue;
  /** Null without a running subscription. */
  subscription: Subscription | null;
  open: readonly OpenInvoice[];
  putOff: PutOff | null;
  /** Active members. */
  members: number;
  /** Whether the operator must decide before anything is renewed. */
  isHalted: boolean;
}

/** Add-ons that were bought, and those that the plan includes. */
function allAddOns(subscription: Subscription, plan: Plan | undefined): AddOnId[] {
  const bought = addOnsOf(subscription);
  return ADD_ON_IDS.filter((id) => bought.includes(id) || plan?.includes.includes(id));
}

type Bought = Pick<Standing, "state" | "until" | "licences" | "addOns">;

/** The state without a subscription. A workspace with more people than the free plan allows keeps them, but nobody can talk. */
function unsubscribed({ sale, members }: Facts): Bought {
  const free = freePlan(sale);
  if (!free) return { state: "none", until: null, licences: FEWEST_LICENCES, addOns: [] };
  const state = members > free.maxSeats ? "none" : "free";
  return { state, until: null, licences: free.maxSeats, addOns: free.includes };
}

/** What was bought, whether or not it is paid. */
function boughtOf(facts: Facts): Bought {
  const { catalogue, subscription } = facts;
  if (!subscription) return unsubscribed(facts);
  const { period, cancelled, plan } = subscription;
  const seats = Math.max(FEWEST_LICENCES, seatsOf(subscription));
  if (isTrial(subscription)) {
    const licences = plan === null ? (trialPlan(catalogue)?.maxSeats ?? FEWEST_LICENCES) : seats;
    return { state: "trial", until: period.to, licences, addOns: null };
  }
  const addOns = allAddOns(
    subscription,
    catalogue.plans.find(({ id }) => id === plan),
  );
  return { state: cancelled ? "ending" : "active", until: period.to, licences: seats, addOns };
}

function earliest(...moments: (Instant | null)[]): Instant | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function overdueState(bought: Bought, stopsAt: Instant | null, now: Instant): Pick<Standing, "state" | "until"> {
  if (stopsAt === null || bought.state === "none") return bought;
  return stopsAt <= now ? { state: "stopped", until: null } : { state: "past_due", until: stopsAt };
}

/** How many days before the end of a trial its owner is told. */
const TELL_BEFORE = 3;

/** When the owner is told that the trial ends; null if it is no trial, or too short a one. */
export function trialToldAt(subscription: Subscription): Instant | null {
  const { from, to } = subscription.period;
  const at = to - TELL_BEFORE * DAY;
  return isTrial(subscription) && at > from ? at : null;
}

export function standingOf(facts: Facts, now: Instant): Standing {
  const { dunning }: { dunning: Dunning } = facts.sale;
  const bought = boughtOf(facts);
  const stopsAt = talkStopsAt(facts.open, dunning, facts.putOff, now);
  const stopsLater = stopsAt !== null && stopsAt > now ? stopsAt : null;
  const tellAt = facts.subscription && trialToldAt(facts.subscription);
  const next = facts.isHalted ? now + LOOK_AT_HALTED : (facts.subscription?.period.to ?? null);
  // The state changes when enough people leave.
  const fewer = bought.state === "none" && freePlan(facts.sale) ? now + LOOK_AT_FEWER : null;
  return {
    ...bought,
    ...overdueState(bought, stopsAt, now),
    lookAt: earliest(
      next,
      nextDunning(facts.open, dunning, now),
      stopsLater,
      fewer,
      tellAt !== null && tellAt > now ? tellAt : null,
    ),
  };
}
