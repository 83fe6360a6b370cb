/** Exporting a large workspace and deleting it: a million audit entries, 100,000 members, 5,000 channels, 400 MB of recordings. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openKeys } from "../server/src/platform/keys.ts";
import { makeSealer } from "../server/src/recordings/sealed-audio.ts";
import type { Figure } from "./figure.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

const ENTRIES = 1_000_000;
const MEMBERS = 100_000;
const CHANNELS = 5_000;
const RECORDINGS = 200;
const PIECE = 64 * 1024;
const PIECES = 32;

async function fill({ sql, channelId, dataFolder }: Workspace, tenantId: string): Promise<void> {
  await sql(
    `insert into members (tenant_id, member_id, account_id, role_id, name, email)
     select $1, gen_random_uuid(), gen_random_uuid(), (select role_id from roles where tenant_id = $1 and built_in = 'member'),
       'Member ' || n, 'm' || n || '@example.com' from generate_series(1, ${MEMBERS}) n`,
    [tenantId],
  );
  await sql(
    `insert into channels (tenant_id, channel_id, name) select $1, gen_random_uuid(), 'Channel ' || n from generate_series(1, ${CHANNELS}) n`,
    [tenantId],
  );
  // Skips the trigger that extends the hash chain: nothing here verifies the chain.
  await sql(
    `begin; set local session_replication_role = replica;
     insert into audit_log select '${tenantId}', 1000 + n, now(), 'workspace.edited', null, 'Owner', 'workspace', null, 'Bench',
       '127.0.0.1', null, '{"name": {"from": "A", "to": "B"}}', sha256(n::text::bytea) from generate_series(1, ${ENTRIES}) n;
     commit`,
    [],
  );
  const keys = openKeys(
    join(dataFolder, "keys"),
    Buffer.from(readFileSync(join(dataFolder, "keys", "master.key"), "utf8").trim(), "hex"),
  );
  const folder = join(dataFolder, "recordings", tenantId);
  await mkdir(folder, { recursive: true });
  const audio = randomBytes(PIECE);
  for (let count = 0; count < RECORDINGS; count += 1) {
    const transmissionId = crypto.randomUUID();
    const sealer = makeSealer(keys.dataKey(tenantId), transmissionId);
    const startedAt = new Date().toISOString();
    const pieces = [sealer.start({ channelId, memberId: transmissionId, speakerName: "Owner", startedAt })];
    for (let piece = 0; piece < PIECES; piece += 1) {
      pieces.push(sealer.piece({ durationMs: (piece + 1) * 1_000, levels: [] }, audio, piece === PIECES - 1));
    }
    await writeFile(join(folder, transmissionId), Buffer.concat(pieces));
    await sql(
      "insert into transmissions (tenant_id, transmission_id, channel_id, speaker_name, started_at, duration_ms, status) values ($1, $2, $3, 'Owner', $4, $5, 'complete')",
      [tenantId, transmissionId, channelId, startedAt, PIECES * 1_000],
    );
  }
  await sql("analyze", []);
}

/** Resident memory of the server's process in MB: now, and its peak so far. */
function memory(workspace: Workspace): { now: number; peak: number } {
  const status = readFileSync(`/proc/${workspace.pid}/status`, "utf8");
  const megabytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_000;
  return { now: megabytes("VmRSS"), peak: megabytes("VmHWM") };
}

interface Deletion {
  completedAt: string | null;
  receipt: { erased: Array<{ count: number }> } | null;
}

export async function measureExportAndDeletion(): Promise<Figure[]> {
  const workspace = await makeWorkspace();
  const { api, owner, url } = workspace;
  try {
    const { tenantId } = await api<{ tenantId: string }>(owner, "GET", "");
    await fill(workspace, tenantId);

    const before = memory(workspace);
    const exportStart = performance.now();
    const { exportId } = await api<{ exportId: string }>(owner, "POST", "/exports");
    let archive: { status: string; size: number };
    do {
      await sleep(100);
      archive = await api(owner, "GET", `/exports/${exportId}`);
    } while (archive.status === "building");
    if (archive.status !== "ready") throw new Error(`the export is ${archive.status}`);
    const seconds = (performance.now() - exportStart) / 1_000;
    const after = memory(workspace);

    // Filling it may have taken longer than an authentication is recent.
    await workspace.sql("update sessions set authenticated_at = now()", []);
    const deletionStart = performance.now();
    const { token } = await api<{ token: string }>(owner, "POST", "/deletion", { slug: workspace.slug });
    const invisible = performance.now() - deletionStart;
    let deletion: Deletion;
    do {
      await sleep(500);
      const answer = await fetch(`${url}/api/v1/deletions/lookup`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token }),
      });
      deletion = (await answer.json()) as Deletion;
    } while (!deletion.receipt);
    const erasedAfter = (performance.now() - deletionStart) / 1_000;
    const erased = deletion.receipt.erased.reduce((sum, { count }) => sum + count, 0);

    const size = archive.size / 1_000_000;
    const figure = (given: Figure) => ({ ...given, value: Number(given.value.toPrecision(3)) });
    return [
      figure({
        name: "export",
        value: size / seconds,
        unit: "MB/s",
        better: "higher",
        aim: null,
        reference: `${size.toFixed(0)} MB in ${seconds.toFixed(1)} s`,
      }),
      figure({
        name: "export, peak memory of the server",
        value: after.peak,
        unit: "MB",
        better: "lower",
        aim: null,
        reference: `${before.now.toFixed(0)} MB before the export`,
      }),
      figure({
        name: "deletion to invisible",
        value: invisible,
        unit: "ms",
        better: "lower",
        aim: 1_000,
        reference: "the password's Argon2id included",
      }),
      figure({
        name: "deletion to erased",
        value: erasedAfter,
        unit: "s",
        better: "lower",
        aim: null,
        reference: `${erased.toLocaleString("en")} rows and files`,
      }),
      figure({ name: "erasure", value: erased / erasedAfter, unit: "rows/s", better: "higher", aim: null, reference: null }),
    ];
  } finally {
    await workspace.close();
  }
}
