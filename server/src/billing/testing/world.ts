/** Plays a random history with billing's own functions, as a server does: a quote, its acceptance, renewals, documents, payments. */
import assert from "node:assert/strict";
import { type Account, dueOf, EMPTY_ACCOUNT, postCredit, postInvoice, postPayment } from "../reckoning/account.ts";
import { type Interval, trialEnd } from "../reckoning/calendar.ts";
import { accept, type Change, quote } from "../reckoning/changes.ts";
import { type Draft, draftOf } from "../reckoning/documents.ts";
import type { Line } from "../reckoning/lines.ts";
import { Refusal } from "../reckoning/refusal.ts";
import { isDue, MAX_MISSED, missedPeriods, renew } from "../reckoning/renewal.ts";
import { type Series, takeNumber } from "../reckoning/series.ts";
import { begin, beginTrial, isTrial, type Step, type Subscription } from "../reckoning/subscription.ts";
import type { Tax } from "../reckoning/tax.ts";
import { modelPeriod, type Wish } from "./model.ts";
import { ADD_ONS, type Deed, type Plan, PRICES, type RandomHistory, type RandomStep } from "./steps.ts";

/** One subscription from its beginning to its end, or until now. */
export interface Life {
  wishes: Wish[];
  lines: Line[];
  /** For each line, the wishes at the time when it was made. */
  madeFor: Wish[];
  issued: Set<number>;
  /** For each line on an invoice, the invoice's number. */
  invoiceOf: Map<number, string>;
  /** End of what is charged; null while nothing is. */
  chargedTo: number | null;
}

export interface Issued {
  number: string;
  issuedOn: string;
  draft: Draft;
}

export interface World {
  now: number;
  /** When the subscription last changed: the clock counts as standing here if it stands before. */
  last: number;
  subscription: Subscription;
  plan: Plan;
  lives: Life[];
  documents: Issued[];
  series: Series;
  account: Account;
  /** Sum of all payments. */
  received: bigint;
  /** How often each kind of step succeeded or was refused. */
  tally: Record<string, number>;
  /** Everything that a server would store, in order. */
  log: Logged[];
}

export type Logged =
  | { kind: "step"; life: number; step: Step; at: number; account: Account }
  | { kind: "payment"; invoice: string; amount: bigint; at: number; account: Account };

function lifeOf(world: World): Life {
  return world.lives.at(-1) as Life;
}

/** The rate rises with the years, so that credits and charges of one document differ in it. */
function taxAt(now: number): Tax {
  const year = new Date(now * 1_000).getUTCFullYear();
  return { category: "S", rate: year % 2 === 0 ? 190_000 : 81_000, reason: null };
}

function moment(world: World) {
  return { now: world.now, tax: taxAt(world.now) };
}

function termsOf(items: Wish["items"]) {
  return Object.entries(items).map(([item, terms]) => ({ item, ...terms }));
}

function settle(world: World, { subscription, lines, issued }: Step): void {
  const life = lifeOf(world);
  world.subscription = subscription;
  life.lines.push(...lines);
  life.madeFor.push(...lines.map(() => life.wishes.at(-1) as Wish));
  for (const { number } of issued) {
    assert.equal(life.issued.has(number), false);
    life.issued.add(number);
  }
  const draft = draftOf(issued);
  if (draft) post(world, draft, life);
  const step = { subscription, lines, issued };
  world.log.push({ kind: "step", life: world.lives.length, step, at: world.now, account: world.account });
}

function post(world: World, draft: Draft, { invoiceOf }: Life): void {
  const { series, number, issuedOn } = takeNumber(world.series, world.now);
  world.series = series;
  world.documents.push({ number, issuedOn, draft });
  const { gross } = draft.totals;
  if (draft.kind === "invoice") {
    world.account = postInvoice(world.account, number, gross);
    for (const line of draft.lines) invoiceOf.set(line.number, number);
    return;
  }
  const amended = new Set(draft.lines.flatMap((line) => (line.kind === "credit" ? (invoiceOf.get(line.credits) ?? []) : [])));
  const newestFirst = world.documents
    .map((document) => document.number)
    .filter((number) => amended.has(number))
    .toReversed();
  world.account = postCredit(world.account, -gross, newestFirst);
}

function count(world: World, what: string): void {
  world.tally[what] = (world.tally[what] ?? 0) + 1;
}

