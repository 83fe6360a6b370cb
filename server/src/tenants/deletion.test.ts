import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startRecorder } from "../recordings/recorder.ts";
import { filesBelow } from "../testing/folders.ts";
import {
  addMember,
  freshEmail,
  makeChannel,
  makeWorkspace,
  PASSWORD,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tablesWithTenantId, tenantState } from "../testing/tenant-state.ts";
import { audioPiece, openServices, speak } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { enqueue } from "../platform/jobs.ts";
import { deleteTenant } from "./deletion.ts";

const server = useServer();
let owner: Person;
let admin: Person;

/** One of everything that a tenant can have. */
async function furnish(slug?: string): Promise<Workspace> {
  const workspace = await makeWorkspace(owner, slug);
  const { path, roles, tenantId } = workspace;
  await addMember(server, owner, workspace, admin, roles.Admin);
  await owner.post(`${path}/invitations`, { email: freshEmail("waiting"), roleId: roles.Viewer });
  const { items } = (await owner.get(`${path}/members`)).json;
  const talkers = { roleIds: [roles.Member], memberIds: [items[1].memberId] };
  const channelId = await makeChannel(owner, workspace, { name: "Ops", recording: true, transmission: "restricted", talkers });
  const services = await openServices(server);
  const recorder = startRecorder(services);
  speak(recorder, { tenantId, channelId, memberId: items[0].memberId }, [audioPiece(), audioPiece()]);
  speak(recorder, { tenantId, channelId, memberId: items[0].memberId }, [audioPiece()], false);
  await recorder.close();
  // A mail that waits for a mail server: a job in a year.
  await services.close();
  const mail = { sealed: "", tenantId };
  await server.database.query("select graphile_worker.add_job('sendMail', $1::json, run_at => now() + interval '1 year')", [
    mail,
  ]);
  await server.database.query("insert into roles values ($1, gen_random_uuid(), 'Custom', null, '{voice.join}')", [tenantId]);
  return workspace;
}

/** Everything of the tenant that could give it away: its id, its slug, and the id of each of its rows. */
async function traces({ tenantId, slug }: Workspace): Promise<string[]> {
  const found = new Set([tenantId, slug]);
  for (const table of await tablesWithTenantId(server.database)) {
    const rows = await server.database.query(`select * from ${table} where tenant_id = $1`, [tenantId]);
    for (const [column, value] of rows.flatMap((row) => Object.entries(row))) {
      if (["account_id", "session_id", "email_hash"].includes(column)) continue; // people stay, and may be invited elsewhere
      if (column.endsWith("_id") && typeof value === "string") found.add(value);
      if (Buffer.isBuffer(value)) found.add(value.toString("hex"));
    }
  }
  return [...found];
}

/** Where any of the traces is: every column of every table of every schema, every file but PostgreSQL's own. */
async function findTraces(needles: string[]): Promise<string[]> {
  const hits: string[] = [];
  const columns = await server.database.query<{ table: string; column: string; type: string }>(`
    select format('%I.%I', n.nspname, c.relname) as table, quote_ident(a.attname) as column, a.atttypid::regtype::text as type
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped
      and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_%'`);
  expect(columns.some(({ table }) => table.startsWith("graphile_worker."))).toBe(true);
  const patterns = needles.flatMap((needle) => [`%${needle}%`, `%${needle.replaceAll("-", "")}%`]);
  for (const { table, column, type } of columns) {
    const text = type === "bytea" ? `encode(${column}, 'hex')` : `${column}::text`;
    const rows = await server.database.query(`select ${text} as value from ${table} where ${text} like any ($1) limit 1`, [
      patterns,
    ]);
    if (rows.length > 0) hits.push(`${table}.${column}: ${String(rows[0]?.value)}`);
  }
  for (const [name, content] of filesBelow(server.config.dataFolder, ["postgres"])) {
    if (needles.some((needle) => name.includes(needle) || content.includes(needle))) hits.push(name);
  }
  return hits;
}

const keyFile = ({ tenantId }: Workspace) => resolve(server.config.keysFolder, "tenants", `${tenantId}.key`);
const erased = ({ tenantId }: Workspace) =>
  until("the erasure to end", async () => {
    const [row] = await server.database.query<{ left: string }>(
      `select (select count(*) from directory_erasures where tenant_id = $1::uuid)
        + (select count(*) from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
          where task.identifier = 'eraseTenant' and job.payload ->> 'tenantId' = $1::text) as left`,
      [tenantId],
    );
    return row?.left === "0";
  });

beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
  admin = await signUpPerson(server, "Admin");
});

