/** A subscription from the trial to the end, on a sample server whose clock is moved. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import {
  addMember,
  freshEmail,
  makeChannel,
  makeWorkspace,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { until } from "../testing/until.ts";
import { openServices } from "../testing/transmissions.ts";
import { whootCommand } from "../testing/whoot-command.ts";
import { checkLedger } from "./ledger-check.ts";

const server = useServer({ billing: "sample" });
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
});

const see = async ({ path }: Workspace, what = "") => (await owner.get(`${path}/billing${what}`)).json;
const audited = async ({ path }: Workspace) => {
  const { items } = (await owner.get(`${path}/audit-log?limit=200`)).json as { items: { action: string }[] };
  return items.map(({ action }) => action);
};

/** Quotes a change and makes it. @returns the quote */
async function make({ path }: Workspace, what: "subscription" | "licences" | "add-ons", body: object, who = owner) {
  const quoted = await who.post(`${path}/billing/${what}/quotes`, body);
  expect([quoted.status, quoted.text]).toEqual([201, quoted.text]);
  const accepted = await who.post(`${path}/billing/${what}/quotes/${quoted.json.quoteId}/acceptance`);
  expect([accepted.status, accepted.text]).toEqual([204, ""]);
  return quoted.json;
}

const choice = (licences: number, more: object = {}) => ({
  wanted: { change: "choose", plan: "team", interval: "month", licences, addOns: [], ...more },
});

async function pass(days: number): Promise<void> {
  const { code, output } = await whootCommand(server, ["billing", "clock", `+${days}d`]);
  expect([code, output]).toEqual([0, output]);
}

const inState = (workspace: Workspace, state: string) =>
  until(`the state ${state}`, async () => (await see(workspace)).state === state);

/** The PDF in the outbox's mail about this document. */
function attachmentOf({ tenantId }: Workspace, number: string): string {
  const outbox = resolve(server.config.dataFolder, "outbox", tenantId);
  const mails = readdirSync(outbox).map((file) => readFileSync(resolve(outbox, file), "latin1"));
  const mail = mails.find((text) => text.includes(`filename=${number}.pdf`)) ?? "";
  const [, encoded = ""] = /Content-Disposition: attachment[^]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(mail) ?? [];
  return Buffer.from(encoded, "base64").toString("latin1");
}

test("the owner gets one mail, three days before a trial ends", async () => {
  const workspace = await makeWorkspace(owner);
  await pass(10);
  expect(await see(workspace)).toMatchObject({ state: "trial" });
  await pass(2);
  const mail = await server.mailTo(owner.email, new RegExp(`The trial of Workspace ${workspace.slug} ends`));
  expect(mail.text).toContain("No plan is chosen");
  await pass(1);
  const times = await server.database.query<{ told: boolean }>(
    "select trial_told_at is not null as told from billing_accounts where tenant_id = $1",
    [workspace.tenantId],
  );
  expect(times).toEqual([{ told: true }]);
  await pass(2);
  await inState(workspace, "free");
});

test("a new workspace has a trial of everything, which ends in the free plan", async () => {
  const workspace = await makeWorkspace(owner);
  expect(await see(workspace)).toMatchObject({ state: "trial", addOns: null, isSample: true, maySample: false });
  expect(await see(workspace, "/licences")).toMatchObject({ limit: 100_000, used: 1 });
  expect(await see(workspace, "/subscription")).toMatchObject({ subscription: { plan: null, state: "trial" } });
  await makeChannel(owner, workspace, { name: "Recorded", recording: true });
  await pass(15);
  await inState(workspace, "free");
  expect(await see(workspace, "/licences")).toMatchObject({ limit: 5, left: 4 });
  expect(await see(workspace)).toMatchObject({ addOns: [] });
  expect(await see(workspace, "/invoices")).toMatchObject({ items: [] });
  const refused = await owner.post(`${workspace.path}/channels`, { name: "Recorded, too", recording: true });
  expect([refused.status, refused.code]).toEqual([409, "add_on_missing"]);
  expect(await audited(workspace)).toEqual(expect.arrayContaining(["billing.trial_started", "billing.ended"]));
});

