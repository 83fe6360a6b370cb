/** Batches of statements: who gets which answer, how values are parsed, and what happens to the batch when one statement fails. */
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { useDatabase } from "../../testing/database.ts";
import { until } from "../../testing/until.ts";
import { type Statement, Batch } from "./batch.ts";

const server = useDatabase();
let client: pg.Client;

beforeEach(async () => {
  client = new pg.Client({ connectionString: server.ownerUrl, pipeline: true });
  client.on("error", () => {}); // one test ends its connection
  await client.connect();
});
afterEach(() => client.end());

function together(...statements: Statement[]) {
  const batch = new Batch();
  const answers = statements.map((one) => batch.add(one));
  client.query(batch);
  return Promise.allSettled(answers);
}

const rowsOf = async (...statements: Statement[]) =>
  (await together(...statements)).map((answer) => (answer.status === "fulfilled" ? answer.value.rows : String(answer.reason)));

const one = { name: "one", text: "select $1::int as one", values: [1] };

describe("a batch's answers", () => {
  test("each statement gets its own rows, whether none, a few or many", async () => {
    const statements = [0, 3, 1, 0, 1_000, 2].map((count, i) => ({
      text: "select $1::int as i, n from generate_series(1, $2::int) n",
      values: [i, count],
    }));
    const expected = statements.map(({ values: [i, count] }) => Array.from({ length: count ?? 0 }, (_, n) => ({ i, n: n + 1 })));
    expect(await rowsOf(...statements)).toEqual(expected);
  });

  test("values are parsed as pg itself parses them", async () => {
    const text = `select $1::timestamptz as at, $2::uuid[] as ids, $3::jsonb as json, $4::bytea as bytes, $5::boolean as yes, $6::text as nothing,
      $7::bigint as big, 'a"b{,}' as odd, array['x', null, 'NULL', 'a,b'] as texts, interval '1 day' as interval`;
    const id = "0190a3c4-0000-7000-8000-000000000001";
    const values = [new Date(1_700_000_000_123), [id], { a: [1, "ü"] }, Buffer.from([0, 255]), true, null, "9007199254740993"];
    const [answer] = await rowsOf({ text, values });
    expect(answer).toEqual((await client.query(text, values)).rows);
  });

  test("each answer has its command and its row count", async () => {
    const answers = await together(
      { text: "create temporary table numbers (n int)" },
      { text: "insert into numbers select generate_series(1, 5)" },
      { text: "update numbers set n = n + 1 where n > 3" },
      { text: "delete from numbers where n = 100" },
      { text: "table numbers" },
    );
    const summaries = answers.map((answer) =>
      answer.status === "fulfilled" ? [answer.value.command, answer.value.rowCount] : null,
    );
    expect(summaries).toEqual([
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

  test("is prepared once and answers correctly the first time, later, and twice in one batch", async () => {
    expect(await rowsOf(one, { ...one, values: [2] })).toEqual([[{ one: 1 }], [{ one: 2 }]]);
    expect(await rowsOf({ ...one, values: [3] }, { text: "select 'other' as other" }, one)).toEqual([
      [{ one: 3 }],
      [{ other: "other" }],
      [{ one: 1 }],
    ]);
    expect(await prepared()).toEqual([{ name: "one" }]);
  });

  test("works after a batch that failed, whether before or after the statement was prepared", async () => {
    const fails = { text: "select 1 / 0" };
    expect(await rowsOf(one, fails)).toEqual(Array(2).fill("error: division by zero"));
    expect(await rowsOf(fails, { ...one, name: "two" })).toEqual(Array(2).fill("error: division by zero"));
    expect(await rowsOf(one, { ...one, name: "two" })).toEqual([[{ one: 1 }], [{ one: 1 }]]);
  });
});

test("pg's own query time-out is cleared when the answer arrives", async () => {
  const limited = new pg.Client({ connectionString: server.ownerUrl, pipeline: true, query_timeout: 2_000 });
  await limited.connect();
  const batch = new Batch();
  const answer = batch.add(one);
  limited.query(batch);
  await answer;
  await new Promise((resume) => setTimeout(resume, 2_200));
  expect((await limited.query("select 1 as still")).rows).toEqual([{ still: 1 }]);
  await limited.end();
});

test("two different statements of the same name are refused", async () => {
  await rowsOf(one);
  expect(await rowsOf({ ...one, text: "select $1::int as two" })).toEqual(['Error: two statements are called "one"']);
});

describe("when a batch fails", () => {
  test("one failing statement fails and undoes its whole batch, and no other batch", async () => {
    await client.query("create temporary table kept (n int)");
    const insert = { text: "insert into kept values ($1)", values: [1] };
    const [failed, after] = await Promise.all([rowsOf(insert, { text: "nonsense" }, insert), rowsOf(one)]);
    expect(failed).toEqual(Array(3).fill('error: syntax error at or near "nonsense"'));
    expect(after).toEqual([[{ one: 1 }]]);
    expect(await rowsOf({ text: "table kept" })).toEqual([[]]);
  });

  test("a value that cannot be sent fails the batch before anything is sent", async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const answers = await rowsOf(one, { text: "select $1::jsonb", values: [circular] });
    expect(answers).toEqual([expect.stringContaining("circular"), expect.stringContaining("circular")]);
    expect(await rowsOf(one)).toEqual([[{ one: 1 }]]);
  });

  test("a value that cannot be parsed fails the batch, and the connection stays usable", async () => {
    const { MONEY } = pg.types.builtins;
    pg.types.setTypeParser(MONEY, () => {
      throw new Error("unreadable");
    });
    expect(await rowsOf({ text: "select 1::money as price" }, one)).toEqual(Array(2).fill("Error: unreadable"));
    pg.types.setTypeParser(MONEY, String);
    expect(await rowsOf(one)).toEqual([[{ one: 1 }]]);
  });

  test("COPY FROM STDIN fails the batch and closes the connection, because later answers would go to the wrong queries", async () => {
    await client.query("create temporary table lines (line text)");
    const [copied, next] = await Promise.all([rowsOf({ text: "copy lines from stdin" }), rowsOf(one)]);
    expect(copied).toEqual([expect.stringContaining("COPY FROM STDIN is not supported")]);
    // The error depends on whether PostgreSQL's error or the end of the stream arrives first.
    expect(next).toEqual([
      expect.stringMatching(/COPY FROM STDIN is not supported|protocol synchronization was lost|not queryable/),
    ]);
    expect(await rowsOf(one)).toEqual([expect.stringContaining("not queryable")]);
  });

  test("when the connection breaks, all waiting batches and all later ones fail", async () => {
    const waiting = Promise.all([rowsOf({ text: "select pg_sleep(30)" }, one), rowsOf(one)]);
    const end =
      "select pg_terminate_backend(pid) as ended from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()";
    await until("the sleep to be cut", async () => (await server.query(end)).length === 1);
    for (const answers of await waiting) for (const answer of answers) expect(answer).toMatch(/terminat|ECONNRESET/);
    expect(await rowsOf(one)).toEqual([expect.stringContaining("not queryable")]);
  });
});
