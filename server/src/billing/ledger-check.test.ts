/** The nightly comparison of the ledger with the documents. The test changes rows that only a superuser can change. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { checkLedger, checkLedgers } from "./ledger-check.ts";
import { change } from "./reckoning/changes.ts";
import { findSubscription, recordPayment, saveStep } from "./store.ts";
import { at, moment, seats } from "./testing/at.ts";
import { furnishBilling, terms } from "./testing/furnish.ts";

const logged: Record<string, unknown>[] = [];
const server = useServer();
let services: Awaited<ReturnType<typeof openServices>>;
let owner: Person;
beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
});
afterAll(() => services.close());

/** An invoice of 95.20 that was paid twice, and of which a credit note took back 9.52. */
async function makeBilled(): Promise<Workspace> {
  const workspace = await makeWorkspace(owner);
  const { tenantId } = workspace;
  await furnishBilling({ admin: server.database, database: services.database }, tenantId);
  const day = "2026-01-16T12:00:00Z";
  await services.database.withTenant(tenantId, async (tx) => {
    const stored = await findSubscription(tx);
    if (!stored) throw new Error("no subscription");
    await saveStep(tx, stored, change(stored.subscription, { kind: "items", items: [seats(8)] }, moment(day)), terms(at(day)));
  });
  const [invoice] = await server.database.query<{ id: string }>(
    "select invoice_id as id from invoices where tenant_id = $1 and kind = 'invoice'",
    [tenantId],
  );
  for (let times = 0; times < 2; times += 1)
    await services.database.withTenant(tenantId, (tx) => recordPayment(tx, invoice?.id ?? "", 9_520n, at(day)));
  return workspace;
}

const numberOf = async ({ tenantId }: Workspace, kind: string) =>
  (
    await server.database.query<{ number: string }>("select number from invoices where tenant_id = $1 and kind = $2", [
      tenantId,
      kind,
    ])
  )[0]?.number;

const MATCHES = "tenant_id = $1";
test.each([
  [
    "an entry's amount",
    `update ledger_entries set amount = amount + 1 where ${MATCHES} and credit = 'revenue'`,
    "invoice",
    "revenue",
    "8000",
    "8001",
  ],
  ["a tax entry that is gone", `delete from ledger_entries where ${MATCHES} and credit = 'tax'`, "invoice", "tax", "1520", "0"],
  [
    "an invoice's sum",
    `update invoices set gross = gross + 5, net = net + 5 where ${MATCHES} and kind = 'invoice'`,
    "invoice",
    "its lines",
    "8005",
    "8000",
  ],
  [
    "a line's amount",
    `update billing_lines set amount = 1 where ${MATCHES} and kind = 'charge' and number = 1`,
    "invoice",
    "its lines",
    "8000",
    "1",
  ],
  [
    "the tax of a document",
    `update invoices set taxes = '[]' where ${MATCHES} and kind = 'credit note'`,
    "credit note",
    "its taxes",
    "152",
    "0",
  ],
  [
    "a credit note's entry",
    `update ledger_entries set amount = 1 where ${MATCHES} and debit = 'revenue'`,
    "credit note",
    "revenue",
    "-800",
    "-1",
  ],
  [
    "a payment",
    `update ledger_entries set amount = amount * 3 where ${MATCHES} and debit = 'cash' and credit = 'receivable'`,
    "invoice",
    "settled at most",
    "9520",
    "26656",
  ],
] as const)("%s that was changed behind the server's back is named", async (_, sql, kind, what, expected, found) => {
  const workspace = await makeBilled();
  expect(await checkLedger(services, workspace.tenantId)).toBeNull();
  await server.database.query(sql, [workspace.tenantId]);
  const document = await numberOf(workspace, kind);
  expect(await checkLedger(services, workspace.tenantId)).toEqual({ slug: workspace.slug, document, what, expected, found });
});

test("a balance below 0 is named, and the job goes on to other workspaces after a difference", async () => {
  const [below, other] = [await makeBilled(), await makeBilled()];
  await server.database.query("delete from ledger_entries where tenant_id = $1 and debit = 'cash' and credit = 'balance'", [
    below.tenantId,
  ]);
  await server.database.query(
    "update ledger_entries set debit = 'balance', credit = 'cash', invoice_id = null where tenant_id = $1 and debit = 'cash' and credit = 'receivable'",
    [below.tenantId],
  );
  expect(await checkLedger(services, below.tenantId)).toMatchObject({ document: null, what: "balance at least", expected: "0" });
  await server.database.query("delete from ledger_entries where tenant_id = $1 and credit = 'tax'", [other.tenantId]);
  const log = { error: (facts: Record<string, unknown>) => void logged.push(facts) };
  await checkLedgers({ ...services, log: log as never }, new AbortController().signal);
  const found = logged.map(({ slug }) => slug);
  expect(found).toEqual(expect.arrayContaining([below.slug, other.slug]));
});