test("an owner's workspaces begin with a trial up to a limit within 90 days, later ones on the free plan, and stay so", async () => {
  const olaf = await signUpPerson(server, "Olaf");
  const billing = async ({ path }: Workspace) => (await olaf.get(`${path}/billing`)).json;
  await server.database.query("insert into billing_trials select $1, now() - interval '1 day' from generate_series(1, 9999)", [
    olaf.accountId,
  ]);
  const both = await Promise.all([makeWorkspace(olaf), makeWorkspace(olaf)]);
  const states = await Promise.all(both.map(billing));
  expect(states.map(({ state, withoutTrial }) => [state, withoutTrial]).toSorted()).toEqual([
    ["free", true],
    ["trial", false],
  ]);
  await server.database.query("update billing_trials set began_at = began_at - interval '90 days' where account_id = $1", [
    olaf.accountId,
  ]);
  const later = await makeWorkspace(olaf);
  expect(await billing(later)).toMatchObject({ state: "trial" });
  const free = both[states.findIndex(({ state }) => state === "free")] as Workspace;
  await olaf.post(`${free.path}/billing/subscription/quotes`, choice(2));
  expect(await billing(free)).toMatchObject({ state: "free", withoutTrial: true });
});

test("choosing a plan in the trial costs nothing until it ends, then the first period is invoiced", async () => {
  const workspace = await makeWorkspace(owner);
  const quoted = await make(workspace, "subscription", choice(10, { addOns: ["recording"] }));
  expect(quoted).toMatchObject({
    document: null,
    waiting: [],
    endsAt: null,
    nextInvoice: { net: 10_000, tax: 1_900, gross: 11_900 },
  });
  expect(await see(workspace, "/licences")).toMatchObject({ limit: 10 });
  await pass(15);
  await inState(workspace, "active");
  const { items } = await see(workspace, "/invoices");
  expect(items).toMatchObject([{ kind: "invoice", gross: 11_900, due: 11_900, paid: 0 }]);
  expect(await see(workspace)).toMatchObject({ addOns: ["recording"] });
  const mail = await server.mailTo(owner.email, new RegExp(items[0].number));
  expect(mail.text).toContain("119.00 EUR");
  expect(attachmentOf(workspace, items[0].number)).toMatch(/^%PDF-1\.7/);
});

test("more licences cost their share of the period at the next invoice, and fewer give a credit at once", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(10));
  await pass(15);
  await inState(workspace, "active");
  const more = await make(workspace, "licences", { licences: 13 });
  expect(more).toMatchObject({ document: null });
  expect(more.waiting.map(({ kind }: { kind: string }) => kind)).toEqual(["credit", "charge"]);
  expect(await see(workspace, "/licences")).toMatchObject({ limit: 13 });
  const fewer = await make(workspace, "licences", { licences: 2 });
  expect(fewer.document.kind).toBe("credit note");
  const { items } = await see(workspace, "/invoices");
  expect(items.map(({ kind }: { kind: string }) => kind)).toEqual(["credit note", "invoice"]);
  expect(items[1].credited).toBe(items[0].gross);
  expect(items[1].due).toBe(items[1].gross - items[0].gross);
});

test("fewer licences than are taken are refused, by a quote and by a plan", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(3));
  const guest = await signUpPerson(server, "Gus");
  await addMember(server, owner, workspace, guest, workspace.roles.Member);
  await owner.post(`${workspace.path}/invitations`, { email: freshEmail("ivy"), roleId: workspace.roles.Member });
  const full = await owner.post(`${workspace.path}/invitations`, { email: freshEmail("one"), roleId: workspace.roles.Member });
  expect(full.code).toBe("licences_taken");
  for (const [what, body] of [
    ["licences", { licences: 2 }],
    ["subscription", choice(2, { plan: "business" })],
  ] as const) {
    const refused = await owner.post(`${workspace.path}/billing/${what}/quotes`, body);
    expect([refused.code, refused.json.detail]).toEqual([
      "licences_in_use",
      "3 licences are taken, by 2 people and 1 open invitation, and that would be 2. Suspend or remove people first, or withdraw invitations.",
    ]);
  }
  await make(workspace, "licences", { licences: 4 });
  const room = await owner.post(`${workspace.path}/invitations`, { email: freshEmail("two"), roleId: workspace.roles.Member });
  expect(room.status).toBe(201);
});

