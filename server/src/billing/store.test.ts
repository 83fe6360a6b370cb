/** Billing in a real database: random histories, stored step by step, and what the database itself refuses. */
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lockRoster } from "../access/roster.ts";
import { prepareDatabase } from "../platform/db/prepare.ts";
import type { Database, TenantTx } from "../platform/db/pools.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { type Account, dueOf } from "./reckoning/account.ts";
import { change } from "./reckoning/changes.ts";
import { renew } from "./reckoning/renewal.ts";
import { begin } from "./reckoning/subscription.ts";
import { findReceivables, findSubscription, openAccount, recordPayment, saveNew, saveStep } from "./store.ts";
import { at, moment, seats, TAX, team } from "./testing/at.ts";
import { terms } from "./testing/furnish.ts";
import { arbitraryHistory, type RandomHistory } from "./testing/steps.ts";
import { type Logged, play, type World } from "./testing/world.ts";

const server = useServer();
let services: Awaited<ReturnType<typeof openServices>>;
let database: Database;
let owner: Person;
let app: pg.Client;
beforeAll(async () => {
  services = await openServices(server);
  ({ database } = services);
  owner = await signUpPerson(server, "Olga");
  app = new pg.Client({ connectionString: (await prepareDatabase(server.database.ownerUrl, MASTER_KEY)).app });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await services.close();
});

const EUR = { catalogueVersion: 1, currency: { code: "EUR", digits: 2 } };

async function makeTenant(isShared = false): Promise<Workspace> {
  const workspace = await makeWorkspace(owner);
  await database.withTenant(workspace.tenantId, (tx) => openAccount(tx, isShared));
  return workspace;
}

/** A catalogue with one series of numbers for all workspaces. */
async function wantOneSeries(): Promise<void> {
  await server.database.query(
    `insert into billing_catalogues (version, valid_from, content, sha256)
     values (99, now(), '{"series": "issuer"}', '\\x00') on conflict do nothing`,
  );
}

/** Runs `work` behind the roster lock, as the server does. */
function inTenant<Result>({ tenantId }: Workspace, work: (tx: TenantTx) => Promise<Result>): Promise<Result> {
  return database.withTenant(tenantId, async (tx) => {
    await lockRoster(tx);
    return work(tx);
  });
}

interface Document {
  id: string;
  number: string;
  kind: string;
  issued_on: string;
  due_on: string;
  net: string;
  tax: string;
  gross: string;
  amends: string[];
  lines: number;
}

function documentsOf({ tenantId }: Workspace): Promise<Document[]> {
  return server.database.query<Document>(
    `select invoice_id as id, number, kind, issued_on, due_on, net, tax, gross, amends,
       (select count(*)::int from billing_lines l where l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id) as lines
     from invoices i where tenant_id = $1 order by number`,
    [tenantId],
  );
}

const sequenceOf = (number: string) => Number(number.split("-")[1]);

/** Omits the names of invoices, and paid invoices, which the database does not load. */
function shape({ balance, receivables }: Account) {
  const open = receivables.filter((receivable) => dueOf(receivable) > 0n);
  return { balance, open: open.map(({ gross, paid, credited }) => ({ gross, paid, credited })) };
}

async function store(workspace: Workspace, logged: Logged, lives: Set<number>): Promise<void> {
  if (logged.kind === "payment") {
    const document = (await documentsOf(workspace)).find(({ number }) => sequenceOf(number) === sequenceOf(logged.invoice));
    await inTenant(workspace, (tx) => recordPayment(tx, document?.id ?? "", logged.amount, logged.at));
    return;
  }
  const isNew = !lives.has(logged.life);
  lives.add(logged.life);
  await inTenant(workspace, async (tx) => {
    const before = isNew ? null : await findSubscription(tx);
    if (before) await saveStep(tx, before, logged.step, terms(logged.at));
    else await saveNew(tx, logged.step, EUR, terms(logged.at));
  });
}

async function expectStored(workspace: Workspace, logged: Logged): Promise<void> {
  const [stored, account] = await inTenant(
    workspace,
    async (tx) => [await findSubscription(tx), await findReceivables(tx)] as const,
  );
  if (logged.kind === "step") expect(stored?.subscription).toEqual(logged.step.subscription);
  expect(shape(account)).toEqual(shape(logged.account));
}

