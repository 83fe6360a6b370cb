/**
 * Ten years of a workspace's billing through the server's own services and a real database, on a clock that leaps, stands still and goes back:
 * quotes and their acceptance, the clock's looks, payments, restarts. What the rows say is compared with a model that keeps only what was wanted.
 * Prints its seeds; WHOOT_PROPERTY_SEED repeats one.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { enter } from "../access/gate.ts";
import type { Ctx } from "../access/ctx.ts";
import { lockRoster } from "../access/roster.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { principalOf } from "../testing/principal.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { checkLedger } from "./ledger-check.ts";
import { takePayment } from "./entries.ts";
import { listUnpaid, processTenant, openBillingCtx, renewDue, settle } from "./lifecycle.ts";
import { acceptQuote, quote, type QuoteKind } from "./quotes.ts";
import type { Interval } from "./reckoning/calendar.ts";
import type { Draft } from "./reckoning/documents.ts";
import type { Line } from "./reckoning/lines.ts";
import { missedPeriods } from "./reckoning/renewal.ts";
import { lineOf } from "./rows.ts";
import { findReceivables, findSubscription } from "./store.ts";
import type { LineRow } from "./store-queries.ts";
import { SELLER } from "./testing/furnish.ts";
import { expectHistory, expectStep } from "./testing/invariants.ts";
import { modelPeriod, type Wish } from "./testing/model.ts";
import type { Issued, Life, World } from "./testing/world.ts";

const server = useServer();
let services: Awaited<ReturnType<typeof openServices>>;
let owner: Person;

const VERSION = 1;
const ADD_ONS = ["recording", "transcription"] as const;
type AddOn = (typeof ADD_ONS)[number];
type Plan = "team" | "business";
type Sold = "month" | "year";
/** In minor units, with prices that make fractions. */
const PRICES: Record<Plan | AddOn, Record<Sold, number>> = {
  team: { month: 799, year: 7_990 },
  business: { month: 1_225, year: 12_251 },
  recording: { month: 501, year: 5_003 },
  transcription: { month: 1, year: 333 },
};
const CATALOGUE = BillingCatalogue.parse({
  issuer: SELLER,
  currency: { code: "EUR", digits: 2 },
  plans: (["team", "business"] as const).map((id) => ({ id, name: id, prices: PRICES[id] })),
  addOns: ADD_ONS.map((id) => ({ id, per: "workspace", prices: PRICES[id] })),
  trial: { days: 14, plan: "business" },
  tax: [{ countries: ["any"], category: "S", rate: 19 }],
});

beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
  await server.database.query(
    "insert into billing_catalogues (version, valid_from, content, sha256) values ($1, now(), $2, '\\x00')",
    [VERSION, JSON.stringify(CATALOGUE)],
  );
});
afterAll(() => services.close());

const DAY = 86_400;
const TEN_YEARS = 3_653 * DAY;

type Deed =
  | { kind: "choose"; plan: Plan; interval: Sold; licences: number; addOns: AddOn[] }
  | { kind: "licences"; licences: number }
  | { kind: "add-ons"; addOns: AddOn[] }
  | { kind: "cancel" }
  | { kind: "resume" }
  | { kind: "tick" }
  | { kind: "pay"; share: "all" | "half" | "double" };

type Wanted = Exclude<Deed, { kind: "tick" } | { kind: "pay" }>;

interface Command {
  /** Seconds that pass before it, negative for a clock that is set back; null: exactly to the end of the period. */
  wait: number | null;
  deed: Deed;
  /** Seconds between the quote and its acceptance. */
  hesitates: number;
}