test("a quote works once, only for its subscription as it was, and only for the person who asked", async () => {
  const workspace = await makeWorkspace(owner);
  const path = `${workspace.path}/billing/subscription/quotes`;
  const other = await signUpPerson(server, "Ada");
  await addMember(server, owner, workspace, other, workspace.roles.Admin);
  const [mine, theirs] = await Promise.all([owner.post(path, choice(5)), other.post(path, choice(6))]);
  const accept = (who: Person, { json }: { json: { quoteId: string } }) => who.post(`${path}/${json.quoteId}/acceptance`);
  expect((await accept(other, mine)).code).toBe("not_found");
  const [first, second] = await Promise.all([accept(owner, mine), accept(owner, mine)]);
  expect([first.status, second.status].toSorted()).toEqual([204, 409]);
  expect((await accept(other, theirs)).code).toBe("quote_outdated");
  expect(await see(workspace, "/licences")).toMatchObject({ limit: 5 });

  const taxed = await owner.post(path, choice(7));
  const elsewhere = { company: "Acme", addressLines: ["1 Main St"], postcode: null, city: "Springfield", country: "US" };
  await owner.send("PUT", `${workspace.path}/billing/profile`, {
    body: { ...elsewhere, taxId: null, purchaseOrder: null, language: "en", recipients: [] },
  });
  expect((await accept(owner, taxed)).code).toBe("quote_outdated");

  const late = await owner.post(path, choice(7));
  await server.database.query("update billing_quotes set valid_until = valid_until - interval '11 minutes'");
  expect((await accept(owner, late)).code).toBe("quote_expired");
});

test("cancelling keeps everything until the end of the period, and resuming takes it back", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(4));
  await pass(15);
  await inState(workspace, "active");
  const { subscription } = await see(workspace, "/subscription");
  const quoted = await make(workspace, "subscription", { wanted: { change: "cancel" } });
  expect(quoted).toMatchObject({ document: null, nextInvoice: null, endsAt: subscription.periodTo });
  expect(await see(workspace)).toMatchObject({ state: "ending", until: subscription.periodTo });
  await make(workspace, "subscription", { wanted: { change: "resume" } });
  expect(await see(workspace)).toMatchObject({ state: "active" });
  await make(workspace, "subscription", { wanted: { change: "cancel" } });
  const [{ number }] = (await see(workspace, "/invoices")).items;
  expect((await whootCommand(server, ["billing", "paid", number])).code).toBe(0);
  await pass(31);
  await inState(workspace, "free");
  expect((await see(workspace, "/invoices")).items).toHaveLength(1);
  expect((await see(workspace, "/subscription")).subscription.state).toBe("ended");
});

test("an unpaid invoice brings reminders and stops new talk after 21 days, and paying it allows talk", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(2));
  await pass(15);
  await inState(workspace, "active");
  await pass(15);
  await inState(workspace, "past_due");
  expect((await owner.get(workspace.path)).json).toMatchObject({ talkStopped: false, billing: { state: "past_due" } });
  await pass(21);
  await inState(workspace, "stopped");
  expect((await owner.get(workspace.path)).json).toMatchObject({ talkStopped: true, billing: { state: "stopped" } });
  expect(await see(workspace)).toMatchObject({ putOffHours: 72 });
  const guest = await signUpPerson(server, "Gil");
  await addMember(server, owner, workspace, guest, workspace.roles.Admin);
  expect((await guest.post(`${workspace.path}/billing/put-off`)).code).toBe("owner_only");
  expect((await owner.post(`${workspace.path}/billing/put-off`)).status).toBe(204);
  expect((await owner.get(workspace.path)).json.talkStopped).toBe(false);
  expect((await owner.post(`${workspace.path}/billing/put-off`)).code).toBe("billing_unchanged");
  await pass(4);
  await inState(workspace, "stopped");
  for (const { number } of (await see(workspace, "/invoices")).items) {
    const { code, output } = await whootCommand(server, ["billing", "paid", number]);
    expect([code, output]).toEqual([0, `19.04 EUR for ${number}. It is paid.`]);
  }
  await inState(workspace, "active");
  expect((await owner.get(workspace.path)).json.talkStopped).toBe(false);
  const actions = await audited(workspace);
  for (const action of ["reminded", "talk_stopped", "stop_put_off", "talk_allowed", "paid"])
    expect(actions).toContain(`billing.${action}`);
});

test("changing plans to and fro pays no old debt, because a credit settles the invoice that it takes back", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(10));
  await pass(15);
  await inState(workspace, "active");
  await pass(16);
  await inState(workspace, "past_due");
  const oldest = async () => (await see(workspace, "/invoices")).items.at(-1);
  const { due, number } = await oldest();
  expect(due).toBe(9_520);
  for (const interval of ["year", "month", "year", "month"]) await make(workspace, "subscription", choice(10, { interval }));
  expect(await oldest()).toMatchObject({ number, due });
  expect(await see(workspace)).toMatchObject({ state: "past_due" });
});

