/**
 * Billing: ten thousand workspaces are invoiced in one run of the clock, while somebody uses another workspace. Then two servers, one with
 * billing and one without, take turns to show what billing costs a press and an admission.
 *
 *   npm run bench:billing
 *   TENANTS=500 npm run bench:billing     # a quick run
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { superuserUrl } from "../e2e/support/database.ts";
import { admitOne } from "../server/src/access/admit.ts";
import { tonePackets } from "../server/src/media/testing/rtp-client.ts";
import { type Database, openDatabase } from "../server/src/platform/db/pools.ts";
import { servingUrls } from "../server/src/platform/db/prepare.ts";
import { openKeys } from "../server/src/platform/keys.ts";
import { cpuOf, cpuOfChildren } from "./cpu.ts";
import { type Figure, percentile, ratioFigures } from "./figure.ts";
import { connect, type GatewayClient } from "./gateway.ts";
import { type Http, makeHttp } from "./http.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

const TENANTS = Number(process.env["TENANTS"] ?? 10_000);
const AIM_SECONDS = 60;
const AIM_MEGABYTES = 300;
const AIM_OTHERS = 1.3;
const AIM_COST = 1.05;
const ASK_EVERY_MS = 20;
const BASELINE_ASKS = 1_500;
const PRESSES = 300;
const WARM_UP = 20;
const ADMISSIONS = 4_000;
const GIVE_UP_MS = 900_000;

const round = (value: number) => Number(value.toFixed(2));

/** Workspaces of one owner, each with ten seats whose second month began a minute ago. */
const FURNISH = (tenants: number) => [
  `create temp table t as select n, gen_random_uuid() as tenant_id, gen_random_uuid() as member_id, gen_random_uuid() as role_id,
     gen_random_uuid() as subscription_id, 'B' || lpad(n::text, 7, '0') as prefix,
     date_trunc('second', now()) - interval '1 month' - interval '1 minute' as begun from generate_series(1, ${tenants}) n`,
  `insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id, billing_state, licences)
     select tenant_id, 'billed-' || n, 'Billed ' || n, member_id, role_id, 'active', 10 from t`,
  `insert into directory_slugs (slug, tenant_id) select 'billed-' || n, tenant_id from t`,
  `insert into roles (tenant_id, role_id, name, built_in) select tenant_id, role_id, 'Admin', 'admin' from t`,
  `insert into members (tenant_id, member_id, account_id, role_id, name, email)
     select tenant_id, member_id, account_id, role_id, name, 'owner@billed-' || n || '.example.com' from t,
       (select account_id, name from accounts limit 1) account`,
  `insert into audit_heads (tenant_id, sequence, hash) select tenant_id, 0, decode(repeat('00', 32), 'hex') from t`,
  `insert into billing_series (prefix, last) select prefix, 0 from t`,
  `insert into billing_accounts (tenant_id, series_prefix) select tenant_id, prefix from t`,
  `insert into subscriptions select tenant_id, subscription_id, 'team', 1, 'EUR', 2, 'month', begun, 0, begun, begun + interval '1 month', false,
     false, 1, begun, 1 from t`,
  `insert into billing_lines (tenant_id, subscription_id, number, kind, item, quantity, unit_price, from_at, to_at, amount, tax_category,
     tax_rate, pending, plan) select tenant_id, subscription_id, 1, 'charge', 'seats', 10, 800, begun, begun + interval '1 month', 8000, 'S',
     190000, false, 'team' from t`,
  `insert into subscription_items select tenant_id, subscription_id, 'seats', 10, 800, 1 from t`,
  `insert into billed_periods select tenant_id, subscription_id, begun, begun + interval '1 month' from t`,
];