/** Expects the history's documents, and ledger accounts that are the sums of documents and payments. */
async function expectBooks(workspace: Workspace, { documents, received, account }: World): Promise<void> {
  const stored = await documentsOf(workspace);
  expect(stored.map(({ number, kind, issued_on: on, lines }) => [sequenceOf(number), kind, on, lines])).toEqual(
    documents.map(({ issuedOn, draft }, position) => [position + 1, draft.kind, issuedOn, draft.lines.length]),
  );
  const [ledger] = await server.database.query<Record<string, string>>(
    `select ${["receivable", "revenue", "tax", "balance", "cash"]
      .map((name) => `coalesce(sum(case '${name}' when debit then amount when credit then -amount end), 0)::text as ${name}`)
      .join(", ")} from ledger_entries where tenant_id = $1`,
    [workspace.tenantId],
  );
  const sum = (of: (world: World["documents"][number]) => bigint) => documents.reduce((all, document) => all + of(document), 0n);
  expect(ledger).toEqual({
    receivable: String(account.receivables.reduce((all, receivable) => all + dueOf(receivable), 0n)),
    revenue: String(-sum(({ draft }) => draft.totals.net)),
    tax: String(-sum(({ draft }) => draft.totals.tax)),
    balance: String(-account.balance),
    cash: String(received),
  });
}

const STEPS = 60;

test.each(fc.sample(arbitraryHistory, { numRuns: 4, seed: 20_261_130 }).map((history, number) => ({ history, number })))(
  "random history $number is read back after each step as it was reckoned, and the ledger agrees with the documents",
  async ({ history }: { history: RandomHistory }) => {
    const world = play({ ...history, steps: history.steps.slice(0, STEPS) });
    const workspace = await makeTenant();
    const lives = new Set<number>();
    for (const logged of world.log) {
      await store(workspace, logged, lives);
      await expectStored(workspace, logged);
    }
    await expectBooks(workspace, world);
    expect(world.documents.length).toBeGreaterThan(3);
  },
);

const JANUARY = "2026-01-01T00:00:00Z";
const FEBRUARY = "2026-02-01T00:00:00Z";

async function makeSubscribed(): Promise<Workspace> {
  const workspace = await makeTenant();
  await inTenant(workspace, (tx) => saveNew(tx, begin(team(10), moment(JANUARY)), EUR, terms(at(JANUARY))));
  return workspace;
}

async function renewOnce(tx: TenantTx): Promise<number> {
  const stored = await findSubscription(tx);
  if (!stored) throw new Error("no subscription");
  const step = renew(stored.subscription, moment(FEBRUARY));
  if (step.lines.length > 0) await saveStep(tx, stored, step, terms(at(FEBRUARY)));
  return step.lines.length;
}

