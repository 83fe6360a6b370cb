/**
 * An audit log with a million entries: pages by every kind of filter over HTTP, the CSV export and the server's memory meanwhile, the
 * check of the chain, and what an entry adds to the time of its change. On the embedded database, on loopback.
 *
 *   node bench/audit-log.ts
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { v7 as uuidv7 } from "uuid";
import { AUDIT_ACTION_NAMES } from "#contract/audit.ts";
import { superuserUrl } from "../e2e/support/database.ts";
import { PINNED_NODE, ROOT } from "../scripts/prepare.mjs";
import { openAudit } from "../server/src/audit/audit.ts";
import { openDatabase } from "../server/src/platform/db/pools.ts";
import { servingUrls } from "../server/src/platform/db/prepare.ts";
import { appendEntries } from "../server/src/testing/audit-log.ts";
import { type Figure, percentile } from "./figure.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

const ENTRIES = Number(process.env["ENTRIES"] ?? 1_000_000);
const NEIGHBOUR = ENTRIES / 5;
const TENTH = ENTRIES / 10;
const PAGES = 40;
const CHANGES = 300;
const START = Date.UTC(2024, 0, 1);
const BETWEEN_MS = 60_000;
const MEGABYTE = 2 ** 20;
/** The interface shows a skeleton after 1 s; a page of a list should never need one. */
const PAGE_LIMIT_MS = 100;

const people = Array.from({ length: 200 }, () => uuidv7());
const targetIds = Array.from({ length: 5_000 }, () => uuidv7());
/** Half of all entries are sign-ins of one busy person; filters for other people must not read them. */
const busyId = uuidv7();

function describe(index: number) {
  const isBusy = index % 2 === 0;
  return {
    occurredAt: new Date(START + index * BETWEEN_MS),
    action: isBusy ? "session.signed_in" : (AUDIT_ACTION_NAMES[index % AUDIT_ACTION_NAMES.length] ?? ""),
    actorMemberId: isBusy ? busyId : (people[index % people.length] ?? null),
    actorName: isBusy ? "Busy Bot" : `Person ${index % people.length}`,
    targetType: "channel",
    targetId: isBusy ? busyId : (targetIds[index % targetIds.length] ?? null),
    targetName: `Channel ${index % targetIds.length}`,
    ipAddress: "192.0.2.17",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0 Safari/537.36",
    changes: JSON.stringify({ name: { from: `Ops ${index}`, to: `Operations ${index}` } }),
  };
}

const timeOf = (index: number) => new Date(START + index * BETWEEN_MS).toISOString();
const FILTERS: Record<string, string> = {
  "first page": "",
  "one action": "action=role.created",
  "a group": "group=membership",
  "an actor": `actor=${people[7]}`,
  "a target": `target=${targetIds[42]}`,
  "an actor and a group that never met": `actor=${busyId}&group=roles`,
  "an actor and a target that never met": `actor=${people[3]}&target=${busyId}`,
  "a day long ago": `from=${timeOf(TENTH)}&to=${timeOf(TENTH + 1_440)}`,
  "a month, a group, an actor": `from=${timeOf(TENTH)}&to=${timeOf(TENTH + 43_200)}&group=channels&actor=${people[9]}`,
  "deep: the page before a year ago": `to=${timeOf(ENTRIES / 2)}`,
};

const figure = (name: string, value: number, properties: Pick<Figure, "unit" | "better"> & Partial<Figure>): Figure => ({
  name,
  value: Number(value.toFixed(2)),
  aim: null,
  reference: null,
  ...properties,
});
const MS = { unit: "ms", better: "lower" } as const;
const MB = { unit: "MB", better: "lower" } as const;
const SPEED = { unit: "entries/s", better: "higher" } as const;

function get({ url, slug, owner }: Workspace, query: string, to = ""): Promise<Response> {
  return fetch(`${url}/api/v1/tenants/${slug}/audit-log${to}?${query}`, { headers: { cookie: owner.cookie } });
}

async function measurePages(workspace: Workspace): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, query] of Object.entries(FILTERS)) {
    const durations: number[] = [];
    for (let page = 0; page < PAGES; page += 1) {
      const start = performance.now();
      const response = await get(workspace, query);
      await response.text();
      if (!response.ok) throw new Error(`${query}: ${response.status}`);
      durations.push(performance.now() - start);
    }
    figures.push(
      figure(`Page of 50: ${name}, p50`, percentile(durations, 0.5), MS),
      figure(`Page of 50: ${name}, p95`, percentile(durations, 0.95), { ...MS, aim: PAGE_LIMIT_MS }),
    );
  }
  return figures;
}

/** Resident memory of a process, in megabytes, as Linux counts it. */
function memoryOf(pid: number, what: "VmRSS" | "VmHWM"): number {
  const [, kilobytes] = new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}

