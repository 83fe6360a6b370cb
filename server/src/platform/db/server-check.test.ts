/** A PostgreSQL that whoot can't run on is refused with a sentence, before anything is written to it. */
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { StartupError } from "../startup-error.ts";
import { useDatabase } from "../../testing/database.ts";
import { startPooler } from "../../testing/pooler.ts";
import { assertUsableServer } from "./server-check.ts";

const database = useDatabase();
const name = `check_${process.pid}`;
let admin: pg.Client;

beforeAll(async () => {
  admin = new pg.Client({ connectionString: inject("adminUrl") });
  await admin.connect();
  await admin.query(`create role ${name} login password 'secret' createrole`);
});
afterAll(async () => {
  await admin.query(`drop database if exists ${name}`);
  await admin.query(`drop role ${name}`);
  await admin.end();
});

async function refusal(url: string): Promise<string> {
  const error = await assertUsableServer(url, { every: 20, silence: 2_000 }).then(
    () => "it was accepted",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartupError);
  expect((error as Error).message).not.toContain("secret");
  return (error as Error).message;
}

async function onDatabase<Result>(options: string, work: (url: string) => Promise<Result>): Promise<Result> {
  await admin.query(`create database ${name} owner ${name} ${options}`);
  const url = new URL(inject("adminUrl"));
  Object.assign(url, { username: name, password: "secret", pathname: `/${name}` });
  try {
    return await work(url.href);
  } finally {
    await admin.query(`drop database ${name} with (force)`);
  }
}

test("the PostgreSQL that the tests run on is accepted", async () => {
  await assertUsableServer(database.ownerUrl);
});

test.each(["SQL_ASCII", "LATIN1"])(
  "a database with the encoding %s is refused with the statement that creates a suitable one",
  async (encoding) => {
    const message = await onDatabase(`encoding '${encoding}' locale_provider libc locale 'C' template template0`, refusal);
    expect(message).toMatch(
      new RegExp(
        `uses the encoding ${encoding}, but whoot needs UTF8\\. .*create database ${name}_utf8 encoding 'UTF8' template template0`,
      ),
    );
  },
);

test("a user who may not create roles, does not own the database or may only read is refused with the statement that fixes it", async () => {
  const template = "template template0";
  await onDatabase(template, async (url) => {
    await assertUsableServer(url);
    await admin.query(`alter role ${name} nocreaterole`);
    expect(await refusal(url)).toContain(`alter role "${name}" createrole`);
    await admin.query(`alter role ${name} createrole`);
    await admin.query(`alter database ${name} owner to postgres`);
    expect(await refusal(url)).toContain(`alter database "${name}" owner to "${name}"`);
    await admin.query(`alter database ${name} owner to ${name}`);
    await admin.query(`alter role ${name} set default_transaction_read_only = on`);
    expect(await refusal(url)).toContain("is read-only (default_transaction_read_only is on)");
    await admin.query(`alter role ${name} reset default_transaction_read_only`);
    await assertUsableServer(url);
  });
});

test.each(["newest", "oldest"] as const)(
  "a transaction pooler that hands out its %s session is refused with a sentence",
  async (give) => {
    const pooler = await startPooler(database.ownerUrl, give);
    try {
      for (let start = 1; start <= 3; start++) {
        expect(await refusal(pooler.url)).toMatch(/A transaction pooler.*removed member.*session mode/);
      }
    } finally {
      await pooler.close();
    }
  },
);
