/** Documents of deleted workspaces: which ones the law keeps, where and for how long. No crash and no full disk loses one. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Receipt } from "#contract/receipt.ts";
import { eraseTenant, newTombstone, RESUME_ERASURES, resumeErasures } from "../../deletions/erasure.ts";
import { finishDeletions } from "../../deletions/deletions.ts";
import { beginErasure, eraseRest } from "../../deletions/queries.ts";
import { verifyReceipt } from "../../deletions/receipts.ts";
import { lockRoster } from "../../access/roster.ts";
import { temporaryFolder } from "../../testing/folders.ts";
import { useNoJob } from "../../testing/jobs.ts";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../../testing/people.ts";
import { useServer } from "../../testing/server.ts";
import { mountSmallDisk } from "../../testing/small-disk.ts";
import { erasureEnded } from "../../testing/traces.ts";
import { openServices } from "../../testing/transmissions.ts";
import { whootCommand } from "../../testing/whoot-command.ts";
import { renew } from "../reckoning/renewal.ts";
import { begin } from "../reckoning/subscription.ts";
import { findSubscription, recordPayment, saveStep } from "../store.ts";
import { at, moment, team } from "../testing/at.ts";
import { furnishBilling, terms } from "../testing/furnish.ts";
import { stageDocuments, tidyAfterCrash, tidyArchive } from "./archive.ts";
import { archiveFolder, LAST_TIDIED } from "./folder.ts";

const server = useServer({ billing: "sample" });
useNoJob(server, RESUME_ERASURES); // the tests erase by themselves
let services: Awaited<ReturnType<typeof openServices>>;
let owner: Person;
let admin: Person;
beforeAll(async () => {
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
  admin = await signUpPerson(server, "Adam");
});
afterAll(() => services.close());

const folder = () => archiveFolder(server.config);
const YEAR = new Date().getUTCFullYear();
const JANUARY = `${YEAR}-01-01T00:00:00Z`;
/** The sample catalogue keeps documents for eight years. */
const KEPT_UNTIL = `${YEAR + 8}-12-31`;

interface Billed extends Workspace {
  numbers: string[];
  invoiceIds: string[];
}

/** A workspace of Acme Ltd with an invoice for each month of this year until `month`. */
async function makeBilled(months = 3): Promise<Billed> {
  const workspace = await makeWorkspace(owner);
  const { tenantId, path } = workspace;
  await furnishBilling({ admin: server.database, database: services.database }, tenantId, begin(team(10), moment(JANUARY)));
  for (let month = 2; month <= months; month += 1) {
    const day = `${YEAR}-${String(month).padStart(2, "0")}-01T00:00:00Z`;
    await services.database.withTenant(tenantId, async (tx) => {
      await lockRoster(tx);
      const stored = await findSubscription(tx);
      if (!stored) throw new Error("no subscription");
      await saveStep(tx, stored, renew(stored.subscription, moment(day)), terms(at(day)));
    });
  }
  const items = (await owner.get(`${path}/billing/invoices?limit=100`)).json.items as { number: string; invoiceId: string }[];
  const oldest = items.toReversed();
  return { ...workspace, numbers: oldest.map(({ number }) => number), invoiceIds: oldest.map(({ invoiceId }) => invoiceId) };
}

async function pdfOf({ path }: Workspace, invoiceId: string): Promise<Buffer> {
  return (await owner.get(`${path}/billing/invoices/${invoiceId}/pdf`)).bytes;
}

async function deleteIt({ path, slug }: Workspace): Promise<string> {
  const answer = await owner.post(`${path}/deletion`, { slug });
  expect([answer.status, answer.text]).toEqual([202, answer.text]);
  return answer.json.token as string;
}

const receiptOf = async (token: string) => (await owner.post("/api/v1/deletions/lookup", { token })).json.receipt as Receipt;

/** Deletes the workspace as deleteTenant does, but queues no erasure. */
async function decide({ tenantId }: Workspace): Promise<void> {
  await stageDocuments(services, tenantId);
  await services.database.asPlatform("decide a deletion", async ({ db, enterTenant }) => {
    await enterTenant(tenantId);
    const erasure = await beginErasure(db, { tenantId, tokenHash: null, replay: false });
    if (erasure) await services.tombstones.update(tenantId, () => newTombstone({ ...erasure, billing: OWED }));
  });
}
const OWED = { currency: "EUR", digits: 2, openInvoices: 1, due: 9_520, creditLost: 0, daysLost: 3 };