test("a workspace with more people than the free plan holds keeps them, and can't talk until there are fewer or it has a plan", async () => {
  const workspace = await makeWorkspace(owner);
  const members = Array.from({ length: 5 }, async (_, index) => {
    const guest = await signUpPerson(server, `Guest${index}`);
    await addMember(server, owner, workspace, guest, workspace.roles.Member);
  });
  await Promise.all(members);
  await pass(15);
  await inState(workspace, "none");
  expect((await owner.get(workspace.path)).json.talkStopped).toBe(true);
  expect(await see(workspace, "/licences")).toMatchObject({ limit: 5, used: 6, left: 0 });
  await make(workspace, "subscription", choice(6));
  expect((await owner.get(workspace.path)).json.talkStopped).toBe(false);
});

test("a payment never revives a subscription that has ended", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(2));
  await pass(15);
  await inState(workspace, "active");
  await make(workspace, "subscription", { wanted: { change: "cancel" } });
  await pass(31);
  await inState(workspace, "past_due");
  const [{ number }] = (await see(workspace, "/invoices")).items;
  expect((await whootCommand(server, ["billing", "paid", number, "20.00"])).output).toBe(
    `20.00 EUR for ${number}. 0.96 EUR are a credit.`,
  );
  await inState(workspace, "free");
  expect((await see(workspace, "/subscription")).subscription.state).toBe("ended");
});

test("a server that was off for more than three periods asks the operator, and a command bills them", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(2));
  await pass(15);
  await inState(workspace, "active");
  await pass(150);
  await until("billing to wait for the operator", async () => {
    return (await owner.post(`${workspace.path}/billing/licences/quotes`, { licences: 3 })).code === "billing_halted";
  });
  expect((await see(workspace, "/invoices")).items).toHaveLength(1);
  const { code, output } = await whootCommand(server, ["billing", "renew", workspace.slug]);
  expect([code, output]).toEqual([0, expect.stringMatching(/^[45] periods were billed on [\w-]+: (76\.16|95\.20) EUR\.$/)]);
  expect((await see(workspace, "/invoices")).items).toHaveLength(2);
  expect((await whootCommand(server, ["billing", "renew", workspace.slug])).code).toBe(1);
});

/** A workspace that is halted, because the server was off for months. */
async function makeHalted(): Promise<Workspace> {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(2));
  await pass(15);
  await inState(workspace, "active");
  await pass(150);
  await until("billing to wait for the operator", async () => {
    return (await owner.post(`${workspace.path}/billing/licences/quotes`, { licences: 3 })).code === "billing_halted";
  });
  return workspace;
}

test("the operator can give away missed periods and bill only the present one", async () => {
  const workspace = await makeHalted();
  const { code, output } = await whootCommand(server, ["billing", "renew", workspace.slug, "--from-now"]);
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^1 period was billed on [\w-]+: 19\.04 EUR\. [34] before it are not charged\.$/),
  ]);
  const { subscription } = await see(workspace, "/subscription");
  expect(subscription).toMatchObject({ state: "active" });
  expect((await whootCommand(server, ["billing", "renew", workspace.slug, "--now"])).code).toBe(2);
});

test("a workspace that waits for the operator can cancel, and is charged nothing for the periods that were missed", async () => {
  const workspace = await makeHalted();
  const { subscription } = await see(workspace, "/subscription");
  const quoted = await make(workspace, "subscription", { wanted: { change: "cancel" } });
  expect(quoted).toMatchObject({ document: null, nextInvoice: null, endsAt: subscription.periodTo });
  expect((await see(workspace, "/subscription")).subscription).toMatchObject({ state: "ended" });
  expect((await see(workspace, "/invoices")).items).toHaveLength(1);
  await make(workspace, "subscription", choice(2));
});