/** A new subscription, bought at once. */
function buy(world: World, plan: Plan, interval: Interval, quantity: number): void {
  const now = world.now;
  const items = { seats: { quantity: BigInt(quantity), unitPrice: PRICES[plan][interval] } };
  world.lives.push({
    wishes: [{ at: now, anchor: now, interval, items }],
    lines: [],
    madeFor: [],
    issued: new Set(),
    invoiceOf: new Map(),
    chargedTo: modelPeriod(now, interval, now)[1],
  });
  world.plan = plan;
  world.last = now;
  settle(world, begin({ plan, interval, items: termsOf(items) }, moment(world)));
  count(world, "bought");
}

function startTrial(world: World, days: number): void {
  const now = world.now;
  const anchor = trialEnd(now, days);
  const items = { seats: { quantity: 3n, unitPrice: PRICES.team.month } };
  world.lives.push({
    wishes: [{ at: now, anchor, interval: "month", items }],
    lines: [],
    madeFor: [],
    issued: new Set(),
    invoiceOf: new Map(),
    chargedTo: null,
  });
  settle(world, beginTrial(termsOf(items), anchor, moment(world)));
}

/** The clock job. Running it again changes nothing. */
function tick(world: World): void {
  const now = Math.max(world.now, world.last);
  if (!isDue(world.subscription, now)) return;
  const missed = missedPeriods(world.subscription, now);
  const ends = world.subscription.cancelled || world.subscription.plan === null;
  if (missed > MAX_MISSED && !ends) {
    assert.equal(
      refusalOf(() => renew(world.subscription, moment(world))),
      "too_many_missed",
    );
    count(world, "operator asked");
  }
  const life = lifeOf(world);
  settle(world, renew(world.subscription, moment(world), missed));
  world.last = now;
  const { anchor, interval } = life.wishes.at(-1) as Wish;
  if (!ends) life.chargedTo = modelPeriod(anchor, interval, now)[1];
  count(world, ends ? "ended" : "renewed");
  const again = renew(world.subscription, moment(world));
  assert.deepEqual(again, { subscription: world.subscription, lines: [], issued: [] });
}

/** What a call is refused for; null if it isn't. */
export function refusalOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

interface Wanted {
  change: Change;
  /** What is wanted from then on, if it is made. */
  next: (wish: Wish, at: number) => Wish | null;
}

function wantedBy(deed: Deed, world: World): Wanted | null {
  const wish = lifeOf(world).wishes.at(-1) as Wish;
  switch (deed.kind) {
    case "seats":
    case "add-on": {
      const item = deed.kind === "seats" ? "seats" : deed.item;
      const unitPrice = wish.items[item]?.unitPrice ?? (item === "seats" ? 0n : PRICES[item][wish.interval]);
      const terms = { quantity: BigInt(deed.quantity), unitPrice };
      return {
        change: { kind: "items", items: [{ item, ...terms }] },
        next: (before, at) => ({ ...before, at, items: { ...before.items, [item]: terms } }),
      };
    }
    case "plan": {
      const { plan, interval, keepsAddOns } = deed;
      const kept = keepsAddOns ? ADD_ONS.filter((item) => wish.items[item]) : [];
      const items = Object.fromEntries([
        ["seats", { quantity: wish.items["seats"]?.quantity ?? 1n, unitPrice: PRICES[plan][interval] }],
        ...kept.map((item) => [item, { quantity: wish.items[item]?.quantity ?? 0n, unitPrice: PRICES[item][interval] }]),
      ]) as Wish["items"];
      const anew = interval !== wish.interval && !isTrial(world.subscription);
      return {
        change: { kind: "plan", choice: { plan, interval, items: termsOf(items) } },
        next: (before, at) => ({ at, anchor: anew ? at : before.anchor, interval, items }),
      };
    }
    case "cancel":
    case "resume":
      return { change: { kind: deed.kind }, next: () => null };
    default:
      return null;
  }
}

/** Why a change must be refused now; null if it must not. */
function expectedRefusal(world: World, { kind }: Change, deed: Deed): string | null {
  const { subscription, last } = world;
  const now = Math.max(world.now, last);
  if (subscription.ended || (subscription.cancelled && now >= subscription.period.to)) return "ended";
  if (now > subscription.period.to) return "period_over";
  if (kind === "cancel" && subscription.cancelled) return "already_cancelled";
  if (kind === "resume" && !subscription.cancelled) return "not_cancelled";
  return deed.kind === "plan" && changesNothing(world, deed) ? "nothing_changes" : null;
}

