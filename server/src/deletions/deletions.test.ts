import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { furnishBilling } from "../billing/testing/furnish.ts";
import { CHECK_DOMAINS } from "../domains/jobs.ts";
import { startRecorder } from "../recordings/recorder.ts";
import { filesBelow, temporaryFolder } from "../testing/folders.ts";
import { httpClient } from "../testing/http.ts";
import { jobsSettled, useNoJob } from "../testing/jobs.ts";
import {
  addMember,
  exportsSettled,
  freshDomain,
  freshEmail,
  letAuthenticationAge,
  makeChannel,
  makeWorkspace,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { someLogo } from "../testing/furnish.ts";
import { countAll } from "../testing/count-all.ts";
import { meanwhile } from "../testing/roster.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { erasureEnded, findTraces as tracesLeft, traces as tracesOf } from "../testing/traces.ts";
import { audioPiece, openServices, speak } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { TENANT_TABLES } from "../testing/tenant-tables.ts";
import { enqueue } from "../platform/jobs.ts";
import { KeyDestroyedError, openKeys } from "../platform/keys.ts";
import type { Receipt } from "#contract/receipt.ts";
import { openOutbox } from "../platform/mail/outbox.ts";
import { beginErasure } from "./queries.ts";
import { receiptVerify } from "./command.ts";
import { signReceipt, verifyReceipt } from "./receipts.ts";
import { ERASE_TENANT, eraseTenant } from "./erasure.ts";

const server = useServer();
useNoJob(server, CHECK_DOMAINS); // it would change the neighbour
let owner: Person;
let admin: Person;

/** A workspace with one of everything that a tenant can have. */
async function furnish(slug?: string): Promise<Workspace> {
  const workspace = await makeWorkspace(owner, slug);
  const { path, roles, tenantId } = workspace;
  await addMember(server, owner, workspace, admin, roles.Admin);
  await owner.post(`${path}/invitations`, { email: freshEmail("waiting"), roleId: roles.Viewer });
  const { items } = (await owner.get(`${path}/members`)).json;
  await owner.post(`${path}/ownership-offer`, { memberId: items[1].memberId });
  await owner.send("PUT", `${path}/logo`, someLogo());
  const talkers = { roleIds: [roles.Member], memberIds: [items[1].memberId] };
  const channelId = await makeChannel(owner, workspace, { name: "Ops", recording: true, transmission: "restricted", talkers });
  const services = await openServices(server);
  const recorder = startRecorder(services, () => {});
  speak(recorder, { tenantId, channelId, memberId: items[0].memberId }, [audioPiece(), audioPiece()]);
  speak(recorder, { tenantId, channelId, memberId: items[0].memberId }, [audioPiece()], false);
  await recorder.close();
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  expect((await owner.post(`${path}/access-reviews`, { name: "Autumn", dueAt })).status).toBe(201);
  await owner.post(`${path}/exports`);
  await exportsSettled(owner, path);
  await furnishBilling({ admin: server.database, database: services.database }, tenantId);
  const [invoice] = (await owner.get(`${path}/billing/invoices`)).json.items;
  expect((await owner.get(`${path}/billing/invoices/${invoice.invoiceId}/pdf`)).status).toBe(200);
  await services.close();
  // A job in a year, like a mail that waits for a mail server.
  const mail = { sealed: "", tenantId };
  await server.database.query("select graphile_worker.add_job('sendMail', $1::json, run_at => now() + interval '1 year')", [
    mail,
  ]);
  await server.database.query("insert into roles values ($1, gen_random_uuid(), 'Custom', null, '{voice.join}')", [tenantId]);
  await server.database.query(
    `with claim as (insert into domains (tenant_id, domain_id, domain, token, claimed_by_name)
       values ($1, gen_random_uuid(), $2, 'token', 'Olga') returning tenant_id, domain_id, domain)
     insert into directory_domains (tenant_id, domain_id, domain) select * from claim`,
    [tenantId, freshDomain()],
  );
  await server.database.query(
    `insert into key_rotations (tenant_id, rotation_id, old_key, started_by_name, finished_at)
       values ($1, gen_random_uuid(), '0123456789abcdef', 'Olga', now())`,
    [tenantId],
  );
  await server.database.query(
    "insert into directory_mfa_resets values ($1, $2, uuid_send(gen_random_uuid()), now(), gen_random_uuid())",
    [admin.accountId, tenantId],
  );
  await furnishSso(tenantId, items[1].memberId);
  return workspace;
}

/** A connection, a member who came through it, a response that was used, and a browser on its way to the provider. */
async function furnishSso(tenantId: string, memberId: string): Promise<void> {
  await server.database.query(
    `with connection as (insert into sso_connections (tenant_id, connection_id, name, provider, protocol)
       values ($1, gen_random_uuid(), 'Corp', 'other', 'saml') returning connection_id),
     identity as (insert into sso_identities (tenant_id, connection_id, subject, member_id) select $1, connection_id, 'ada', $2 from connection),
     used as (insert into sso_assertions select $1, connection_id, uuid_send(gen_random_uuid()), now() from connection),
     directory as (insert into directory_sso_connections select connection_id, $1 from connection)
     insert into directory_sso_transactions (transaction_id, tenant_id, connection_id, purpose, handle_hash, browser_hash)
       select gen_random_uuid(), $1, connection_id, 'sign_in', uuid_send(connection_id), uuid_send(gen_random_uuid()) from connection`,
    [tenantId, memberId],
  );
}

const traces = (workspace: Workspace) => tracesOf(server, workspace);
const findTraces = (needles: string[]) => tracesLeft(server, needles);
const tombstoneFile = ({ tenantId }: Workspace) => resolve(server.config.dataFolder, "deletions", `${tenantId}.json`);
function put(folder: string, name: string, content: Buffer): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, name), content);
}
const keyFile = ({ tenantId }: Workspace) => resolve(server.config.keysFolder, "tenants", `${tenantId}.key`);
const erased = (workspace: Workspace) => erasureEnded(server, workspace);

beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
  admin = await signUpPerson(server, "Admin");
});

describe("a deletion is refused", () => {
  let workspace: Workspace;
  let before: Record<string, string>;
  const remove = (person: Person, body: unknown) => person.post(`${workspace.path}/deletion`, body);
  beforeAll(async () => {
    workspace = await furnish();
    await admin.get(workspace.path); // the first visit makes an audit log entry
    before = await tenantState(server, workspace.tenantId);
  });

  test("for an admin who is not the owner", async () => {
    expect(await remove(admin, { slug: workspace.slug })).toMatchObject({ status: 403, code: "owner_only" });
  });
  test("when the typed slug is different or in another case", async () => {
    for (const slug of ["something-else", workspace.slug.toUpperCase(), ` ${workspace.slug}`, ""]) {
      expect(await remove(owner, { slug })).toMatchObject({ status: 409, code: "confirmation_mismatch" });
    }
  });
  test("for a session that was not authenticated within five minutes, though another one of the owner's was", async () => {
    await letAuthenticationAge(server, owner);
    await signIn(server, owner.email);
    const refused = await remove(owner, { slug: workspace.slug });
    expect(refused).toMatchObject({ status: 403, code: "reauthentication_required" });
    // The typed slug is checked first, so that nobody authenticates again for nothing.
    expect((await remove(owner, { slug: "something-else" })).code).toBe("confirmation_mismatch");
    expect((await owner.post("/api/v1/session/authentication", { password: PASSWORD })).status).toBe(204);
    expect((await remove(owner, { slug: "something-else" })).code).toBe("confirmation_mismatch");
  });
  test("for an owner who handed over the workspace while the deletion waited", async () => {
    const handOver = `update tenants set owner_member_id = (select member_id from members m
      where m.tenant_id = tenants.tenant_id and account_id = $1) where tenant_id = $2`;
    await server.database.query(handOver, [admin.accountId, workspace.tenantId]);
    const ask = () => remove(admin, { slug: workspace.slug });
    expect((await meanwhile(server, workspace, ask, handOver, [owner.accountId, workspace.tenantId])).code).toBe("owner_only");
  });
  test("and nothing is changed by any of these refusals", async () => {
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
    expect(existsSync(keyFile(workspace))).toBe(true);
    expect(existsSync(tombstoneFile(workspace))).toBe(false);
  });
});