test("the operator takes back a mistyped payment, pays out credit and writes off an invoice", async () => {
  const workspace = await makeWorkspace(owner);
  const { slug } = workspace;
  await make(workspace, "subscription", choice(10));
  await pass(15);
  await inState(workspace, "active");
  const oldest = async () => (await see(workspace, "/invoices")).items.at(-1);
  const { number } = await oldest();
  const run = async (...args: string[]) => (await whootCommand(server, ["billing", ...args])).output;
  // The operator mistypes 95.20 as 952.00.
  expect(await run("paid", number, "952.00")).toBe(`952.00 EUR for ${number}. 856.80 EUR are a credit.`);
  expect(await run("paid", number, "-856.80")).toBe(`856.80 EUR for ${number} are taken back. 0.00 EUR are due on it now.`);
  expect(await run("paid", number, "-95.21")).toMatch(/^95\.21 EUR are more than was paid/);
  expect(await run("refund", slug, "95.21", "no")).toMatch(/^At most \d+\.\d\d EUR can be paid out/);
  await run("paid", number, "9.80");
  expect(await run("refund", slug, "9.80", "They", "paid", "twice.")).toBe("9.80 EUR of credit are paid out. 0.00 EUR are left.");
  expect(await run("refund", slug, "0.01", "more")).toMatch(/^At most 0\.00 EUR/);
  expect(await oldest()).toMatchObject({ due: 0, paid: 0, credited: 9_520 });

  const other = await makeWorkspace(owner);
  await make(other, "subscription", choice(2));
  await pass(15);
  await inState(other, "active");
  const [invoice] = (await see(other, "/invoices")).items;
  await run("paid", invoice.number, "5.00");
  expect(await run("paid", invoice.number, "-5.00")).toBe(
    `5.00 EUR for ${invoice.number} are taken back. 19.04 EUR are due on it now.`,
  );
  await run("paid", invoice.number, "9.04");
  expect(await run("write-off", invoice.number)).toMatch(/^Why\?/);
  expect(await run("write-off", invoice.number, "bankrupt")).toBe(
    `10.00 EUR of ${invoice.number} are written off. The invoice stays as it is.`,
  );
  expect((await see(other, "/invoices")).items[0]).toMatchObject({ due: 0, paid: 904, writtenOff: 1_000 });
  expect(await run("write-off", invoice.number, "again")).toMatch(/^Nothing is due/);
  expect(await audited(other)).toContain("billing.written_off");
  // A late payment first pays what was written off. Only the rest is credit.
  expect(await run("paid", invoice.number, "4.00")).toBe(`4.00 EUR for ${invoice.number}. It is paid.`);
  expect((await see(other, "/invoices")).items[0]).toMatchObject({ due: 0, paid: 1_304, writtenOff: 600 });
  expect(await run("paid", invoice.number, "7.00")).toBe(`7.00 EUR for ${invoice.number}. 1.00 EUR are a credit.`);
  expect((await see(other, "/invoices")).items[0]).toMatchObject({ due: 0, paid: 1_904, writtenOff: 0 });
  const actions = await audited(workspace);
  for (const action of ["payment_reversed", "refunded"]) expect(actions).toContain(`billing.${action}`);
  const services = await openServices(server);
  for (const { tenantId } of [workspace, other]) expect(await checkLedger(services, tenantId)).toBeNull();
  await services.close();
});

test("a subscription that a script changes makes at most 20 documents a day and 500 waiting lines", async () => {
  const workspace = await makeWorkspace(owner);
  await make(workspace, "subscription", choice(2));
  await pass(15);
  await inState(workspace, "active");
  for (let document = 2; document <= 20; document++) {
    await make(workspace, "subscription", choice(2, { interval: document % 2 === 0 ? "year" : "month" }));
  }
  const path = `${workspace.path}/billing`;
  const another = await owner.post(`${path}/subscription/quotes`, choice(2, { interval: "month" }));
  expect([another.status, another.code]).toEqual([429, "rate_limited"]);
  expect((await see(workspace, "/invoices")).items).toHaveLength(20);
  await make(workspace, "licences", { licences: 3 });
  const [first] = await server.database.query<{ number: number }>(
    "select max(number) as number from billing_lines where tenant_id = $1",
    [workspace.tenantId],
  );
  const rows = 499;
  await server.database.query(
    `insert into billing_lines select tenant_id, subscription_id, number + n, 'charge', item, 0, unit_price, from_at, to_at, 0, tax_category,
        tax_rate, tax_reason, null, true, null, plan
      from billing_lines, generate_series(1, $2::int) n where tenant_id = $1 and number = $3`,
    [workspace.tenantId, rows, first?.number],
  );
  await server.database.query("update subscriptions set line_count = line_count + $2 where tenant_id = $1 and not ended", [
    workspace.tenantId,
    rows,
  ]);
  const waits = await owner.post(`${path}/licences/quotes`, { licences: 4 });
  expect([waits.status, waits.code]).toEqual([429, "rate_limited"]);
});
