/** Compacting an external PostgreSQL, whose owner is no superuser and cannot read its files. */
import { expect, test } from "vitest";
import { furnish } from "../testing/furnish.ts";
import { useServer } from "../testing/server.ts";
import { erasureEnded } from "../testing/traces.ts";
import { whootCommand } from "../testing/whoot-command.ts";

const server = useServer();

test("compact on an external PostgreSQL clears statistics of a deleted workspace and says what it cannot remove", async () => {
  const { owner, workspace } = await furnish(server);
  await server.database.query("analyze");
  const inStatistics = () =>
    server.database.query(
      `select tablename from pg_stats where schemaname = 'public'
        and concat(most_common_vals::text, histogram_bounds::text) like '%' || $1 || '%' order by 1`,
      [workspace.slug],
    );
  const [file] = await server.database.query("select pg_relation_filenode('members') as members");
  expect(await inStatistics()).not.toEqual([]);
  await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug });
  await erasureEnded(server, workspace);
  expect(await whootCommand(server, ["compact"])).toEqual({ code: 2, output: expect.stringContaining("Stop it first") });
  await server.stop();

  const compacted = await whootCommand(server, ["compact"]);
  expect(compacted).toEqual({ code: 0, output: expect.stringContaining("The WAL was not renewed") });
  expect(compacted.output).toContain("WAL archives, replicas, snapshots and the provider's backups keep their data");
  expect(compacted.output).not.toContain("pg_statistic was not rewritten");
  expect(await inStatistics()).toEqual([]);
  expect(await server.database.query("select pg_relation_filenode('members') as members")).not.toEqual([file]);
  expect(await whootCommand(server, ["compact", workspace.slug])).toEqual({
    code: 2,
    output: expect.stringContaining("can't be searched from here"),
  });
  await server.restart();
  expect((await owner.get("/api/v1/me")).status).toBe(200);
});
