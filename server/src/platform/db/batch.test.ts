/** What goes to PostgreSQL together, and comes back: to whom, as what, and what happens to all of it when one part fails. */
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { useDatabase } from "../../testing/database.ts";
import { until } from "../../testing/until.ts";
import { type Asked, Batch } from "./batch.ts";

const server = useDatabase();
let client: pg.Client;

beforeEach(async () => {
  client = new pg.Client({ connectionString: server.ownerUrl, pipeline: true });
  client.on("error", () => {}); // one test cuts it
  await client.connect();
});
afterEach(() => client.end());

function together(...asked: Asked[]) {
  const batch = new Batch();
  const answers = asked.map((one) => batch.ask(one));
  client.query(batch);
  return Promise.allSettled(answers);
}

const rowsOf = async (...asked: Asked[]) =>
  (await together(...asked)).map((answer) => (answer.status === "fulfilled" ? answer.value.rows : String(answer.reason)));

const one = { name: "one", text: "select $1::int as one", values: [1] };

describe("answers", () => {
  test("come to those who asked, with no rows, some or many", async () => {
    const asked = [0, 3, 1, 0, 1_000, 2].map((count, i) => ({
      text: "select $1::int as i, n from generate_series(1, $2::int) n",
      values: [i, count],
    }));
    const expected = asked.map(({ values: [i, count] }) => Array.from({ length: count ?? 0 }, (_, n) => ({ i, n: n + 1 })));
    expect(await rowsOf(...asked)).toEqual(expected);
  });

  test("are the values that pg itself makes of them", async () => {
    const text = `select $1::timestamptz as at, $2::uuid[] as ids, $3::jsonb as json, $4::bytea as bytes, $5::boolean as yes, $6::text as nothing,
      $7::bigint as big, 'a"b{,}' as odd, array['x', null, 'NULL', 'a,b'] as texts, interval '1 day' as interval`;
    const id = "0190a3c4-0000-7000-8000-000000000001";
    const values = [new Date(1_700_000_000_123), [id], { a: [1, "ü"] }, Buffer.from([0, 255]), true, null, "9007199254740993"];
    const [answer] = await rowsOf({ text, values });
    expect(answer).toEqual((await client.query(text, values)).rows);
  });

  test("say what was done, and to how many rows", async () => {
    const answers = await together(
      { text: "create temporary table numbers (n int)" },
      { text: "insert into numbers select generate_series(1, 5)" },
      { text: "update numbers set n = n + 1 where n > 3" },
      { text: "delete from numbers where n = 100" },
      { text: "table numbers" },
    );
    const said = answers.map((answer) => (answer.status === "fulfilled" ? [answer.value.command, answer.value.rowCount] : null));
    expect(said).toEqual([
      ["CREATE", null],
      ["INSERT", 5],
      ["UPDATE", 2],
      ["DELETE", 0],
      ["SELECT", 5],
    ]);
  });
});

describe("a prepared statement", () => {
  const prepared = async () => (await client.query("select name from pg_prepared_statements order by name")).rows;

  test("is prepared once, and gives the same the first time and later, and twice in a batch", async () => {
    expect(await rowsOf(one, { ...one, values: [2] })).toEqual([[{ one: 1 }], [{ one: 2 }]]);
    expect(await rowsOf({ ...one, values: [3] }, { text: "select 'other' as other" }, one)).toEqual([
      [{ one: 3 }],
      [{ other: "other" }],
      [{ one: 1 }],
    ]);
    expect(await prepared()).toEqual([{ name: "one" }]);
  });

  test("can be asked after a batch that failed when it was prepared, and before it was", async () => {
    const fails = { text: "select 1 / 0" };
    expect(await rowsOf(one, fails)).toEqual(Array(2).fill("error: division by zero"));
    expect(await rowsOf(fails, { ...one, name: "two" })).toEqual(Array(2).fill("error: division by zero"));
    expect(await rowsOf(one, { ...one, name: "two" })).toEqual([[{ one: 1 }], [{ one: 1 }]]);
  });
});

test("a time limit of pg's own ends when the answer comes", async () => {
  const limited = new pg.Client({ connectionString: server.ownerUrl, pipeline: true, query_timeout: 200 });
  await limited.connect();
  const batch = new Batch();
  const answer = batch.ask(one);
  limited.query(batch);
  await answer;
  await new Promise((resume) => setTimeout(resume, 400));
  expect((await limited.query("select 1 as still")).rows).toEqual([{ still: 1 }]);
  await limited.end();
});

test("two statements of one name are a mistake that shows", async () => {
  await rowsOf(one);
  expect(await rowsOf({ ...one, text: "select $1::int as two" })).toEqual(['Error: two statements are called "one"']);
});

describe("what fails", () => {
  test("fails all of its batch, of which nothing is done, and no other", async () => {
    await client.query("create temporary table kept (n int)");
    const insert = { text: "insert into kept values ($1)", values: [1] };
    const [failed, after] = await Promise.all([rowsOf(insert, { text: "nonsense" }, insert), rowsOf(one)]);
    expect(failed).toEqual(Array(3).fill('error: syntax error at or near "nonsense"'));
    expect(after).toEqual([[{ one: 1 }]]);
    expect(await rowsOf({ text: "table kept" })).toEqual([[]]);
  });

  test("is what can't be sent, too: then nothing is", async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const answers = await rowsOf(one, { text: "select $1::jsonb", values: [circular] });
    expect(answers).toEqual([expect.stringContaining("circular"), expect.stringContaining("circular")]);
    expect(await rowsOf(one)).toEqual([[{ one: 1 }]]);
  });

  test("is a value that can't be read; the connection goes on", async () => {
    const { MONEY } = pg.types.builtins;
    pg.types.setTypeParser(MONEY, () => {
      throw new Error("unreadable");
    });
    expect(await rowsOf({ text: "select 1::money as price" }, one)).toEqual(Array(2).fill("Error: unreadable"));
    pg.types.setTypeParser(MONEY, String);
    expect(await rowsOf(one)).toEqual([[{ one: 1 }]]);
  });

  test("is COPY FROM STDIN, with its connection: what follows it would be answered out of step", async () => {
    await client.query("create temporary table lines (line text)");
    const [copied, next] = await Promise.all([rowsOf({ text: "copy lines from stdin" }), rowsOf(one)]);
    expect(copied).toEqual([expect.stringContaining("COPY FROM STDIN is not supported")]);
    // By what, depends on whether PostgreSQL's complaint or the end of the stream is noticed first.
    expect(next).toEqual([
      expect.stringMatching(/COPY FROM STDIN is not supported|protocol synchronization was lost|not queryable/),
    ]);
    expect(await rowsOf(one)).toEqual([expect.stringContaining("not queryable")]);
  });

  test("is everything that waits when the connection breaks, and what is asked of it later", async () => {
    const waiting = Promise.all([rowsOf({ text: "select pg_sleep(30)" }, one), rowsOf(one)]);
    const end =
      "select pg_terminate_backend(pid) as ended from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()";
    await until("the sleep to be cut", async () => (await server.query(end)).length === 1);
    for (const answers of await waiting) for (const answer of answers) expect(answer).toMatch(/terminat|ECONNRESET/);
    expect(await rowsOf(one)).toEqual([expect.stringContaining("not queryable")]);
  });
});