function changesNothing(world: World, { plan, interval, keepsAddOns }: Deed & { kind: "plan" }): boolean {
  const wish = lifeOf(world).wishes.at(-1) as Wish;
  const held = ADD_ONS.filter((item) => (wish.items[item]?.quantity ?? 0n) > 0n);
  return !isTrial(world.subscription) && plan === world.plan && interval === wish.interval && (keepsAddOns || held.length === 0);
}

/** A change as people make it: the quote is what happens, and it happens once. */
function make(world: World, deed: Deed, { change, next }: Wanted, hesitates: number): void {
  const refusal = expectedRefusal(world, change, deed);
  if (refusal !== null) {
    assert.equal(
      refusalOf(() => quote(world.subscription, change, moment(world))),
      refusal,
    );
    count(world, refusal);
    return;
  }
  const before = world.subscription;
  const quoted = quote(before, change, moment(world));
  world.now += hesitates;
  const step = accept(before, quoted, world.now);
  assert.deepEqual(step, quoted.step);
  const life = lifeOf(world);
  world.last = quoted.moment.now;
  const wish = next(life.wishes.at(-1) as Wish, world.last);
  if (wish) {
    const before = life.wishes.at(-1) as Wish;
    life.wishes.push(wish);
    if (wish.interval !== before.interval && wish.anchor === wish.at)
      life.chargedTo = modelPeriod(wish.anchor, wish.interval, wish.at)[1];
  }
  if (deed.kind === "plan") world.plan = deed.plan;
  settle(world, step);
  assert.equal(
    refusalOf(() => accept(world.subscription, quoted, world.now)),
    "revision_moved",
  );
  count(world, change.kind);
}

function pay(world: World, share: "all" | "half" | "double"): void {
  const open = world.account.receivables.find((receivable) => dueOf(receivable) > 0n);
  if (!open) return;
  const due = dueOf(open);
  const amount = share === "all" ? due : share === "double" ? due * 2n : (due + 1n) / 2n;
  world.account = postPayment(world.account, open.invoice, amount);
  world.received += amount;
  world.log.push({ kind: "payment", invoice: open.invoice, amount, at: world.now, account: world.account });
  count(world, "paid");
}

/** Through JSON, as a server that starts again reads its state. */
function restarted<Value>(value: Value): Value {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
  return JSON.parse(text, (_, part: unknown) =>
    typeof part === "string" && /^-?\d+n$/.test(part) ? BigInt(part.slice(0, -1)) : part,
  ) as Value;
}

function perform(world: World, { wait, deed, hesitates, ticksFirst }: RandomStep): void {
  world.now = wait === null ? Math.max(world.now, world.subscription.period.to) : world.now + wait;
  if (ticksFirst || deed.kind === "tick") tick(world);
  if (deed.kind === "pay") return pay(world, deed.share);
  if (deed.kind === "restart") {
    world.subscription = restarted(world.subscription);
    world.account = restarted(world.account);
    return;
  }
  if (world.subscription.ended && (deed.kind === "seats" || deed.kind === "plan") && world.now >= world.last) {
    const [plan, interval] = deed.kind === "plan" ? [deed.plan, deed.interval] : (["team", "month"] as const);
    return buy(world, plan, interval, deed.kind === "seats" ? deed.quantity : 5);
  }
  const wanted = wantedBy(deed, world);
  if (wanted) make(world, deed, wanted, hesitates);
}

/** @param look is called after each step */
export function play({ beganAt, trialDays, steps }: RandomHistory, look: (world: World) => void = () => {}): World {
  const world = {
    ...{
      now: beganAt,
      last: beganAt,
      plan: "team",
      lives: [],
      documents: [],
      account: EMPTY_ACCOUNT,
      received: 0n,
      tally: {},
      log: [],
    },
    series: { prefix: "T", last: 0, lastAt: 0 },
  } as Partial<World> as World;
  if (trialDays === null) buy(world, "team", "month", 10);
  else startTrial(world, trialDays);
  for (const step of steps) {
    perform(world, step);
    look(world);
  }
  return world;
}