/** The changes that make a server believe it is noon of this day. */
const onDay = (day: string) => ({
  ...services,
  billing: { ...services.billing, now: () => at(`${day}T12:00:00Z`), readClock: async () => {} },
});
const TODAY = new Date().toISOString().slice(0, 10);

const archivedOf = async ({ numbers }: Billed) => (await folder().list()).filter(({ number }) => numbers.includes(number));

async function openFromArchive(number: string): Promise<{ content: Buffer; output: string }> {
  const scratch = temporaryFolder("whoot-test-archive-");
  const { code, output } = await whootCommand(server, ["billing", "archive", "open", number, resolve(scratch, "file")]);
  expect([code, output]).toEqual([0, output]);
  const content = readFileSync(resolve(scratch, "file"));
  rmSync(scratch, { recursive: true });
  return { content, output };
}

test("before the deletion, only the owner sees what is owed, lost and kept", async () => {
  const workspace = await makeBilled(2);
  await addMember(server, owner, workspace, admin, workspace.roles.Admin);
  const [first = ""] = workspace.invoiceIds;
  await services.database.withTenant(workspace.tenantId, (tx) => recordPayment(tx, first, 10_000n, at(JANUARY)));
  const { billing } = (await owner.get(`${workspace.path}/deletion`)).json;
  expect(billing).toMatchObject({
    currency: { code: "EUR", digits: 2 },
    // The payment exceeded its invoice by 480, which paid a part of the second one.
    open: [{ number: workspace.numbers[1], due: 9040 }],
    creditLost: 0,
    archive: { documents: 2, keptUntil: KEPT_UNTIL },
  });
  expect(await admin.get(`${workspace.path}/deletion`)).toMatchObject({ status: 403, code: "owner_only" });
  expect((await owner.get(`${(await makeWorkspace(owner)).path}/deletion`)).json.billing).toMatchObject({
    open: [],
    archive: null,
  });
});

describe("after a deletion", () => {
  let workspace: Billed;
  let drawn: Buffer;
  let receipt: Receipt;
  beforeAll(async () => {
    workspace = await makeBilled();
    drawn = await pdfOf(workspace, workspace.invoiceIds[0] ?? "");
    const token = await deleteIt(workspace);
    await erasureEnded(server, workspace);
    receipt = await receiptOf(token);
  });

  test("the archive has each document once, under its number and its last day alone", async () => {
    expect(await archivedOf(workspace)).toEqual(workspace.numbers.map((number) => ({ number, keptUntil: KEPT_UNTIL })));
    const files = readdirSync(resolve(server.config.dataFolder, "archive")).filter(
      (name) => !["staged", LAST_TIDIED].includes(name),
    );
    expect(files.filter((name) => !/^\d{4}-12-31_[0-9A-Z]+-\d+\.sealed$/.test(name))).toEqual([]);
    expect(await folder().listStaged()).not.toContain(workspace.tenantId);
  });

  test("a stored PDF is archived byte for byte, and a document that nobody opened is drawn", async () => {
    const [first = "", second = ""] = workspace.numbers;
    expect((await openFromArchive(first)).content.equals(drawn)).toBe(true);
    const { content, output } = await openFromArchive(second);
    expect(content.subarray(0, 5).toString()).toBe("%PDF-");
    expect(output).toContain("95.20 EUR of it were not paid when its workspace was deleted.");
  });

  test("the receipt says what was owed, lost and kept, and names the exception", async () => {
    expect(receipt).toMatchObject({
      billing: { currency: "EUR", digits: 2, openInvoices: 3, due: 28_560, creditLost: 0 },
      archived: { documents: 3, keptUntil: KEPT_UNTIL },
    });
    expect(receipt.statement).toContain(`except 3 issued documents (invoices and credit notes) that the issuer's law demands`);
    const { publicKey } = (await owner.get("/api/v1/receipt-key")).json;
    expect(verifyReceipt(receipt, publicKey)).toBe(true);
    expect(verifyReceipt({ ...receipt, archived: undefined }, publicKey)).toBe(false);
  });

  test("the archive's files reveal nothing of a document, and a renamed or changed file does not open", async () => {
    const [name] = await archivedOf(workspace);
    if (!name) throw new Error("nothing archived");
    const sealed = await folder().read(name);
    for (const text of ["Acme", "PDF", "9520", workspace.tenantId]) expect(sealed.includes(text)).toBe(false);
    const later = { ...name, keptUntil: `${YEAR + 20}-12-31` };
    await folder().write(later, sealed);
    await folder().remove(name);
    const { code, output } = await whootCommand(server, ["billing", "archive", "open", name.number, "/nowhere/file"]);
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining("can't be opened") });
    await folder().remove(later);
    await folder().write(name, sealed);
  });

  test("the operator lists and opens archived documents, and opening overwrites no file", async () => {
    const { output } = await whootCommand(server, ["billing", "archive", "list"]);
    expect(output).toContain(`${workspace.numbers[0]}  kept until ${KEPT_UNTIL}`);
    const scratch = temporaryFolder("whoot-test-archive-");
    writeFileSync(resolve(scratch, "mine"), "mine");
    const there = await whootCommand(server, [
      "billing",
      "archive",
      "open",
      workspace.numbers[0] ?? "",
      resolve(scratch, "mine"),
    ]);
    expect(there).toMatchObject({ code: 2, output: expect.stringContaining("is there already") });
    expect(readFileSync(resolve(scratch, "mine"), "utf8")).toBe("mine");
    rmSync(scratch, { recursive: true });
    for (const args of [["open", "NOPE2222-000001", "file"], ["open"], ["list", "all"], []]) {
      expect((await whootCommand(server, ["billing", "archive", ...args])).code).toBe(2);
    }
  });

  test("documents are erased the day after their last day, but not by a clock that no earlier day confirms", async () => {
    const dayAfter = `${YEAR + 9}-01-01`;
    rmSync(resolve(server.config.dataFolder, "archive", LAST_TIDIED), { force: true });
    await tidyArchive(onDay(dayAfter));
    await tidyArchive(onDay(TODAY));
    await tidyArchive(onDay(dayAfter));
    await tidyArchive(onDay(dayAfter));
    await folder().noteTidied(`${YEAR + 8}-12-01`);
    await tidyArchive(onDay(KEPT_UNTIL));
    expect(await archivedOf(workspace)).toHaveLength(3);
    await tidyArchive(onDay(dayAfter));
    expect(await archivedOf(workspace)).toEqual([]);
  });
});