describe("a deletion is refused, and nothing is changed,", () => {
  let workspace: Workspace;
  let before: Record<string, string>;
  const remove = (person: Person, body: unknown) => person.post(`${workspace.path}/deletion`, body);
  beforeAll(async () => {
    workspace = await furnish();
    before = await tenantState(server, workspace.tenantId);
  });

  test("by an admin who is not the owner", async () => {
    expect(await remove(admin, { slug: workspace.slug, password: PASSWORD })).toMatchObject({ status: 403, code: "owner_only" });
  });
  test("with another slug typed, or the slug in another case", async () => {
    for (const slug of ["something-else", workspace.slug.toUpperCase(), ` ${workspace.slug}`, ""]) {
      expect(await remove(owner, { slug, password: PASSWORD })).toMatchObject({ status: 409, code: "confirmation_mismatch" });
    }
  });
  test("with a wrong password, said beside the field", async () => {
    const refused = await remove(owner, { slug: workspace.slug, password: "not the password" });
    expect(refused).toMatchObject({ status: 401, code: "wrong_credentials", json: { fields: [{ path: "password" }] } });
  });
  test("and all of it is there afterwards", async () => {
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
    expect(existsSync(keyFile(workspace))).toBe(true);
  });
});

test("a deleted tenant leaves no trace in any table, file, job or mail, and its neighbour is as it was", async () => {
  const [doomed, neighbour] = [await furnish(), await furnish()];
  const needles = await traces(doomed);
  const before = await tenantState(server, neighbour.tenantId);
  for (const [what, part] of Object.entries(await tenantState(server, doomed.tenantId))) {
    if (what !== "directory_erasures") expect([what, part]).not.toEqual([what, expect.stringMatching(/^0 rows/)]);
  }
  const found = await findTraces(needles);
  for (const place of [
    /^graphile_worker\./,
    /^outbox/,
    /^recordings/,
    /^keys/,
    /^public\.directory_slugs/,
    /^public\.transmissions/,
  ]) {
    expect(found).toContainEqual(expect.stringMatching(place));
  }

  const answer = await owner.post(`${doomed.path}/deletion`, { slug: doomed.slug, password: PASSWORD });
  expect(answer.status).toBe(202);
  // At once, whatever the erasure still has to do.
  expect(existsSync(keyFile(doomed))).toBe(false);
  expect((await owner.get(doomed.path)).code).toBe("not_found");
  expect((await owner.get("/api/v1/me")).text).not.toContain(doomed.slug);

  await erased(doomed);
  expect(await findTraces(needles)).toEqual([]);
  expect(await tenantState(server, neighbour.tenantId)).toEqual(before);
  const { tenantId } = await makeWorkspace(owner, doomed.slug);
  expect(tenantId).not.toBe(doomed.tenantId);
});

test("two deletions at once both get an answer, and the tenant is gone", async () => {
  const workspace = await furnish();
  const body = { slug: workspace.slug, password: PASSWORD };
  const answers = await Promise.all([1, 2, 3].map(() => owner.post(`${workspace.path}/deletion`, body)));
  expect(answers.map((answer) => answer.status)).toContain(202);
  for (const { status } of answers) expect([202, 404]).toContain(status);
  await erased(workspace);
  expect(await findTraces([workspace.tenantId])).toEqual([]);
});

test("what requests that were under way during the deletion write is erased too", async () => {
  const workspace = await furnish();
  const needles = await traces(workspace);
  const writing = Array.from({ length: 12 }, (_, index) =>
    owner.post(`${workspace.path}/invitations`, {
      email: freshEmail("late"),
      roleId: workspace.roles[index % 2 ? "Admin" : "Viewer"],
    }),
  );
  const creating = Array.from({ length: 12 }, (_, index) => owner.post(`${workspace.path}/channels`, { name: `Late ${index}` }));
  await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug, password: PASSWORD });
  await Promise.all([...writing, ...creating]);
  await erased(workspace);
  expect(await findTraces(needles)).toEqual([]);
});

test("a job that asks to erase a tenant that nobody deleted erases nothing", async () => {
  const workspace = await furnish();
  const before = await tenantState(server, workspace.tenantId);
  const services = await openServices(server);
  const { tenantId } = workspace;
  await services.database.withTenant(tenantId, (tx) => enqueue(tx.db, "eraseTenant", { tenantId }));
  await services.close();
  await erased(workspace);
  expect(await tenantState(server, tenantId)).toEqual(before);
  expect(existsSync(keyFile(workspace))).toBe(true);
});

test("a crash between the commit and the erasure: the next start destroys the key and erases, though the job was lost", async () => {
  const workspace = await furnish();
  const needles = await traces(workspace);
  await server.stop();
  // The process dies right after its commit: the key is not destroyed, no job has run, and a dead worker holds the job.
  const services = await openServices(server);
  const crashed = { ...services, keys: { ...services.keys, destroy: () => {} } };
  const owning = { accountId: owner.accountId, isOwner: true } as unknown as Parameters<typeof deleteTenant>[1];
  await deleteTenant(crashed, owning, workspace, { slug: workspace.slug, password: PASSWORD });
  await services.close();
  await server.database.query(
    "update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now(), attempts = max_attempts",
  );
  expect(existsSync(keyFile(workspace))).toBe(true);

  await server.restart();
  expect(existsSync(keyFile(workspace))).toBe(false);
  owner.url = server.url;
  await until("the erasure to end", async () => (await server.database.query("select 1 from directory_erasures")).length === 0);
  await server.database.query("delete from graphile_worker._private_jobs where locked_by = 'dead'");
  expect(await findTraces(needles)).toEqual([]);
});