describe("steps under concurrency and failures", () => {
  test("six workers make one invoice for one period", async () => {
    const workspace = await makeSubscribed();
    const renewed = await Promise.all(Array.from({ length: 6 }, () => inTenant(workspace, renewOnce)));
    expect(renewed.filter((lines) => lines > 0)).toHaveLength(1);
    expect((await documentsOf(workspace)).map(({ number }) => sequenceOf(number))).toEqual([1, 2]);
  });

  test("without the lock, one of two workers for one period is refused, and nothing is stored twice", async () => {
    const workspace = await makeSubscribed();
    const both = await Promise.allSettled([1, 2].map(() => database.withTenant(workspace.tenantId, renewOnce)));
    const done = both.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    // The second may have run after the first, and found nothing due.
    expect(done.filter((lines) => lines > 0)).toHaveLength(1);
    expect(await documentsOf(workspace)).toHaveLength(2);
  });

  test("a period that was charged can't be charged again, even by a step that was reckoned wrongly", async () => {
    const workspace = await makeSubscribed();
    const again = inTenant(workspace, async (tx) => {
      const stored = await findSubscription(tx);
      if (!stored) throw new Error("no subscription");
      const step = renew(stored.subscription, moment(FEBRUARY));
      await saveStep(tx, stored, step, terms(at(FEBRUARY)));
      const after = await findSubscription(tx);
      if (!after) throw new Error("no subscription");
      await saveStep(
        tx,
        { ...after, subscription: { ...stored.subscription, revision: after.subscription.revision } },
        step,
        terms(at(FEBRUARY)),
      );
    });
    await expect(again).rejects.toMatchObject({ code: "23505" });
    expect(await documentsOf(workspace)).toHaveLength(1);
  });

  test("a transaction that fails after the document was made gives its number back and leaves nothing", async () => {
    const workspace = await makeSubscribed();
    const failing = inTenant(workspace, async (tx) => {
      await renewOnce(tx);
      throw new Error("killed");
    });
    await expect(failing).rejects.toThrow("killed");
    expect(await documentsOf(workspace)).toHaveLength(1);
    expect(await inTenant(workspace, renewOnce)).toBe(1);
    expect((await documentsOf(workspace)).map(({ number }) => sequenceOf(number))).toEqual([1, 2]);
  });

  test("a step of a subscription that has moved on is refused", async () => {
    const workspace = await makeSubscribed();
    const stale = await inTenant(workspace, findSubscription);
    await inTenant(workspace, renewOnce);
    const late = inTenant(workspace, async (tx) => {
      if (!stale) throw new Error("no subscription");
      const step = change(stale.subscription, { kind: "cancel" }, moment("2026-01-20T00:00:00Z"));
      await saveStep(tx, stale, step, terms(at(FEBRUARY)));
    });
    await expect(late).rejects.toMatchObject({ reason: "revision_moved" });
  });
});

describe("stored documents", () => {
  test("a credit note names the invoice whose lines it takes back, and shows positive sums", async () => {
    const workspace = await makeSubscribed();
    const day = "2026-01-16T12:00:00Z";
    await inTenant(workspace, async (tx) => {
      const stored = await findSubscription(tx);
      if (!stored) throw new Error("no subscription");
      const step = change(stored.subscription, { kind: "items", items: [seats(8)] }, { now: at(day), tax: TAX });
      await saveStep(tx, stored, step, terms(at(day)));
    });
    const [invoice, note] = await documentsOf(workspace);
    expect(note).toMatchObject({ kind: "credit note", net: "800", tax: "152", gross: "952", amends: [invoice?.number] });
    expect(invoice).toMatchObject({ gross: "9520", issued_on: "2026-01-01", due_on: "2026-01-15", amends: [] });
    const account = await inTenant(workspace, findReceivables);
    expect(account).toMatchObject({ balance: 0n, receivables: [{ gross: 9520n, credited: 952n }] });
  });

  test("each workspace has its own series, unless all share one", async () => {
    const prefixOf = (number = "") => number.split("-")[0];
    const [one, other] = [await makeSubscribed(), await makeSubscribed()];
    const [first, second] = [(await documentsOf(one))[0]?.number, (await documentsOf(other))[0]?.number];
    expect([sequenceOf(first ?? ""), sequenceOf(second ?? "")]).toEqual([1, 1]);
    expect(prefixOf(first)).not.toBe(prefixOf(second));

    await wantOneSeries();
    const sharing = [await makeTenant(true), await makeTenant(true)];
    for (const workspace of sharing) {
      await inTenant(workspace, (tx) => saveNew(tx, begin(team(1), moment(JANUARY)), EUR, terms(at(JANUARY))));
    }
    const numbers = (await Promise.all(sharing.map(documentsOf))).flat().map(({ number }) => number);
    expect(numbers).toEqual(["INVOICE-000001", "INVOICE-000002"]);
  });

  test("a workspace joins the shared series with its first document after the operator chose one", async () => {
    const workspace = await makeSubscribed();
    const day = "2026-01-16T12:00:00Z";
    await wantOneSeries();
    for (const [quantity, sharesSeries] of [
      [8, true],
      [7, false],
    ] as const)
      await inTenant(workspace, async (tx) => {
        const stored = await findSubscription(tx);
        if (!stored) throw new Error("no subscription");
        const step = change(stored.subscription, { kind: "items", items: [seats(quantity)] }, { now: at(day), tax: TAX });
        await saveStep(tx, stored, step, { ...terms(at(day)), sharesSeries });
      });
    const numbers = (await documentsOf(workspace)).map(({ number }) => number);
    expect(numbers).toHaveLength(3);
    expect(numbers.filter((number) => number.startsWith("INVOICE-"))).toHaveLength(2);
  });

  test("a payment of a settled invoice becomes balance", async () => {
    const workspace = await makeSubscribed();
    const [invoice] = await documentsOf(workspace);
    for (let times = 0; times < 2; times++) {
      await inTenant(workspace, (tx) => recordPayment(tx, invoice?.id ?? "", 9520n, at(JANUARY)));
    }
    expect(await inTenant(workspace, findReceivables)).toEqual({ balance: 9520n, receivables: [] });
  });
});