test("documents older than the law's years are not archived", async () => {
  const workspace = await makeBilled(2);
  await server.database.query("update invoices set issued_on = $2 where number = $1", [
    workspace.numbers[0],
    `${YEAR - 9}-12-31`,
  ]);
  await folder().noteTidied(TODAY);
  await stageDocuments(onDay(`${YEAR + 9}-01-01`), workspace.tenantId); // a clock that is far ahead expires nothing
  expect(await folder().staged(workspace.tenantId).list()).toHaveLength(1);
  const token = await deleteIt(workspace);
  await erasureEnded(server, workspace);
  expect((await archivedOf(workspace)).map(({ number }) => number)).toEqual([workspace.numbers[1]]);
  expect((await receiptOf(token)).archived).toEqual({ documents: 1, keptUntil: KEPT_UNTIL });
});

test("an erasure that is stopped after every step archives each document once, and none of its rows goes before", async () => {
  const workspace = await makeBilled();
  const { tenantId } = workspace;
  const drawn = await pdfOf(workspace, workspace.invoiceIds[1] ?? "");
  await decide(workspace);
  for (let stopAfter = 1, ended = false; !ended; stopAfter += 1) {
    let taken = 0;
    const step = async () => {
      taken += 1;
      const [left] = await server.database.query<{ rows: number }>(
        "select count(*)::int as rows from invoices where tenant_id = $1",
        [tenantId],
      );
      if (left?.rows !== 3) expect(await archivedOf(workspace)).toHaveLength(3);
      if (taken >= stopAfter) throw new Error("killed");
    };
    ended = await eraseTenant(services, tenantId, { step }).then(
      () => true,
      (error: Error) => {
        expect(error.message).toBe("killed");
        return false;
      },
    );
  }
  expect((await services.tombstones.find(tenantId))?.receipt?.archived).toEqual({ documents: 3, keptUntil: KEPT_UNTIL });
  expect(await archivedOf(workspace)).toHaveLength(3);
  expect((await openFromArchive(workspace.numbers[1] ?? "")).content.equals(drawn)).toBe(true);
});

