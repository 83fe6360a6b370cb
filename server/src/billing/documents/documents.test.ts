/** Documents by HTTP, and their storage. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesBelow } from "../../testing/folders.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../../testing/people.ts";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { change } from "../reckoning/changes.ts";
import { sum } from "../reckoning/lines.ts";
import { findSubscription, recordPayment, saveStep } from "../store.ts";
import { at, moment, seats } from "../testing/at.ts";
import { furnishBilling, terms } from "../testing/furnish.ts";
import { findIssued, openDocument } from "./documents.ts";
import { facturX } from "./facturx.ts";
import { MAX_LINES } from "./queries.ts";
import { packed, readPdf } from "./testing/read-pdf.ts";
import { readInvoice } from "./testing/read-invoice.ts";

const server = useServer();
type Services = Awaited<ReturnType<typeof openServices>>;
let services: Services;
let owner: Person;
beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
});
afterAll(() => services.close());

interface Billed extends Workspace {
  invoiceId: string;
  number: string;
}

async function makeBilled(): Promise<Billed> {
  const workspace = await makeWorkspace(owner);
  await furnishBilling({ admin: server.database, database: services.database }, workspace.tenantId);
  // As if the profile had already named the country.
  await server.database.query(`update invoices set buyer = buyer || '{"country": "DE"}' where tenant_id = $1`, [
    workspace.tenantId,
  ]);
  const [invoice] = (await owner.get(`${workspace.path}/billing/invoices`)).json.items;
  return { ...workspace, invoiceId: invoice.invoiceId, number: invoice.number };
}

const fileOf = ({ tenantId, invoiceId }: Billed) => resolve(server.config.dataFolder, "documents", tenantId, invoiceId);
const get = ({ path, invoiceId }: Billed) => owner.send("GET", `${path}/billing/invoices/${invoiceId}/pdf`);
const open = (billed: Billed, changes: Partial<Services> = {}) => openDocument({ ...services, ...changes }, billed, ["tests"]);
const issued = (billed: Billed) =>
  services.database.withTenant(billed.tenantId, (tx) => findIssued(services.database, tx, billed.invoiceId));

describe("documents by HTTP", () => {
  test("a document is a PDF whose name is its number, with the same bytes each time", async () => {
    const billed = await makeBilled();
    const first = await get(billed);
    expect([first.status, first.headers["content-type"]]).toEqual([200, "application/pdf"]);
    expect(first.headers["content-disposition"]).toBe(`attachment; filename="${billed.number}.pdf"`);
    expect(first.headers["cache-control"]).toBe("no-store");
    const kept = readFileSync(fileOf(billed));
    const second = await get(billed);
    expect(second.bytes.equals(first.bytes)).toBe(true);
    expect(readFileSync(fileOf(billed)).equals(kept)).toBe(true);
    const pdf = await open(billed);
    const { pages, attachments } = await readPdf(pdf);
    for (const text of [billed.number, "Team, licences", "95.20 EUR"]) expect(pages.join("")).toContain(packed(text));
    expect(readInvoice(attachments.get("factur-x.xml") ?? "")).toMatchObject({ number: billed.number, sums: { gross: "95.20" } });
  });

  test("a document is found neither by a stranger nor at another workspace's path", async () => {
    const [billed, other] = [await makeBilled(), await makeBilled()];
    const foreign = await owner.get(`${other.path}/billing/invoices/${billed.invoiceId}/pdf`);
    expect([foreign.status, foreign.code]).toEqual([404, "not_found"]);
    const stranger = await signUpPerson(server, "Stan");
    expect((await stranger.get(`${billed.path}/billing/invoices/${billed.invoiceId}/pdf`)).status).toBe(404);
    expect(existsSync(fileOf(billed))).toBe(false);
  });
});

describe("the content of a document", () => {
  test("stays the same after a payment, a new profile and a later plan", async () => {
    const billed = await makeBilled();
    const before = await issued(billed);
    await server.database.query("update billing_accounts set company = 'Another', language = 'de' where tenant_id = $1", [
      billed.tenantId,
    ]);
    await services.database.withTenant(billed.tenantId, (tx) =>
      recordPayment(tx, billed.invoiceId, 20_000n, at("2026-01-02T00:00:00Z")),
    );
    await services.database.withTenant(billed.tenantId, async (tx) => {
      const stored = await findSubscription(tx);
      if (!stored) throw new Error("no subscription");
      const choice = { plan: "business", interval: "month", items: [seats(10, 1200)] } as const;
      await saveStep(tx, stored, change(stored.subscription, { kind: "plan", choice }, moment("2026-01-16T00:00:00Z")), {
        ...terms(at("2026-01-16T00:00:00Z")),
      });
    });
    expect(await issued(billed)).toEqual(before);
    const [latest] = (await owner.get(`${billed.path}/billing/invoices?limit=1`)).json.items;
    const next = await issued({ ...billed, invoiceId: latest.invoiceId });
    expect(next?.lines.map(({ kind, plan }) => [kind, plan])).toEqual([
      ["credit", "Team"],
      ["charge", "Business"],
    ]);
    // The payment was 104.80 more than the first invoice.
    expect(next).toMatchObject({ settled: next?.totals.gross, buyer: { name: "Another", language: "de" }, sample: false });
  });

  test("names a plan as it was called when it was charged, even in a credit after the operator renamed it", async () => {
    const billed = await makeBilled();
    await server.database.query(
      `insert into billing_catalogues (version, valid_from, content, sha256)
       select 2, now(), jsonb_set(content, '{plans,1,name}', '"Crew"'), '\\x01' from billing_catalogues where version = 1`,
    );
    await services.database.withTenant(billed.tenantId, async (tx) => {
      const stored = await findSubscription(tx);
      if (!stored) throw new Error("no subscription");
      const choice = { plan: "team", interval: "month", items: [seats(10, 900)] } as const;
      const step = change(stored.subscription, { kind: "plan", choice }, moment("2026-01-16T00:00:00Z"));
      await saveStep(tx, { ...stored, catalogueVersion: 2 }, step, terms(at("2026-01-16T00:00:00Z")));
    });
    const [latest] = (await owner.get(`${billed.path}/billing/invoices?limit=1`)).json.items;
    const next = await issued({ ...billed, invoiceId: latest.invoiceId });
    expect(next?.lines.map(({ kind, plan }) => [kind, plan])).toEqual([
      ["credit", "Team"],
      ["charge", "Crew"],
    ]);
  });

  test("a credit note says which invoices it amends and what it settles", async () => {
    const billed = await makeBilled();
    const day = "2026-01-16T12:00:00Z";
    await services.database.withTenant(billed.tenantId, async (tx) => {
      const stored = await findSubscription(tx);
      if (!stored) throw new Error("no subscription");
      const step = change(stored.subscription, { kind: "items", items: [seats(8)] }, moment(day));
      await saveStep(tx, stored, step, { ...terms(at(day)), sample: true });
    });
    const [note] = (await owner.get(`${billed.path}/billing/invoices?limit=1`)).json.items;
    const document = await issued({ ...billed, invoiceId: note.invoiceId });
    expect(document).toMatchObject({
      ...{ kind: "credit note", settled: 952n, sample: true },
      amends: [{ number: billed.number, issuedOn: "2026-01-01" }],
    });
  });

  test(`more than ${MAX_LINES} lines are summed up for each item, with the same sums`, async () => {
    const billed = await makeBilled();
    const many = 100_000;
    // Pairs of a charge and a credit, so that the document's sums stay.
    await server.database.query(
      `insert into billing_lines (tenant_id, subscription_id, number, kind, item, quantity, unit_price, from_at, to_at, amount,
         tax_category, tax_rate, credits, pending, invoice_id, plan, catalogue_version)
       select tenant_id, subscription_id, 1 + n, case when n % 2 = 1 then 'charge' else 'credit' end, 'seats', 3, 800, from_at, to_at,
         100, 'S', 190000, case when n % 2 = 1 then null else n end, false, invoice_id, plan, catalogue_version
       from billing_lines, generate_series(1, $2) n where tenant_id = $1 and number = 1`,
      [billed.tenantId, many],
    );
    const document = await issued(billed);
    if (!document) throw new Error("no document");
    expect(document.lines).toMatchObject([{ kind: "charge", changes: many + 1, amount: 8000n, plan: "Team" }]);
    expect(sum(document.lines)).toBe(document.totals.net);
    expect(readInvoice(facturX(document)).lines).toMatchObject([
      { name: "Team, 100,001 changes together", quantity: "1", price: "80.00", amount: "80.00" },
    ]);
    expect((await get(billed)).status).toBe(200);
  });
});

describe("a stored document", () => {
  test("is drawn once for eight simultaneous requests", async () => {
    const billed = await makeBilled();
    let runs = 0;
    const threads: Services["threads"] = {
      ...services.threads,
      run: (...args) => {
        runs += 1;
        return services.threads.run(...args) as never;
      },
    };
    const all = await Promise.all(Array.from({ length: 8 }, () => open(billed, { threads })));
    expect([runs, new Set(all.map((pdf) => pdf.toString("latin1"))).size]).toEqual([1, 1]);
    await open(billed, { threads });
    expect(runs).toBe(1);
  });

  test("is sealed, so that its file reveals nothing", async () => {
    const billed = await makeBilled();
    await get(billed);
    const files = filesBelow(resolve(server.config.dataFolder, "documents", billed.tenantId));
    expect([...files.keys()]).toEqual([billed.invoiceId]);
    for (const needle of ["%PDF", "factur-x", billed.number]) expect(files.get(billed.invoiceId)?.includes(needle)).toBe(false);
  });

  test("is drawn again with the same bytes after a crash or damage on the disk", async () => {
    const billed = await makeBilled();
    mkdirSync(resolve(fileOf(billed), ".."), { recursive: true });
    writeFileSync(`${fileOf(billed)}.part`, "half");
    const pdf = await open(billed);
    const sealed = readFileSync(fileOf(billed));
    sealed[100] = (sealed[100] ?? 0) ^ 1;
    writeFileSync(fileOf(billed), sealed);
    expect((await open(billed)).equals(pdf)).toBe(true);
    expect(readFileSync(fileOf(billed)).equals(sealed)).toBe(false);
    expect(readdirSync(resolve(fileOf(billed), ".."))).toEqual([billed.invoiceId]);
  });

  test("is sent but not stored on a full disk", async () => {
    const billed = await makeBilled();
    const full = () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC", syscall: "write" }));
    for (const step of ["append", "finish"] as const) {
      const documents: Services["documents"] = {
        ...services.documents,
        write: async (...args) => ({ ...(await services.documents.write(...args)), [step]: full }),
      };
      expect((await open(billed, { documents })).subarray(0, 5).toString()).toBe("%PDF-");
      expect(readdirSync(resolve(fileOf(billed), ".."))).toEqual([]);
    }
    await open(billed);
    expect(existsSync(fileOf(billed))).toBe(true);
  });

  test("is sealed again when the key is replaced, and opens without the old key", async () => {
    const billed = await makeBilled();
    const pdf = await open(billed);
    const { keys, tenantData } = services;
    keys.replace(billed.tenantId, keys.nameOf(billed.tenantId));
    expect((await open(billed)).equals(pdf)).toBe(true);
    const outcomes: string[] = [];
    for (const store of tenantData.sealed) for await (const outcome of store.sealAnew(billed.tenantId)) outcomes.push(outcome);
    keys.destroyPrevious(billed.tenantId);
    expect(outcomes).not.toContain("unreadable");
    const never: Services["threads"] = { ...services.threads, run: () => Promise.reject(new Error("drawn again")) };
    expect((await open(billed, { threads: never })).equals(pdf)).toBe(true);
  });

  test("leaves no file if its tenant is deleted while it is drawn", async () => {
    const billed = await makeBilled();
    for (const when of ["drawn", "written"] as const) {
      const beside = await openServices(server);
      const destroy = () => beside.keys.destroy(billed.tenantId);
      const key = readFileSync(resolve(server.config.keysFolder, "tenants", `${billed.tenantId}.key`));
      const changed: Services = {
        ...beside,
        threads: {
          ...beside.threads,
          run: async (...args) => {
            const result = await beside.threads.run(...args);
            if (when === "drawn") destroy();
            return result as never;
          },
        },
        documents: {
          ...beside.documents,
          write: async (...args) => {
            const writer = await beside.documents.write(...args);
            if (when === "written") destroy();
            return writer;
          },
        },
      };
      await expect(openDocument(changed, billed, ["tests"])).rejects.toThrow("has no key");
      expect(existsSync(resolve(fileOf(billed), ".."))).toBe(false);
      writeFileSync(resolve(server.config.keysFolder, "tenants", `${billed.tenantId}.key`), key);
      await beside.close();
    }
  });
});