async function withSuperuser<Result>(workspace: Workspace, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: superuserUrl(workspace) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const masterKeyOf = ({ dataFolder }: Workspace) =>
  Buffer.from(readFileSync(join(dataFolder, "keys", "master.key"), "utf8").trim(), "hex");

async function furnish(workspace: Workspace): Promise<void> {
  const keys = openKeys(join(workspace.dataFolder, "keys"), masterKeyOf(workspace));
  await withSuperuser(workspace, async (client) => {
    await client.query("set session_replication_role = replica");
    for (const step of FURNISH(TENANTS)) await client.query(step);
    const { rows } = await client.query<{ tenant_id: string }>("select tenant_id from t");
    for (const { tenant_id: tenantId } of rows) keys.create(tenantId);
    await client.query("vacuum analyze");
    await client.query("checkpoint");
  });
}

/** Repeats one request while `goesOn` says so. @returns the milliseconds of each */
async function askWhile(http: Http, workspace: Workspace, goesOn: (asked: number) => boolean): Promise<number[]> {
  const times: number[] = [];
  while (goesOn(times.length)) {
    const start = performance.now();
    const { status } = await http.ask("GET", `/tenants/${workspace.slug}/channels`, workspace.owner.cookie);
    if (status !== 200) throw new Error(`another workspace got ${status}`);
    times.push(performance.now() - start);
    await sleep(ASK_EVERY_MS);
  }
  return times;
}

/** Megabytes of the server's process. */
function residentOf({ pid }: Workspace): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1_024;
}

async function measureRun(workspace: Workspace): Promise<Figure[]> {
  await furnish(workspace);
  const http = makeHttp(workspace.url);
  try {
    return await withSuperuser(workspace, async (client) => {
      const count = async (sql: string) => Number((await client.query<{ count: string }>(sql)).rows[0]?.count);
      await askWhile(http, workspace, (asked) => asked < 200);
      const baseline = await askWhile(http, workspace, (asked) => asked < BASELINE_ASKS);
      await client.query(`insert into directory_billing select tenant_id, now() - interval '1 minute' from tenants where slug like 'billed-%'
        on conflict (tenant_id) do update set due_at = excluded.due_at`);
      const before = residentOf(workspace);
      let [most, invoiced, seconds] = [before, 0, 0];
      const postmaster = await count("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as count");
      const cpu = () => ({ server: cpuOf(workspace.pid), postgres: cpuOfChildren(postmaster) });
      const cpuBefore = cpu();
      const start = performance.now();
      await client.query("select graphile_worker.add_job('billDue')");
      const meanwhile = askWhile(http, workspace, () => invoiced < TENANTS);
      while (invoiced < TENANTS) {
        await sleep(250);
        most = Math.max(most, residentOf(workspace));
        invoiced = await count("select count(*) from invoices");
        seconds = (performance.now() - start) / 1_000;
        if (seconds * 1_000 > GIVE_UP_MS) throw new Error(`only ${invoiced} of ${TENANTS} were invoiced`);
      }
      const cpuAfter = cpu();
      const during = await meanwhile;
      const mails = await count(
        "select (select count(*) from held_jobs) + count(*) as count from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'sendWithDocument'",
      );
      const failed = await count("select count(*) from (select tenant_id from invoices group by 1 having count(*) > 1) twice");
      const [quiet, busy] = [percentile(baseline, 0.99), percentile(during, 0.99)];
      return [
        ...[
          {
            name: `${TENANTS.toLocaleString("en")} workspaces invoiced in one run`,
            value: round(seconds),
            unit: "s",
            aim: AIM_SECONDS,
          },
          { name: "Memory of the server meanwhile, at most", value: round(most), unit: "MB", aim: AIM_MEGABYTES },
          { name: "Another workspace's requests meanwhile, p99", value: round(busy / quiet), unit: "times", aim: AIM_OTHERS },
          { name: "Workspaces that were invoiced twice", value: failed, unit: "", aim: 0 },
        ].map((figure) => ({ ...figure, better: "lower" as const, reference: null })),
        {
          ...{ name: "Mails that waited at the end of the run", value: mails, unit: "", better: "lower", aim: null },
          reference: `p99 ${busy.toFixed(1)} ms against ${quiet.toFixed(1)} ms; memory before ${before.toFixed(0)} MB; each mail's PDF is drawn as it goes`,
        },
        ...(["server", "postgres"] as const).map((side) => ({
          name: `CPU a workspace, ${side === "server" ? "whoot, with the drawing of documents" : "PostgreSQL"}`,
          ...{ value: round((cpuAfter[side] - cpuBefore[side]) / TENANTS), unit: "ms", better: "lower" as const, aim: null },
          reference: "with the other workspace's requests",
        })),
      ];
    });
  } finally {
    http.close();
  }
}