test("copies that a refused deletion or a crash left are removed, and those of an erasure or of a deletion that is being decided stay", async () => {
  const [refused, erasing] = [await makeBilled(1), await makeBilled(1)];
  await decide(erasing);
  await stageDocuments(services, refused.tenantId);
  await tidyArchive(services);
  expect(await folder().listStaged()).toContain(refused.tenantId);
  const twoHoursAgo = new Date(Date.now() - 7_200_000);
  for (const { tenantId } of [refused, erasing])
    utimesSync(resolve(server.config.dataFolder, "archive", "staged", tenantId), twoHoursAgo, twoHoursAgo);
  await tidyArchive(services);
  expect(await folder().listStaged()).toEqual([erasing.tenantId]);
  await stageDocuments(services, refused.tenantId);
  writeFileSync(resolve(server.config.dataFolder, "archive", "2030-12-31_ABCD2222-000001.sealed.x.part"), "half");
  await tidyAfterCrash(services);
  expect(await folder().listStaged()).toEqual([erasing.tenantId]);
  expect(readdirSync(resolve(server.config.dataFolder, "archive")).filter((name) => name.endsWith(".part"))).toEqual([]);
  await eraseTenant(services, erasing.tenantId);
  expect(await folder().listStaged()).toEqual([]);
});

test("when an older database is restored before the archive has everything, the copies are archived all the same, except a damaged one", async () => {
  const workspace = await makeBilled();
  await decide(workspace);
  const staged = folder().staged(workspace.tenantId);
  for (const name of (await staged.list()).slice(2)) await staged.write(name, Buffer.from("damaged"));
  // The database is from before the workspace existed: it knows neither the workspace nor its erasure.
  await services.database.asPlatform("forget a workspace", async ({ db, enterTenant }) => {
    await enterTenant(workspace.tenantId);
    await eraseRest(db, workspace.tenantId, services.tenantData.tables);
  });
  services.keys.destroy(workspace.tenantId);
  await server.database.query("delete from directory_erasures where tenant_id = $1", [workspace.tenantId]);
  await tidyAfterCrash(services);
  await finishDeletions(services);
  await erasureEnded(server, workspace);
  expect((await services.tombstones.find(workspace.tenantId))?.receipt).toMatchObject({
    archived: { documents: 2, keptUntil: KEPT_UNTIL },
    customer: "kept",
    billing: OWED,
  });
  expect(await services.tombstones.find(workspace.tenantId)).not.toHaveProperty("forReceipt");
  expect((await openFromArchive(workspace.numbers[0] ?? "")).content.subarray(0, 5).toString()).toBe("%PDF-");
});

/** Erases the workspace. When the run reaches this step, another run erases all rows before it goes on. */
async function eraseBesideAnother({ tenantId }: Workspace, place: string): Promise<void> {
  let isFirst = true;
  const step = async (name: string) => {
    if (name !== place || !isFirst) return;
    isFirst = false;
    const stop = (at: string) => {
      if (at === "last rows") throw new Error("stopped");
    };
    await expect(eraseTenant(services, tenantId, { step: stop })).rejects.toThrow("stopped");
  };
  await eraseTenant(services, tenantId, { step });
  expect(isFirst).toBe(false);
}

test("an erasure that finds nothing more to archive, because another one archived it meanwhile, leaves the receipt as it is", async () => {
  const workspace = await makeBilled(1);
  await decide(workspace);
  await eraseBesideAnother(workspace, "key");
  expect((await services.tombstones.find(workspace.tenantId))?.receipt?.archived).toEqual({
    documents: 1,
    keptUntil: KEPT_UNTIL,
  });
});

test("an erasure goes on when another one archives the rest meanwhile and removes the copies that this one was reading", async () => {
  const workspace = await makeBilled(2);
  await decide(workspace);
  await eraseBesideAnother(workspace, "document archived");
  expect((await services.tombstones.find(workspace.tenantId))?.receipt?.archived).toEqual({
    documents: 2,
    keptUntil: KEPT_UNTIL,
  });
  expect(await archivedOf(workspace)).toHaveLength(2);
});

test("a deletion replayed after a restore archives nothing twice, and nothing that its receipt excludes", async () => {
  const [kept, without] = [await makeBilled(1), await makeBilled(1)];
  for (const workspace of [kept, without]) {
    const { tenantId } = workspace;
    const receipt = { archived: workspace === kept ? { documents: 1, keptUntil: KEPT_UNTIL } : undefined };
    await services.database.asPlatform("a replayed deletion", async ({ db, enterTenant }) => {
      await enterTenant(tenantId);
      const erasure = await beginErasure(db, { tenantId, tokenHash: null, replay: true });
      if (!erasure) throw new Error("no erasure");
      const now = new Date().toISOString();
      await services.tombstones.update(tenantId, () => ({
        ...newTombstone(erasure),
        keyDestroyedAt: now,
        receipt: {
          ...{ version: 1, workspaceId: tenantId, server: server.url, deletedAt: now, keyDestroyedAt: now, completedAt: now },
          ...{ erased: [], replays: [], statement: "", publicKey: "", signature: "" },
          ...(receipt.archived ? { archived: receipt.archived } : {}),
        },
      }));
    });
    await eraseTenant(services, tenantId);
  }
  expect(await archivedOf(kept)).toHaveLength(1);
  expect(await archivedOf(without)).toEqual([]);
});