const licences = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(1, 997, 10_000));
const addOns = fc.subarray([...ADD_ONS]);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ kind: fc.constant("choose" as const), plan: fc.constantFrom<Plan>("team", "business") },
      ...{ interval: fc.constantFrom<Sold>("month", "year"), licences, addOns },
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("licences" as const), licences }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("add-ons" as const), addOns }) },
  { weight: 3, arbitrary: fc.constantFrom<Deed>({ kind: "cancel" }, { kind: "resume" }, { kind: "tick" }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pay" as const),
      share: fc.constantFrom("all" as const, "half" as const, "double" as const),
    }),
  },
);
const wait = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3_600 }) },
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 150 * DAY }) },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.integer({ min: -3 * DAY, max: -1 }) },
  { weight: 2, arbitrary: fc.integer({ min: 150 * DAY, max: 400 * DAY }) },
);
const COMMANDS = 40;
const history = fc.record({
  beganAt: fc
    .constantFrom("2024-02-29T23:59:59Z", "2026-01-31T09:00:00Z", "2027-12-31T00:00:00Z")
    .map((at) => Date.parse(at) / 1_000),
  commands: fc.array(fc.record({ wait, deed, hesitates: fc.integer({ min: 0, max: 600 }) }), {
    minLength: COMMANDS,
    maxLength: COMMANDS,
  }),
});

/** A workspace on a clock of its own, and what the model keeps of it. */
class Play {
  readonly workspace: Workspace;
  readonly #sessionId: string;
  readonly services: Services;
  readonly lives: Life[] = [];
  readonly refused = new Set<string>();
  now: number;
  received = 0n;
  halts = 0;

  constructor(workspace: Workspace, sessionId: string, beganAt: number) {
    this.workspace = workspace;
    this.#sessionId = sessionId;
    this.now = beganAt;
    const sale = { version: VERSION, catalogue: CATALOGUE, issuer: SELLER as NonNullable<typeof SELLER> };
    this.services = { ...services, billing: { sale, isSample: false, now: () => this.now, readClock: async () => {} } };
  }

  /** A request of the owner's. */
  #asOwner<Result>(work: (ctx: Ctx) => Promise<Result>): Promise<Result> {
    const principal = principalOf(owner, this.#sessionId);
    return enter(this.services, { tenantId: this.workspace.tenantId, principal, origin: null }, work);
  }

  subscription() {
    return services.database.withTenant(this.workspace.tenantId, findSubscription);
  }