test("a deleted tenant leaves no trace in any table, file, job or mail, and its neighbour is unchanged", async () => {
  const [doomed, neighbour] = [await furnish(), await furnish()];
  const needles = await traces(doomed);
  const before = await tenantState(server, neighbour.tenantId);
  for (const [name, state] of Object.entries(await tenantState(server, doomed.tenantId))) {
    if (name !== "directory_erasures") expect([name, state]).not.toEqual([name, expect.stringMatching(/^0 rows/)]);
  }
  const tracesBefore = await findTraces(needles);
  for (const place of [
    /^graphile_worker\./,
    /^outbox/,
    /^recordings/,
    /^keys/,
    /^exports/,
    /^public\.directory_slugs/,
    /^public\.transmissions/,
  ]) {
    expect(tracesBefore).toContainEqual(expect.stringMatching(place));
  }

  const answer = await owner.post(`${doomed.path}/deletion`, { slug: doomed.slug });
  expect(answer.status).toBe(202);
  // Immediately, before the erasure ends.
  expect(existsSync(keyFile(doomed))).toBe(false);
  expect((await owner.get(doomed.path)).code).toBe("not_found");
  expect((await owner.get("/api/v1/me")).text).not.toContain(doomed.slug);

  await erased(doomed);
  expect(await findTraces(needles)).toEqual([]);
  expect(await tenantState(server, neighbour.tenantId)).toEqual(before);
  const { tenantId } = await makeWorkspace(owner, doomed.slug);
  expect(tenantId).not.toBe(doomed.tenantId);
});

test("three deletions at once all get an answer, and the tenant is gone", async () => {
  const workspace = await furnish();
  const body = { slug: workspace.slug };
  const answers = await Promise.all([1, 2, 3].map(() => owner.post(`${workspace.path}/deletion`, body)));
  expect(answers.map((answer) => answer.status)).toContain(202);
  for (const { status } of answers) expect([202, 404]).toContain(status);
  await erased(workspace);
  expect(await findTraces([workspace.tenantId])).toEqual([]);
});

test("rows written by requests that run during the deletion are erased too", async () => {
  const workspace = await furnish();
  const needles = await traces(workspace);
  const writing = Array.from({ length: 12 }, (_, index) =>
    owner.post(`${workspace.path}/invitations`, {
      email: freshEmail("late"),
      roleId: workspace.roles[index % 2 ? "Admin" : "Viewer"],
    }),
  );
  const creating = Array.from({ length: 12 }, (_, index) => owner.post(`${workspace.path}/channels`, { name: `Late ${index}` }));
  await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug });
  await Promise.all([...writing, ...creating]);
  await erased(workspace);
  expect(await findTraces(needles)).toEqual([]);
});

test("an erasure job for a tenant that nobody deleted erases nothing", async () => {
  const workspace = await furnish();
  const before = await tenantState(server, workspace.tenantId);
  const services = await openServices(server);
  const { tenantId } = workspace;
  await services.database.withTenant(tenantId, (tx) => enqueue(tx.db, ERASE_TENANT, { tenantId }));
  await services.close();
  await erased(workspace);
  expect(await tenantState(server, tenantId)).toEqual(before);
  expect(existsSync(keyFile(workspace))).toBe(true);
});

/** Looks up what the owner's link shows, without signing in. */
const follow = (token: string) => httpClient(server.url).post("/api/v1/deletions/lookup", { token });
const receiptOf = async (token: string): Promise<Receipt> =>
  until("the receipt", async () => (await follow(token)).json.receipt as Receipt | null);
async function deleteIt({ path, slug }: Workspace): Promise<string> {
  const answer = await owner.post(`${path}/deletion`, { slug });
  expect([answer.status, answer.json]).toEqual([202, { token: expect.any(String) }]);
  return answer.json.token;
}

const asCounts = (erased: Receipt["erased"]) => Object.fromEntries(erased.map(({ kind, count }) => [kind, count]));