describe("what the serving role may not do", () => {
  /** Without an account. */
  let bare: Workspace;
  beforeAll(async () => {
    bare = await makeWorkspace(owner);
  });

  async function attempt(workspace: Workspace, sql: string): Promise<string> {
    await app.query("begin");
    try {
      await app.query("select set_config('whoot.tenant_id', $1, true)", [workspace.tenantId]);
      await app.query(sql);
      return "done";
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await app.query("rollback");
    }
  }

  test.each([
    ["change an invoice", "update invoices set gross = 0"],
    ["delete an invoice", "delete from invoices"],
    ["change the ledger", "update ledger_entries set amount = 1"],
    ["delete from the ledger", "delete from ledger_entries"],
    ["change what was charged", "update billing_lines set amount = 0"],
    ["delete a line", "delete from billing_lines"],
    ["forget that a period was charged", "delete from billed_periods"],
    ["give a number again", "update billing_series set last = 0"],
    ["read others' series", "select * from billing_series"],
    ["change to another series", "update billing_accounts set series_prefix = 'OTHER'"],
    ["read the catalogue past the server", "select * from billing_catalogues"],
  ])("it can't %s", async (_, sql) => {
    expect(await attempt(await makeSubscribed(), sql)).toBe("42501");
  });

  test.each([
    ["a prefix of another tenant's series", "select open_billing_account('ABCDEFGH')", "22P02"],
    ["a prefix, as it could before", "select open_billing_account('INVOICE', false)", "42883"],
    ["the shared series, which no catalogue wants", "select open_billing_account(true)", "P0001"],
    ["a series without the function", "insert into billing_series (prefix) values ('ABCDEFGH')", "42501"],
    ["an account without the function", "insert into billing_accounts select current_tenant_id(), 'ABCDEFGH'", "42501"],
  ])("it can't choose %s", async (_, sql, code) => {
    await server.database.query("delete from billing_catalogues where version = 99");
    expect(await attempt(bare, sql)).toBe(code);
  });

  test("random prefixes differ and have the required form", async () => {
    const prefixes: string[] = [];
    for (let count = 0; count < 200; count++) {
      await app.query("begin");
      await app.query("select set_config('whoot.tenant_id', $1, true)", [bare.tenantId]);
      await app.query("select open_billing_account(false)");
      prefixes.push((await app.query("select series_prefix from billing_accounts")).rows[0].series_prefix);
      await app.query("rollback");
    }
    expect(prefixes.filter((prefix) => !/^[2-9A-HJ-NP-Z]{8}$/.test(prefix))).toEqual([]);
    expect(new Set(prefixes).size).toBe(200);
  });

  test("a charge can't be credited twice, and a document without its tenant's account gets no number", async () => {
    const workspace = await makeSubscribed();
    const credit = (
      number: number,
    ) => `insert into billing_lines (tenant_id, subscription_id, number, kind, item, quantity, unit_price,
        from_at, to_at, amount, tax_category, tax_rate, credits, pending)
      select tenant_id, subscription_id, ${number}, 'credit', item, quantity, unit_price, from_at, to_at, 1, 'S', 0, number, true
        from billing_lines where number = 1`;
    expect(await attempt(workspace, credit(2))).toBe("done");
    expect(await attempt(workspace, `${credit(2)}; ${credit(3)}`)).toBe("23505");
    expect(await attempt(bare, "select * from take_document_number(now())")).toBe("P0001");
  });
});
