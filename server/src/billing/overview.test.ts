/** What members see of their workspace's billing, by HTTP. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { addMember, makeRole, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { type Change, change } from "./reckoning/changes.ts";
import { begin, beginTrial, type Step } from "./reckoning/subscription.ts";
import { findSubscription, recordPayment, saveStep } from "./store.ts";
import { at, moment, seats, team } from "./testing/at.ts";
import { furnishBilling, terms } from "./testing/furnish.ts";

const server = useServer({ billing: "sample" });
let services: Awaited<ReturnType<typeof openServices>>;
let owner: Person;
beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
});
afterAll(() => services.close());

async function makeSubscribed(step: Step = begin(team(10), moment("2026-01-01T00:00:00Z"))): Promise<Workspace> {
  const workspace = await makeWorkspace(owner);
  await furnishBilling({ admin: server.database, database: services.database }, workspace.tenantId, step);
  return workspace;
}

async function make({ tenantId }: Workspace, wanted: Change, time: string): Promise<void> {
  await services.database.withTenant(tenantId, async (tx) => {
    const stored = await findSubscription(tx);
    if (!stored) throw new Error("no subscription");
    await saveStep(tx, stored, change(stored.subscription, wanted, moment(time)), terms(at(time)));
  });
}

const see = async ({ path }: Workspace, what: string) => (await owner.get(`${path}/billing/${what}`)).json;

test("a subscription shows its plan, its period and what it holds", async () => {
  expect(await see(await makeSubscribed(), "subscription")).toEqual({
    subscription: {
      ...{ plan: "team", interval: "month", state: "active", cancelled: false, revision: 1 },
      ...{ periodFrom: "2026-01-01T00:00:00Z", periodTo: "2026-02-01T00:00:00Z" },
      currency: { code: "EUR", digits: 2 },
      items: [{ item: "seats", quantity: 10, unitPrice: 800 }],
    },
  });
});

test("the next invoice has the next period and the waiting lines, with tax and the amount due", async () => {
  const workspace = await makeSubscribed();
  await make(workspace, { kind: "items", items: [seats(13)] }, "2026-01-11T06:00:00Z");
  const { invoice } = await see(workspace, "next-invoice");
  expect(invoice.lines.map((line: Record<string, unknown>) => [line["kind"], line["amount"], line["from"]])).toEqual([
    ["credit", 5355, "2026-01-11T06:00:00Z"],
    ["charge", 6961, "2026-01-11T06:00:00Z"],
    ["charge", 10_400, "2026-02-01T00:00:00Z"],
  ]);
  expect(invoice).toMatchObject({
    ...{ at: "2026-02-01T00:00:00Z", net: 12_006, tax: 2281, gross: 14_287, creditUsed: 0, due: 14_287 },
    taxes: [{ category: "S", percent: 19, reason: null, base: 12_006, tax: 2281 }],
  });
});

test("the balance pays as much of the next invoice as it can", async () => {
  const workspace = await makeSubscribed();
  const [paid] = (await see(workspace, "invoices")).items;
  await services.database.withTenant(workspace.tenantId, (tx) =>
    recordPayment(tx, paid.invoiceId, 10_000n, at("2026-01-02T00:00:00Z")),
  );
  expect((await see(workspace, "next-invoice")).invoice).toMatchObject({ gross: 9520, creditUsed: 480, due: 9040 });
});

test("a buyer in the EU whose tax id is confirmed owes the tax, and the next invoice says so", async () => {
  const workspace = await makeSubscribed();
  await server.database.query("update billing_accounts set country = 'AT', tax_id_confirmed_at = now() where tenant_id = $1", [
    workspace.tenantId,
  ]);
  expect((await see(workspace, "next-invoice")).invoice).toMatchObject({
    ...{ net: 8000, tax: 0, gross: 8000 },
    taxes: [{ category: "AE", percent: 0, reason: "Reverse charge", base: 8000, tax: 0 }],
  });
});

test("a new country credits charges with their old tax, and charges them again with the new one", async () => {
  const workspace = await makeSubscribed();
  await server.database.query("update billing_accounts set country = 'US' where tenant_id = $1", [workspace.tenantId]);
  // The tax that the server charges from now on.
  const untaxed = { category: "O", rate: 0, reason: "Not taxable in Germany" } as const;
  await services.database.withTenant(workspace.tenantId, async (tx) => {
    const stored = await findSubscription(tx);
    if (!stored) throw new Error("no subscription");
    const now = at("2026-01-16T12:00:00Z");
    await saveStep(
      tx,
      stored,
      change(stored.subscription, { kind: "items", items: [seats(4)] }, { now, tax: untaxed }),
      terms(now),
    );
  });
  const { items } = await see(workspace, "invoices");
  // The credit takes back 40.00 at 19 %, and 16.00 are charged without tax.
  expect(items[0]).toMatchObject({ kind: "credit note", net: 2_400, tax: 760, gross: 3_160 });
  expect((await see(workspace, "next-invoice")).invoice).toMatchObject({ net: 3_200, tax: 0 });
});

test("sums of a subscription are shown to those who may see invoices", async () => {
  const workspace = await makeSubscribed();
  const bea = await signUpPerson(server, "Bea");
  await addMember(server, owner, workspace, bea, await makeRole(owner, workspace, ["billing.view"]));
  const { subscription } = (await bea.get(`${workspace.path}/billing/subscription`)).json;
  expect(subscription.items).toEqual([{ item: "seats", quantity: 10, unitPrice: null }]);
});

test("a cancelled subscription says so, and no invoice comes", async () => {
  const workspace = await makeSubscribed();
  await make(workspace, { kind: "cancel" }, "2026-01-20T00:00:00Z");
  expect((await see(workspace, "subscription")).subscription).toMatchObject({ state: "active", cancelled: true, revision: 2 });
  expect(await see(workspace, "next-invoice")).toEqual({ invoice: null });
});

test("a trial has no plan until somebody chooses, and then an invoice comes at its end", async () => {
  const end = at("2026-01-15T00:00:00Z");
  const trial = await makeSubscribed(beginTrial([seats(5)], end, moment("2026-01-01T00:00:00Z")));
  expect((await see(trial, "subscription")).subscription).toMatchObject({ state: "trial", plan: null });
  expect(await see(trial, "next-invoice")).toEqual({ invoice: null });
  await make(trial, { kind: "plan", choice: team(6) }, "2026-01-05T00:00:00Z");
  expect((await see(trial, "subscription")).subscription).toMatchObject({ state: "trial", plan: "team" });
  expect((await see(trial, "next-invoice")).invoice).toMatchObject({ at: "2026-01-15T00:00:00Z", net: 4800 });
});

test("documents are listed newest first, page by page, with what is paid, credited and due", async () => {
  const workspace = await makeSubscribed(begin(team(10), moment("2026-01-01T00:00:00Z")));
  await make(workspace, { kind: "items", items: [seats(8)] }, "2026-01-16T12:00:00Z");
  const first = await see(workspace, "invoices?limit=1");
  expect(first.items).toMatchObject([{ kind: "credit note", net: 800, tax: 152, gross: 952, due: 0 }]);
  const second = await see(workspace, `invoices?limit=1&cursor=${first.nextCursor}`);
  expect(second).toMatchObject({
    items: [{ kind: "invoice", issuedOn: "2026-01-01", dueOn: "2026-01-15", gross: 9520, paid: 0, credited: 952, due: 8568 }],
    nextCursor: null,
  });
});

test("members who see the roster learn who can buy licences, the owner first", async () => {
  const workspace = await makeWorkspace(owner);
  const people = await Promise.all(["Ada", "Ben"].map((name) => signUpPerson(server, name)));
  const [ada, ben] = people as [Person, Person];
  await addMember(server, owner, workspace, ada, workspace.roles.Admin);
  await addMember(server, owner, workspace, ben, await makeRole(owner, workspace, ["users.view"]));
  const path = `${workspace.path}/billing/licences/buyers`;
  const { items, more } = (await ben.get(path)).json;
  expect([items.map(({ name }: { name: string }) => name), more]).toEqual([["Olga", "Ada"], 0]);
  expect((await ben.get(`${path}?of=add-ons`)).json.items).toHaveLength(2);
  const blind = await signUpPerson(server, "Cid");
  await addMember(server, owner, workspace, blind, await makeRole(owner, workspace, ["voice.join"]));
  expect((await blind.get(path)).code).toBe("forbidden");
});