  /** The lines that were added since, each for what was wanted when it was made. */
  async #note(): Promise<void> {
    const life = this.lives.at(-1);
    const stored = await this.subscription();
    if (!life || !stored) return;
    const rows = await server.database.query<LineRow>(
      "select * from billing_lines where tenant_id = $1 and subscription_id = $2 order by number",
      [this.workspace.tenantId, stored.subscriptionId],
    );
    const wish = life.wishes.at(-1) as Wish;
    const fresh = rows.slice(life.lines.length);
    life.lines.push(...fresh.map(lineOf));
    life.madeFor.push(...fresh.map(() => wish));
    life.issued = new Set(rows.filter(({ pending }) => !pending).map(({ number }) => number));
    const { ended, cancelled, period, changedAt } = stored.subscription;
    const isCharged = wish && wish.anchor <= Math.max(this.now, changedAt) && period.index >= 0;
    if (isCharged && !ended)
      life.chargedTo = modelPeriod(wish.anchor, wish.interval, Math.min(Math.max(this.now, changedAt), period.to - 1))[1];
    // The model's period and the stored one must be the same.
    if (isCharged && !ended && !cancelled) expect(life.chargedTo).toBe(period.to);
  }

  /** The clock's look, twice, and the operator's decision if it asks for one. */
  async look(): Promise<void> {
    const { tenantId } = this.workspace;
    await processTenant(this.services, tenantId);
    await processTenant(this.services, tenantId);
    const { sale } = this.services.billing;
    await services.database.withTenant(tenantId, async (tx) => {
      await lockRoster(tx);
      const billingCtx = openBillingCtx(this.services, tx, sale as NonNullable<typeof sale>);
      const stored = await findSubscription(tx);
      const missed = stored ? missedPeriods(stored.subscription, billingCtx.now) : 0;
      if (!stored || missed === 0) return;
      this.halts += 1;
      await renewDue(billingCtx, stored, { most: missed });
      await settle(billingCtx);
    });
    await this.#note();
  }

  async #pay(share: "all" | "half" | "double"): Promise<void> {
    const { sale } = this.services.billing;
    await services.database.withTenant(this.workspace.tenantId, async (tx) => {
      await lockRoster(tx);
      const billingCtx = openBillingCtx(this.services, tx, sale as NonNullable<typeof sale>);
      const [open] = await listUnpaid(tx);
      if (!open) return;
      const amount = share === "all" ? open.due : share === "double" ? open.due * 2n : (open.due + 1n) / 2n;
      await takePayment(billingCtx, { ...open, currency: CATALOGUE.currency }, amount);
      this.received += amount;
    });
  }

  /** What is wanted from `at` on, if the change is made. */
  #wishFor(wanted: Wanted, at: number, isNew: boolean, isTrial: boolean): Wish | null {
    const life = this.lives.at(-1);
    const before = life?.wishes.at(-1);
    const priced = (id: Plan | AddOn, interval: Interval) => BigInt(PRICES[id][interval as Sold]);
    if (wanted.kind === "choose") {
      const { plan, interval } = wanted;
      const items = Object.fromEntries([
        ["seats", { quantity: BigInt(wanted.licences), unitPrice: priced(plan, interval) }],
        ...wanted.addOns.map((id) => [id, { quantity: 1n, unitPrice: priced(id, interval) }]),
      ]) as Wish["items"];
      const anew = isNew || (!isTrial && interval !== before?.interval);
      return { at, anchor: anew ? at : (before?.anchor ?? at), interval, items };
    }
    if (!before || wanted.kind === "cancel" || wanted.kind === "resume") return null;
    if (wanted.kind === "licences") {
      const seats = { quantity: BigInt(wanted.licences), unitPrice: before.items["seats"]?.unitPrice ?? 0n };
      return { ...before, at, items: { ...before.items, seats } };
    }
    const items = { ...before.items };
    for (const id of ADD_ONS) {
      const has = (items[id]?.quantity ?? 0n) > 0n;
      const wants = wanted.addOns.includes(id);
      if (wants && !has) items[id] = { quantity: 1n, unitPrice: priced(id, before.interval) };
      if (!wants && has) items[id] = { quantity: 0n, unitPrice: items[id]?.unitPrice ?? 0n };
    }
    return { ...before, at, items };
  }

  /** A change as people make it: quoted, accepted once, and refused the second time. */
  async #change(wanted: Wanted, hesitates: number): Promise<void> {
    const kind: QuoteKind = wanted.kind === "licences" ? "licences" : wanted.kind === "add-ons" ? "add_ons" : "subscription";
    const { kind: what, ...rest } = wanted;
    const before = await this.subscription();
    const isNew = !before || before.subscription.ended;
    const isTrial = !isNew && before.subscription.period.index < 0;
    const at = Math.max(this.now, before?.subscription.changedAt ?? 0);
    try {
      const { quoteId } = await this.#asOwner((ctx) => quote(ctx, kind, { change: what, ...rest } as never));
      this.now += hesitates;
      await this.#asOwner((ctx) => acceptQuote(ctx, kind, quoteId));
      const wish = this.#wishFor(wanted, at, isNew, isTrial);
      const anchor = before?.subscription.schedule.anchor ?? at;
      if (isNew || this.lives.length === 0)
        this.lives.push({ wishes: [], lines: [], madeFor: [], issued: new Set(), invoiceOf: new Map(), chargedTo: null });
      if (wish) this.lives.at(-1)?.wishes.push(isTrial ? { ...wish, anchor } : wish);
      const again = await this.#asOwner((ctx) => acceptQuote(ctx, kind, quoteId)).catch((error: Refusal) => error.code);
      expect(again).toBe("quote_outdated");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refused.add(error.code);
    }
    await this.#note();
  }

  async perform({ wait: seconds, deed: wanted, hesitates }: Command): Promise<void> {
    const stored = await this.subscription();
    this.now = seconds === null ? Math.max(this.now, stored?.subscription.period.to ?? 0) : this.now + seconds;
    await this.look();
    if (wanted.kind === "pay") await this.#pay(wanted.share);
    else if (wanted.kind !== "tick") await this.#change(wanted, hesitates);
  }

  /** Everything as the rows have it, for the invariants. */
  async world(): Promise<World> {
    const { tenantId } = this.workspace;
    const { account, subscription } = await services.database.withTenant(tenantId, async (tx) => ({
      account: await findReceivables(tx),
      subscription: (await findSubscription(tx))?.subscription,
    }));
    const lines = await server.database.query<LineRow>(
      "select * from billing_lines where tenant_id = $1 and invoice_id is not null order by subscription_id, number",
      [tenantId],
    );
    const documents = await server.database.query("select * from invoices where tenant_id = $1 order by issued_at, number", [
      tenantId,
    ]);
    return {
      ...{ now: this.now, last: this.now, plan: "team", tally: {}, log: [], received: this.received },
      ...{ lives: this.lives, account, series: { prefix: "T", last: 0, lastAt: 0 } },
      subscription: subscription as World["subscription"],
      documents: documents.map((row): Issued => {
        const sign = (row["kind"] as string) === "invoice" ? 1n : -1n;
        const own: Line[] = lines.filter((line) => line.invoice_id === row["invoice_id"]).map(lineOf);
        const money = (value: unknown) => sign * BigInt(value as string);
        const taxes = row["taxes"] as { category: string; rate: number; reason: string | null; base: number; tax: number }[];
        const totals = {
          ...{ net: money(row["net"]), tax: money(row["tax"]), gross: money(row["gross"]) },
          taxes: taxes.map((total) => ({ ...total, base: money(total.base), tax: money(total.tax) })),
        };
        return {
          ...{ number: row["number"] as string, issuedOn: row["issued_on"] as string },
          draft: { kind: row["kind"] as Draft["kind"], lines: own, totals: totals as Draft["totals"] },
        };
      }),
    };
  }
}