/** Presses by turns on both servers. */
async function measurePresses(sides: readonly [Workspace, Workspace]): Promise<Figure[]> {
  const clients: GatewayClient[] = [];
  let speaking: NodeJS.Timeout | undefined;
  try {
    for (const side of sides) {
      const client = await connect(side, side.owner);
      clients.push(client);
      await client.enter(side.channelId);
    }
    const tone = await tonePackets();
    let frame = 0;
    speaking = setInterval(() => {
      for (const { rtp } of clients) rtp.send({ payload: tone[frame % tone.length]!, sequence: frame, timestamp: frame * 960 });
      frame += 1;
    }, 20);
    const times: [number[], number[]] = [[], []];
    for (let pressId = 1; pressId <= WARM_UP + PRESSES; pressId += 1) {
      for (const at of pressId % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const { send, next } = clients[at] as GatewayClient;
        const granted = next("the grant", (message) => message.type === "talk.granted" && message.pressId === pressId);
        const pressed = performance.now();
        send({ type: "talk.start", channelId: sides[at].channelId, pressId });
        const duration = (await granted) - pressed;
        if (pressId > WARM_UP) times[at].push(duration);
        await sleep(50);
        send({ type: "talk.stop" });
        await sleep(40);
      }
    }
    return ratioFigures(
      "Press to grant with billing, against without",
      { of: times[0], to: times[1] },
      { p50: AIM_COST, p95: null },
    );
  } finally {
    clearInterval(speaking);
    for (const client of clients) client.close();
  }
}

interface Side {
  database: Database;
  tenantId: string;
  claimant: Parameters<typeof admitOne>[1];
}

async function openSide(workspace: Workspace): Promise<Side> {
  const row = await withSuperuser(workspace, async (client) => {
    const { rows } = await client.query<{ tenantId: string; accountId: string; sessionId: string }>(
      `select tenant_id as "tenantId", account_id as "accountId", session_id as "sessionId"
       from tenants join members using (tenant_id) join sessions using (account_id) where slug = $1 limit 1`,
      [workspace.slug],
    );
    return rows[0];
  });
  if (!row) throw new Error("nobody is in the workspace");
  const database = openDatabase(servingUrls(superuserUrl(workspace), masterKeyOf(workspace)), (error) => {
    throw error;
  });
  const now = new Date();
  const proved = { signedInBy: "password", authenticatedAt: now, passwordAt: now, totpAt: null } as const;
  const nothing = { recoveryCodeAt: null, passkeyAt: null, verifiedPasskeyAt: null };
  const { tenantId, ...person } = row;
  return { database, tenantId, claimant: { ...person, ...proved, ...nothing } };
}

/** The server's own `admit`, by turns on both databases. */
async function measureAdmissions(workspaces: readonly [Workspace, Workspace]): Promise<Figure[]> {
  const sides = [await openSide(workspaces[0]), await openSide(workspaces[1])] as const;
  try {
    const times: [number[], number[]] = [[], []];
    for (let turn = -400; turn < ADMISSIONS; turn += 1) {
      for (const at of turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const { database, tenantId, claimant } = sides[at];
        const start = performance.now();
        await database.withTenant(tenantId, (tx) => admitOne(tx, claimant));
        if (turn >= 0) times[at].push(performance.now() - start);
      }
    }
    return ratioFigures("Admission with billing, against without", { of: times[0], to: times[1] }, { p50: AIM_COST, p95: null });
  } finally {
    for (const { database } of sides) await database.close();
  }
}

/** Takes about five minutes. Needs Linux (/proc). */
export async function measureBilling(): Promise<Figure[]> {
  const closers: Array<() => unknown> = [];
  try {
    const billed = await makeWorkspace({ WHOOT_BILLING: "sample" });
    closers.push(() => billed.close());
    const free = await makeWorkspace();
    closers.push(() => free.close());
    for (const workspace of [billed, free]) await workspace.sql("vacuum analyze", []);
    const sides = [billed, free] as const;
    return [...(await measurePresses(sides)), ...(await measureAdmissions(sides)), ...(await measureRun(billed))];
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
