/** Searches PostgreSQL's files for a deleted workspace: it is there until they are compacted. */
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedServer, startEmbeddedServer } from "../testing/embedded-server.ts";
import { filesBelow } from "../testing/folders.ts";
import { type Furnished, furnish } from "../testing/furnish.ts";
import { makeChannel, signIn } from "../testing/people.ts";
import { erasureEnded } from "../testing/traces.ts";
import { until } from "../testing/until.ts";
import { whootCommand } from "../testing/whoot-command.ts";
import { scanFor } from "./scan.ts";

const NOTE = "Wombat burrow, combination 4711";
let server: EmbeddedServer;
let kept: Furnished;
let deleted: Furnished;
let words: string[];

beforeAll(async () => {
  server = await startEmbeddedServer();
  kept = await furnish(server);
  deleted = await furnish(server);
  const { owner, workspace } = deleted;
  await makeChannel(owner, workspace, { name: "Quokka Línea", description: NOTE });
  const { items } = (await owner.get(`${workspace.path}/invitations`)).json as { items: Array<{ email: string }> };
  words = [workspace.slug, "Quokka Línea", NOTE, ...items.map(({ email }) => email)];
  await server.database.query("analyze");
  await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug });
  await erasureEnded(server, workspace);
});

afterAll(() => server.remove());

const compact = (...args: string[]) => whootCommand(server, ["compact", ...args], { DATABASE_URL: "" });

/** The words that PostgreSQL's files contain, found without the tested code. */
function wordsInFiles(): string[] {
  const files = [...filesBelow(resolve(server.config.dataFolder, "postgres")).values()].map((content) =>
    content.toString("latin1").toLowerCase(),
  );
  return words.filter((word) => {
    const bytes = Buffer.from(word).toString("latin1").toLowerCase();
    return files.some((content) => content.includes(bytes));
  });
}

test("an erasure vacuums the tables from which it erased rows", async () => {
  await until("the vacuum", async () => {
    const [row] = await server.database.query<{ done: boolean }>(
      "select bool_and(vacuum_count > 0) as done from pg_stat_user_tables where relname in ('members', 'channels', 'audit_log', 'tenants')",
    );
    return row?.done;
  });
});

test("compact is refused while the server runs", async () => {
  expect(await compact()).toEqual({ code: 2, output: expect.stringContaining("Stop it first") });
  expect((await kept.owner.get(kept.workspace.path)).status).toBe(200);
});

test("compact removes what PostgreSQL keeps of a deleted workspace from every file", async () => {
  // Recycled WAL segments keep their bytes under another name, as on a server that has run for long.
  for (let turn = 0; turn < 6; turn += 1) {
    await server.database.query("checkpoint");
    await server.database.query("select pg_switch_wal()");
  }
  await server.stop();
  expect(words).toHaveLength(5);
  expect(wordsInFiles()).toEqual(words);
  expect(await compact(...words)).toEqual({ code: 0, output: expect.stringContaining("None of 5 words is in any file") });
  expect(wordsInFiles()).toEqual([]);

  await server.restart();
  const owner = await signIn(server, kept.owner.email);
  expect((await owner.get(kept.workspace.path)).status).toBe(200);
  expect((await whootCommand(server, ["audit", "verify", kept.workspace.slug], { DATABASE_URL: "" })).code).toBe(0);
  await server.stop();
});

test("compact names the table of a word that is still in use", async () => {
  const answer = await compact(kept.workspace.slug, NOTE);
  expect(answer.code).toBe(1);
  expect(answer.output).toMatch(new RegExp(`"${kept.workspace.slug}" is in cluster/base/\\d+/\\d+ \\(tenants\\)`));
  expect(answer.output).not.toContain(NOTE);
  expect(await compact("abc")).toEqual({ code: 2, output: expect.stringContaining("is too short") });
});

test("scanFor finds words in any spelling and across block boundaries", async () => {
  const folder = resolve(server.config.dataFolder, "scanned");
  mkdirSync(folder);
  writeFileSync(resolve(folder, "edge"), `${"x".repeat((1 << 20) - 3)}QUOKKA${"x".repeat(10)}`);
  writeFileSync(resolve(folder, "plain"), "quokka linea");
  expect(await scanFor(folder, ["Quokka", "Quokka Línea", "absent"])).toEqual([
    { file: "edge", word: "Quokka" },
    { file: "plain", word: "Quokka" },
    { file: "plain", word: "Quokka Línea" },
  ]);
});