const { CI, WHOOT_PROPERTY_SEED, TZ } = process.env;
const random = () => Math.floor(Math.random() * 2 ** 31);
const SEEDS = WHOOT_PROPERTY_SEED ? [Number(WHOOT_PROPERTY_SEED)] : CI ? [20_261_201, 7] : [random(), random()];
const ZONES = ["America/St_Johns", "Pacific/Kiritimati"];
afterAll(() => {
  process.env.TZ = TZ;
});

test.each(SEEDS.map((seed, at) => ({ seed, zone: ZONES[at % ZONES.length] })))(
  "ten years through the services and the database are what was wanted, to the cent (seed $seed, in $zone)",
  { timeout: 120_000 },
  async ({ seed, zone }) => {
    console.log(`seed ${seed}; again: WHOOT_PROPERTY_SEED=${seed}`);
    process.env.TZ = zone;
    const [sample] = fc.sample(history, { numRuns: 1, seed });
    if (!sample) throw new Error("no history");
    const workspace = await makeWorkspace(owner);
    const [session] = await server.database.query<{ session_id: string }>(
      "select session_id from sessions where account_id = $1 limit 1",
      [owner.accountId],
    );
    const play = new Play(workspace, session?.session_id ?? "", sample.beganAt);
    await play.look();
    const first: Deed = { kind: "choose", plan: "team", interval: "month", licences: 10, addOns: ["recording"] };
    for (const command of [{ wait: 3_600, deed: first, hesitates: 60 }, ...sample.commands]) {
      await play.perform(command);
      expectStep(await play.world());
    }
    while (play.now < sample.beganAt + TEN_YEARS)
      await play.perform({ wait: 80 * DAY, deed: { kind: "pay", share: "all" }, hesitates: 0 });
    expectHistory(await play.world());
    expect(await checkLedger(services, workspace.tenantId)).toBeNull();
    const { documents } = await play.world();
    const years = (play.now - sample.beganAt) / DAY / 365;
    console.log(
      `${years.toFixed(1)} years, ${play.lives.length} subscriptions, ${documents.length} documents, ${play.halts} times the operator`,
    );
    expect(documents.length).toBeGreaterThan(10);
  },
);