describe("the receipt", () => {
  let workspace: Workspace;
  let before: Record<string, number>;
  let token: string;
  let receipt: Receipt;
  beforeAll(async () => {
    owner = await signUpPerson(server, "Owner"); // the previous owner has reached the rate limit
    workspace = await furnish();
    await jobsSettled(server);
    before = await countAll(server, workspace.tenantId);
    token = await deleteIt(workspace);
    receipt = await receiptOf(token);
  });

  test("states times in order, and counts every kind exactly", () => {
    expect(asCounts(receipt.erased)).toEqual(before);
    expect(Object.keys(before)).toEqual(expect.arrayContaining(["recordings", "members", "audit log entries", "waiting jobs"]));
    expect([receipt.deletedAt, receipt.keyDestroyedAt, receipt.completedAt]).toEqual(
      [receipt.deletedAt, receipt.keyDestroyedAt, receipt.completedAt].toSorted(),
    );
    expect(receipt).toMatchObject({
      workspaceId: workspace.tenantId,
      server: server.url.replace("127.0.0.1", "localhost"),
      replays: [],
    });
  });

  test("contains no personal data, and nothing about the workspace but its id", async () => {
    const needles = [workspace.slug, owner.name, owner.email, admin.name, admin.email, owner.accountId, "Ops", "127.0.0.1"];
    for (const needle of needles) expect(JSON.stringify(receipt)).not.toContain(needle);
  });

  test("verifies with the server's key only, and not after any change", async () => {
    const { publicKey } = (await owner.get("/api/v1/receipt-key")).json;
    expect(verifyReceipt(receipt, publicKey)).toBe(true);
    const forged: Array<Partial<Receipt>> = [
      { erased: receipt.erased.slice(1) },
      { deletedAt: "2020-01-01T00:00:00.000Z" },
      { workspaceId: randomUUID() },
      { replays: [{ foundAt: receipt.deletedAt, completedAt: receipt.deletedAt, erased: [] }] },
      { signature: Buffer.alloc(64).toString("base64url") },
    ];
    for (const change of forged) expect(verifyReceipt({ ...receipt, ...change }, publicKey)).toBe(false);
    // A receipt with another server's key and signature verifies with that key only.
    const { signature: _, publicKey: __, ...content } = receipt;
    const elsewhere = signReceipt(openKeys(temporaryFolder("whoot-test-keys-"), Buffer.alloc(32, 9)), content);
    expect(verifyReceipt(elsewhere, publicKey)).toBe(false);
    expect(verifyReceipt(elsewhere, elsewhere.publicKey)).toBe(true);
  });

  test("is verified by the operator's command, which detects a change", async () => {
    const folder = temporaryFolder("whoot-test-receipt-");
    const verify = async (content: unknown, ...options: string[]) => {
      const lines: string[] = [];
      put(folder, "receipt.json", Buffer.from(JSON.stringify(content)));
      const args = [resolve(folder, "receipt.json"), ...options];
      const exitCode = await receiptVerify.run(server.config, args, (line) => void lines.push(line));
      return { exitCode, output: lines.join("\n") };
    };
    expect(await verify(receipt)).toMatchObject({ exitCode: 0, output: expect.stringContaining(workspace.tenantId) });
    expect(await verify(receipt, "--key", receipt.publicKey)).toMatchObject({ exitCode: 0 });
    const changed = { ...receipt, deletedAt: "2020-01-01T00:00:00.000Z" };
    expect(await verify(changed)).toMatchObject({ exitCode: 1, output: expect.stringContaining("was changed") });
    const another = Buffer.alloc(32, 1).toString("base64url");
    expect(await verify(receipt, "--key", another)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("another server"),
    });
    await expect(verify({ version: 1 })).rejects.toThrow("is not a receipt");
    const { signature: _, publicKey: __, ...content } = receipt;
    const evil = "\u001b]0;pwned\u0007\u009b2J\u202e\r";
    const hostile = signReceipt(openKeys(temporaryFolder("whoot-test-keys-"), Buffer.alloc(32, 9)), {
      ...content,
      erased: [{ kind: evil, count: 1 }],
    });
    const shown = await verify(hostile, "--key", hostile.publicKey);
    expect(shown).toMatchObject({ exitCode: 0, output: expect.stringContaining("1  ?]0;pwned??2J??") });
    expect(shown.output).not.toMatch(/[^\P{C}\n]/u);
    rmSync(folder, { recursive: true });
  });

  test("is also available as a PDF with the signed JSON attached", async () => {
    const pdf = await httpClient(server.url).post("/api/v1/deletions/receipt-pdf", { token });
    expect(pdf).toMatchObject({ status: 200, headers: { "content-type": "application/pdf" } });
    expect(pdf.bytes.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.bytes.includes("receipt.json")).toBe(true);
  });

  test("opens with the mailed link and with no guessed token", async () => {
    const outbox = openOutbox(resolve(server.config.dataFolder, "outbox"));
    const mail = await until("the mail", async () =>
      (await outbox.list()).find(({ link }) => link?.endsWith(`/deletion#${token}`)),
    );
    expect(mail.to).toBe(owner.email);
    expect(`${mail.subject} ${mail.text}`).not.toContain(workspace.slug);
    const id = Buffer.from(workspace.tenantId.replaceAll("-", ""), "hex");
    const guesses = [
      randomBytes(48),
      Buffer.concat([id, randomBytes(32)]),
      Buffer.concat([id, Buffer.alloc(32)]),
      Buffer.alloc(48),
    ];
    for (const guess of guesses) {
      for (const path of ["lookup", "receipt-pdf"]) {
        const answer = await httpClient(server.url).post(`/api/v1/deletions/${path}`, { token: guess.toString("base64url") });
        expect([answer.status, answer.code]).toEqual([404, "not_found"]);
      }
    }
    expect((await follow("short")).code).toBe("invalid_input");
  });
});