test("the receipt says whether the payment provider erased the customer, and waits three days for it", async () => {
  const asked: string[] = [];
  let answers = false;
  let turn = new AbortController();
  const payments = {
    ...services.payments,
    provider: "stripe" as const,
    async forget(customerId: string) {
      turn.abort(); // a provider that hangs takes longer than one turn of the erasure
      if (!answers) throw new Error("away");
      asked.push(customerId);
    },
  };
  const withCustomer = async () => {
    const workspace = await makeBilled(1);
    await decide(workspace);
    return workspace;
  };
  const erase = ({ tenantId }: Workspace) => {
    turn = new AbortController();
    return eraseTenant({ ...services, payments }, tenantId, { turn: turn.signal });
  };
  const receiptNow = async ({ tenantId }: Workspace) => (await services.tombstones.find(tenantId))?.receipt ?? null;
  const [patient, late, elsewhere] = [await withCustomer(), await withCustomer(), await withCustomer()];

  // A request that was admitted before the deletion.
  await server.database.query("insert into directory_payments values ('stripe', $1, $2)", ["cus_meanwhile", patient.tenantId]);
  await expect(erase(patient)).rejects.toThrow("away");
  expect(await receiptNow(patient)).toBeNull();
  const [waiting] = await server.database.query("select waits_for from directory_erasures where tenant_id = $1", [
    patient.tenantId,
  ]);
  expect(waiting).toEqual({ waits_for: "provider" });
  answers = true;
  await eraseTenant({ ...services, payments }, patient.tenantId);
  expect(asked.toSorted()).toEqual([`cus_${patient.tenantId}`, "cus_meanwhile"].toSorted());
  expect(await receiptNow(patient)).toMatchObject({ customer: "erased" });

  answers = false;
  await server.database.query("update directory_erasures set requested_at = now() - interval '4 days' where tenant_id = $1", [
    late.tenantId,
  ]);
  await expect(erase(late)).rejects.toThrow("aborted"); // it signed the receipt, and its next turn ends it
  expect(await receiptNow(late)).toMatchObject({ customer: "kept", statement: expect.stringContaining("was not erased there") });
  // A server without a provider can't ask. Each night queues erasures that have no job any more.
  await resumeErasures(services);
  await erasureEnded(server, elsewhere);
  expect(await receiptNow(elsewhere)).toMatchObject({ customer: "kept" });
});

describe("a full disk", () => {
  test("refuses the deletion and says why, and an erasure waits until there is room", async (context) => {
    const [refused, decided] = [await makeBilled(2), await makeBilled(2)];
    await pdfOf(refused, refused.invoiceIds[0] ?? "");
    const there = await folder().list();
    for (const name of there) await folder().remove(name);
    const disk = mountSmallDisk(resolve(server.config.dataFolder, "archive"));
    if (disk === null) return context.skip();
    try {
      await decide(decided);
      await folder().removeStaged(decided.tenantId);
      const filler = resolve(disk, "filler");
      expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrow("ENOSPC");
      const answer = await owner.post(`${refused.path}/deletion`, { slug: refused.slug });
      expect(answer).toMatchObject({ status: 503, code: "disk_unavailable" });
      expect(answer.json.detail).toContain("invoices are kept");
      expect((await owner.get(refused.path)).status).toBe(200);

      const rows = async () =>
        (await server.database.query("select 1 from invoices where tenant_id = $1", [decided.tenantId])).length;
      await expect(eraseTenant(services, decided.tenantId)).rejects.toThrow("ENOSPC");
      expect(await rows()).toBe(2);
      const [waiting] = await server.database.query("select waits_for from directory_erasures where tenant_id = $1", [
        decided.tenantId,
      ]);
      expect(waiting).toEqual({ waits_for: "archive" });
      rmSync(filler);
      await eraseTenant(services, decided.tenantId);
      expect(await rows()).toBe(0);
      expect(await archivedOf(decided)).toHaveLength(2);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
