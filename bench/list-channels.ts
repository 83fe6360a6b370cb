/**
 * How many "list channels" requests the server answers per second, with everything: cookie, session, membership, role, row-level security,
 * transaction, JSON, headers. It takes turns with a bare route (bench/bare-route.ts) on the same database, Node, query, answer and number
 * of connections.
 *
 *   node bench/list-channels.ts
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { superuserUrl } from "../e2e/support/database.ts";
import { PINNED_NODE } from "../scripts/prepare.mjs";
import { listChannelPage } from "../server/src/channels/queries.ts";
import type { Bare } from "./bare-route.ts";
import { cpuOf } from "./cpu.ts";
import { type Figure, percentile } from "./figure.ts";
import type { Load, LoadResult } from "./load.ts";
import { CHANNEL_LIST, statementsOf, writeOut } from "./statements.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

const CHANNELS = 20;
const NEIGHBOURS = 200;
/** People who list, each on a connection of their own. */
const PEOPLE = 16;
/** The size of the server's pool for tenants (platform/db/pools.ts). */
const DATABASE_CONNECTIONS = 20;
const ROUNDS = 9;
const SECONDS = 2;
/** Answers of each server before the first round, so that its code is compiled. */
const WARM_UP_ANSWERS = 20_000;
const AIM_PERCENT = 70;

/** Adds 200 workspaces, and to each workspace its channels, every fourth of them restricted. */
export const FURNISH = `
  do $$
  declare t uuid; o uuid; a uuid; n int;
  begin
    for n in 1..${NEIGHBOURS} loop
      select gen_random_uuid(), gen_random_uuid(), gen_random_uuid() into t, o, a;
      insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id) values (t, 'neighbour-' || n, 'Neighbour ' || n, o, a);
      insert into roles (tenant_id, role_id, name, built_in) values (t, a, 'Admin', 'admin');
      insert into members (tenant_id, member_id, account_id, role_id, name, email)
        values (t, o, gen_random_uuid(), a, 'Owner', 'o' || n || '@example.com');
    end loop;
    insert into channels (tenant_id, channel_id, name, description, transmission)
      select tenant_id, gen_random_uuid(), 'Channel ' || i, 'What this one is for, in a sentence, number ' || i,
        case when i % 4 = 0 then 'restricted' else 'open' end
      from tenants, generate_series(2, ${CHANNELS}) i;
    insert into channel_talker_roles (tenant_id, channel_id, role_id)
      select tenant_id, channel_id, admin_role_id from channels join tenants using (tenant_id) where transmission = 'restricted';
    insert into channel_talker_members (tenant_id, channel_id, member_id)
      select tenant_id, channel_id, owner_member_id from channels join tenants using (tenant_id) where transmission = 'restricted';
  end $$`;

/** The server's query for a first page, with the tenant written out. */
export async function bareQuery(person: { tenantId: string; memberId: string; roleId: string }) {
  const { tenantId, ...member } = person;
  const statements = await statementsOf((db) => listChannelPage(db, { ...member, after: "", limit: 51 }));
  const [list] = writeOut(statements, CHANNEL_LIST, tenantId);
  return { sql: list?.text ?? "", values: list?.values ?? [] };
}

function start<Question extends object>(file: string, question: Question) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execPath: PINNED_NODE, execArgv: [] });
  child.send(question);
  return child;
}

async function answersPerSecond(load: Load): Promise<number> {
  const [result] = (await once(start("load.ts", load), "message")) as [LoadResult];
  return result.answersPerSecond;
}