test("an erasure that is stopped after every step continues where it was and counts nothing twice", async () => {
  const workspace = await furnish();
  await jobsSettled(server);
  const needles = await traces(workspace);
  const before = await countAll(server, workspace.tenantId);
  await server.stop();
  // As if the process died right after its commit: no tombstone, the key still exists, and no job runs.
  const services = await openServices(server);
  await services.database.asPlatform("as deleteTenant does", async (tx) => {
    await tx.enterTenant(workspace.tenantId);
    await beginErasure(tx.db, { tenantId: workspace.tenantId, tokenHash: null, replay: false });
  });
  const steps: string[] = [];
  for (let stopAfter = 1; ; stopAfter++) {
    let taken = 0;
    const step = (name: string) => {
      taken += 1;
      if (taken < stopAfter) return;
      steps.push(name);
      throw new Error("killed");
    };
    // Each run stops one step later than the run before.
    const ended = await eraseTenant(services, workspace.tenantId, { step, rowsAtOnce: 1 }).then(
      () => true,
      (error: Error) => (expect(error.message).toBe("killed"), false),
    );
    if (ended) break;
  }
  expect(steps).toEqual(expect.arrayContaining(["key", "file"]));
  const { receipt } = (await services.tombstones.find(workspace.tenantId)) ?? { receipt: null };
  await services.close();
  expect(asCounts(receipt?.erased ?? [])).toEqual(before);
  await server.restart();
  expect(await findTraces(needles)).toEqual([]);
});

test("after a crash with a committed deletion but no tombstone, the next start writes it, destroys the key and erases, even if the job is lost", async () => {
  const workspace = await furnish();
  const needles = await traces(workspace);
  await server.stop();
  const services = await openServices(server);
  await services.database.asPlatform("as deleteTenant does", async (tx) => {
    await tx.enterTenant(workspace.tenantId);
    await beginErasure(tx.db, { tenantId: workspace.tenantId, tokenHash: null, replay: false });
    await enqueue(tx.db, ERASE_TENANT, { tenantId: workspace.tenantId }, `erase ${workspace.tenantId}`);
  });
  await services.close();
  await server.database.query(
    "update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now(), attempts = max_attempts",
  );
  expect(existsSync(keyFile(workspace))).toBe(true);
  expect(existsSync(tombstoneFile(workspace))).toBe(false);

  await server.restart();
  expect(existsSync(keyFile(workspace))).toBe(false);
  expect(existsSync(tombstoneFile(workspace))).toBe(true);
  await until("the erasure to end", async () => (await server.database.query("select 1 from directory_erasures")).length === 0);
  await erased(workspace);
  expect(await findTraces(needles)).toEqual([]);
});