async function measureExport(workspace: Workspace, name: string, query: string): Promise<Figure[]> {
  const before = memoryOf(workspace.pid, "VmRSS");
  let [peak, bytes, lines] = [before, 0, 0];
  const start = performance.now();
  const response = await get(workspace, query, "/export");
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    for (const byte of part) if (byte === 10) lines += 1;
    peak = Math.max(peak, memoryOf(workspace.pid, "VmRSS"));
  }
  const seconds = (performance.now() - start) / 1_000;
  return [
    figure(`Export of ${name}: entries`, lines - 1, { unit: "", better: "higher" }),
    figure(`Export of ${name}: size`, bytes / MEGABYTE, MB),
    figure(`Export of ${name}: speed`, (lines - 1) / seconds, SPEED),
    figure(`Export of ${name}: server's memory grew at most by`, peak - before, {
      ...MB,
      reference: "does not grow with the length",
    }),
  ];
}

async function measureVerify({ slug, dataFolder }: Workspace): Promise<Figure[]> {
  const start = performance.now();
  const child = spawn(PINNED_NODE, ["server/src/cli.ts", "audit", "verify", slug], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: "", WHOOT_DATA: dataFolder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  let peak = 0;
  child.stdout.on("data", (part: Buffer) => (output += String(part)));
  const sampling = setInterval(() => (peak = Math.max(peak, memoryOf(child.pid ?? 0, "VmHWM"))), 50);
  const [code] = (await once(child, "exit")) as [number];
  clearInterval(sampling);
  if (code !== 0) throw new Error(output);
  return [
    figure("Check of the chain: speed", ENTRIES / ((performance.now() - start) / 1_000), SPEED),
    figure("Check of the chain: memory of its process", peak, MB),
  ];
}

/** A change with an audit entry and the same change without, by turns. */
async function measureCost(adminUrl: string, tenantId: string, { channelId, dataFolder }: Workspace): Promise<Figure[]> {
  const key = Buffer.from(readFileSync(join(dataFolder, "keys", "master.key"), "utf8").trim(), "hex");
  const database = openDatabase(servingUrls(adminUrl, key), () => {});
  const durations: Record<"with" | "without", number[]> = { with: [], without: [] };
  try {
    for (let turn = 0; turn < 2 * CHANGES; turn += 1) {
      const kind = turn % 2 === 0 ? "with" : "without";
      const start = performance.now();
      await database.withTenant(tenantId, async (tx) => {
        await tx.db
          .updateTable("channels")
          .set({ description: `Turn ${turn}` })
          .where("channel_id", "=", channelId)
          .execute();
        if (kind === "without") return;
        openAudit(tx, { memberId: busyId, name: "Busy Bot", ipAddress: "192.0.2.17", userAgent: "Bench" }).record({
          action: "channel.edited",
          target: { type: "channel", id: channelId, name: "Bench" },
          changes: { description: { to: turn } },
        });
      });
      durations[kind].push(performance.now() - start);
    }
  } finally {
    await database.close();
  }
  return [
    figure("A change without its entry, p50", percentile(durations.without, 0.5), MS),
    figure("A change with its entry, p50", percentile(durations.with, 0.5), {
      ...MS,
      reference: "two more round trips, one of which writes",
    }),
  ];
}

/** Takes about three minutes, mostly to write the entries. Needs Linux (/proc) and 2 GB of disk. */
export async function measureAuditLog(): Promise<Figure[]> {
  const workspace = await makeWorkspace();
  try {
    const url = superuserUrl(workspace);
    const admin = new pg.Client({ connectionString: url });
    admin.on("error", () => {}); // the failing query reports it
    await admin.connect();
    const { rows } = await admin.query<{ tenant_id: string }>("select tenant_id from tenants where slug = $1", [workspace.slug]);
    const tenantId = rows[0]?.tenant_id ?? "";
    // Another tenant's log in the same table and indexes.
    const neighbour = uuidv7();
    await admin.query(
      "begin; set local session_replication_role = replica; " +
        `insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id) ` +
        `select '${neighbour}', 'neighbour', 'Neighbour', owner_member_id, admin_role_id from tenants t; insert into audit_heads (tenant_id) values ('${neighbour}'); commit`,
    );
    await appendEntries(url, neighbour, NEIGHBOUR, describe);
    const start = performance.now();
    await appendEntries(url, tenantId, ENTRIES, describe);
    const written = ENTRIES / ((performance.now() - start) / 1_000);
    await admin.query("analyze audit_log; checkpoint");
    await admin.end();
    return [
      figure("Entries appended in batches", written, SPEED),
      ...(await measurePages(workspace)),
      ...(await measureExport(workspace, "a tenth", `from=${timeOf(0)}&to=${timeOf(TENTH)}`)),
      ...(await measureExport(workspace, "everything", "")),
      ...(await measureExport(workspace, "everything again", "")),
      ...(await measureVerify(workspace)),
      ...(await measureCost(url, tenantId, workspace)),
    ];
  } finally {
    await workspace.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measureAuditLog());