async function bodyOf(url: string, cookie: string): Promise<string> {
  const answer = await fetch(url, { headers: { cookie } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.text();
}

async function startBare(workspace: Workspace, can: object) {
  const url = superuserUrl(workspace);
  const admin = new pg.Client({ connectionString: url });
  admin.on("error", () => {}); // the failing query reports it
  await admin.connect();
  const { rows } = await admin.query<{ tenantId: string; memberId: string; roleId: string }>(
    `select tenant_id as "tenantId", member_id as "memberId", role_id as "roleId"
     from tenants join members using (tenant_id) where slug = $1 and member_id = owner_member_id`,
    [workspace.slug],
  );
  await admin.end();
  const [owner] = rows;
  if (!owner) throw new Error("the workspace has no owner");
  const bare: Bare = {
    databaseUrl: url,
    ...(await bareQuery(owner)),
    connections: DATABASE_CONNECTIONS,
    can,
  };
  const child = start("bare-route.ts", bare);
  const [address] = (await once(child, "message")) as [string];
  return { address, pid: child.pid ?? 0, close: () => child.disconnect() };
}

/** Takes two minutes. Needs Linux (/proc). */
export async function measureListChannels(): Promise<Figure[]> {
  const workspace = await makeWorkspace();
  try {
    await workspace.sql(FURNISH, []);
    await workspace.sql("vacuum analyze", []);
    const url = `${workspace.url}/api/v1/tenants/${workspace.slug}/channels`.replace("localhost", "127.0.0.1");
    const cookies: string[] = [];
    for (let person = 0; person < PEOPLE; person += 1) cookies.push((await workspace.invite(`Person${person}`)).cookie);
    // Everybody is an admin, so that all answers are the same.
    await workspace.sql(
      "update members set role_id = admin_role_id from tenants where tenants.tenant_id = members.tenant_id",
      [],
    );
    const [cookie = ""] = cookies;
    const body = await bodyOf(url, cookie);
    const { items } = JSON.parse(body) as { items: { can: object }[] };
    const bare = await startBare(workspace, items[0]?.can ?? {});
    const servers = {
      whoot: { url, pid: workspace.pid },
      prepared: { url: `${bare.address}/prepared`, pid: bare.pid },
      plain: { url: `${bare.address}/plain`, pid: bare.pid },
    };
    type Name = keyof typeof servers;
    const names = Object.keys(servers) as Name[];
    const load = (name: Name, seconds: number): Load => ({
      url: servers[name].url,
      cookies,
      seconds,
      bytes: Buffer.byteLength(body),
    });

    for (const name of names) {
      if (items.length !== CHANNELS || (await bodyOf(servers[name].url, cookie)) !== body) throw new Error("the answers differ");
      for (let answers = 0; answers < WARM_UP_ANSWERS;) answers += SECONDS * (await answersPerSecond(load(name, SECONDS)));
    }
    const rates: Record<Name, number[]> = { whoot: [], prepared: [], plain: [] };
    const cpu: Record<Name, number[]> = { whoot: [], prepared: [], plain: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of names) {
        const before = cpuOf(servers[name].pid);
        const rate = await answersPerSecond(load(name, SECONDS));
        rates[name].push(rate);
        cpu[name].push(((cpuOf(servers[name].pid) - before) / (rate * SECONDS)) * 1_000);
      }
    }
    bare.close();
    return figures(rates, cpu);
  } finally {
    await workspace.close();
  }
}

type Measured = Record<"whoot" | "prepared" | "plain", number[]>;

function figures(rates: Measured, cpu: Measured): Figure[] {
  const median = (values: readonly number[]) => percentile(values, 0.5);
  /** The median of each round's own ratio, because other work of the machine slows both in the same round. */
  const share = (kind: "prepared" | "plain") =>
    Math.round(median(rates.whoot.map((rate, round) => rate / (rates[kind][round] ?? 0))) * 100);
  const answers = (name: string, kind: keyof Measured): Figure => ({
    name,
    value: Math.round(median(rates[kind])),
    unit: "answers/s",
    better: "higher",
    aim: null,
    reference: `${Math.round(median(cpu[kind]))} µs of its process's CPU each`,
  });
  return [
    answers("List channels, the server", "whoot"),
    answers("Bare route, prepared statement", "prepared"),
    answers("Bare route, as in pg's documentation", "plain"),
    {
      name: "Share of the bare route, prepared",
      value: share("prepared"),
      unit: "%",
      better: "higher",
      aim: AIM_PERCENT,
      reference: "the rest is what session, membership, role, row-level security and transaction may cost",
    },
    {
      name: "Share of the bare route, as written",
      value: share("plain"),
      unit: "%",
      better: "higher",
      aim: AIM_PERCENT,
      reference: null,
    },
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measureListChannels());