describe("a restored backup from before the deletion", () => {
  let doomed: Workspace;
  let neighbour: Workspace;
  let before: Record<string, string>;
  let counted: Record<string, number>;
  let token: string;
  let kept: Map<string, Buffer>;

  beforeAll(async () => {
    [doomed, neighbour] = [await furnish(), await furnish()];
    await jobsSettled(server);
    await server.restart(); // so that the backup has the recovered recordings
    before = await tenantState(server, neighbour.tenantId);
    counted = await countAll(server, doomed.tenantId);
    kept = filesBelow(resolve(server.config.dataFolder, "recordings", doomed.tenantId));
    await server.stop();
    const backup = await server.database.backUp();
    await server.restart();
    token = await deleteIt(doomed);
    await receiptOf(token);
    await erased(doomed);
    await server.stop();
    await backup.restore();
    await backup.remove();
    for (const [name, content] of kept) put(resolve(server.config.dataFolder, "recordings", doomed.tenantId), name, content);
    expect((await server.database.query("select 1 from members where tenant_id = $1", [doomed.tenantId])).length).toBe(2);
  });

  test("does not bring the tenant back: nobody can find it, and it is erased again", async () => {
    await server.restart();
    expect((await owner.get(doomed.path)).code).toBe("not_found");
    expect((await owner.get("/api/v1/me")).text).not.toContain(doomed.slug);
    expect((await owner.get(`/api/v1/slugs/${doomed.slug}`)).json.available).toBe(true);
    await erased(doomed);
    expect(await findTraces([doomed.tenantId, doomed.slug])).toEqual([]);
  });

  test("is added to the receipt, which is signed again and otherwise unchanged", async () => {
    const receipt = await receiptOf(token);
    expect(asCounts(receipt.erased)).toEqual(counted);
    expect(receipt.replays).toHaveLength(1);
    const erasedAgain = asCounts(receipt.replays[0]?.erased ?? []);
    // The test put back the recordings, but not the mails, archives and documents.
    const { "mails in the outbox": _, "export archives": __, "invoices and credit notes as PDF": ___, ...restored } = counted;
    expect(erasedAgain).toEqual(restored);
    expect(verifyReceipt(receipt, (await owner.get("/api/v1/receipt-key")).json.publicKey)).toBe(true);
  });

  test("leaves the neighbour as it was in the backup", async () => {
    expect(await tenantState(server, neighbour.tenantId)).toEqual(before);
    expect((await owner.get(neighbour.path)).status).toBe(200);
  });

  test("has recordings that cannot be opened without the key", async () => {
    const services = await openServices(server);
    expect(() => services.keys.dataKey(doomed.tenantId)).toThrow(KeyDestroyedError);
    await services.close();
    for (const [, content] of kept) expect(content.includes("OggS")).toBe(false);
  });

  test("loses the key and files again at the next start, if they are put back by hand", async () => {
    await server.stop();
    put(resolve(server.config.keysFolder, "tenants"), `${doomed.tenantId}.key`, randomBytes(60));
    for (const [name, content] of kept) put(resolve(server.config.dataFolder, "recordings", doomed.tenantId), name, content);
    await server.restart();
    expect(existsSync(keyFile(doomed))).toBe(false);
    await erased(doomed);
    expect(await findTraces([doomed.tenantId, doomed.slug])).toEqual([]);
    expect((await receiptOf(token)).replays).toHaveLength(2);
  });
});

test("a start with nothing to finish changes no tombstone", async () => {
  const tombstones = () => filesBelow(resolve(server.config.dataFolder, "deletions"));
  const before = tombstones();
  expect(before.size).toBeGreaterThan(5);
  await server.restart();
  expect(await server.database.query("select 1 from directory_erasures")).toEqual([]);
  expect(tombstones()).toEqual(before);
});

test("every table that is erased in portions has an index for its order", async () => {
  const indexes = await server.database.query<{ table: string; definition: string }>(
    `select tablename as "table", indexdef as definition from pg_indexes where indexdef not like '% WHERE %'`,
  );
  const withoutIndex = TENANT_TABLES.filter((tenantTable) => {
    if (tenantTable.erase === "last") return false;
    const start = new RegExp(`\\(${[...new Set(["tenant_id", tenantTable.erase.by])].join(", ")}[,)]`);
    return !indexes.some(({ table, definition }) => table === tenantTable.table && start.test(definition));
  });
  expect(withoutIndex).toEqual([]);
});
