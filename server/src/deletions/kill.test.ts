/** `kill -9` of a real process at random moments of a deletion. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { countAll } from "../testing/count-all.ts";
import { jobsSettled } from "../testing/jobs.ts";
import { furnish } from "../testing/furnish.ts";
import { startProcess } from "../testing/process.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";

const server = useServer();

test("a deletion whose process is killed again and again ends with nothing left, exact counts, and an unchanged neighbour", async () => {
  const [doomed, neighbour] = [await furnish(server), await furnish(server)];
  const { tenantId, slug, path } = doomed.workspace;
  const { channelId } = doomed.ids;
  // Enough rows for kills in the middle of the erasure.
  await server.database.query(
    `insert into transmissions (tenant_id, transmission_id, channel_id, speaker_name, started_at)
     select $1, gen_random_uuid(), $2, 'Ada', now() from generate_series(1, 4000)`,
    [tenantId, channelId],
  );
  // Bypasses the trigger that protects the audit log's chain; the entries' content does not matter here.
  await server.database.query(`begin; set local session_replication_role = replica;
    insert into audit_log select '${tenantId}', 1000000 + n, now(), 'workspace.edited', null, 'Ada', 'workspace', null, 'x', null, null,
      '{}', sha256('x') from generate_series(1, 4000) n;
    commit`);
  const recordings = resolve(server.config.dataFolder, "recordings", tenantId);
  mkdirSync(recordings, { recursive: true });
  for (let file = 0; file < 800; file++) writeFileSync(resolve(recordings, uuidv7()), "noise");
  await jobsSettled(server);
  await server.stop();
  const before = await countAll(server, tenantId);
  const untouched = await tenantState(server, neighbour.workspace.tenantId);

  const isCommitted = async () =>
    (await server.database.query("select 1 from directory_slugs where tenant_id = $1", [tenantId])).length === 0;
  const isDone = async () =>
    (await isCommitted()) && (await server.database.query("select 1 from directory_erasures")).length === 0;
  let kills = 0;
  while (!(await isDone())) {
    const running = startProcess(server);
    if (await isCommitted()) {
      // Kill by turns at the start and during the erasure; later each time, so that the loop ends.
      if (kills % 2 === 1) await running.serves;
      await pause(Math.random() * 500 + kills * 50);
    } else {
      await running.serves;
      void doomed.owner.post(`${path}/deletion`, { slug }).catch(() => {});
      await pause(Math.random() * 300);
    }
    await running.kill();
    kills += 1;
    expect(kills).toBeLessThan(60);
  }
  expect(kills).toBeGreaterThan(1);

  const tombstone = JSON.parse(readFileSync(resolve(server.config.dataFolder, "deletions", `${tenantId}.json`), "utf8"));
  const erased = Object.fromEntries(
    (tombstone.receipt.erased as Array<{ kind: string; count: number }>).map(({ kind, count }) => [kind, count]),
  );
  expect(erased).toEqual(before);
  // Jobs of a killed process stay locked. The only one about the tenant is its erasure.
  await server.database.query("delete from graphile_worker._private_jobs");
  expect(await countAll(server, tenantId)).toEqual({});
  expect(await tenantState(server, neighbour.workspace.tenantId)).toEqual(untouched);
  await server.restart();
  expect((await neighbour.owner.get(neighbour.workspace.path)).status).toBe(200);
  expect((await doomed.owner.get(path)).code).toBe("not_found");
});
