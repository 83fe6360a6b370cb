import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { pino } from "pino";
import { expect, test } from "vitest";
import { useDatabase } from "../testing/database.ts";
import { waitingJobs } from "../testing/jobs.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { until } from "../testing/until.ts";
import { openDatabase } from "./db/pools.ts";
import { servingUrls } from "./db/prepare.ts";
import { job, releaseHeld, runJobs } from "./jobs.ts";
import { SEND_MAIL } from "./mail/mail.ts";

const database = useDatabase();

test("a mail is sent while many large exports and erasures are running", async () => {
  const tenants = Array.from({ length: 20 }, (_, index) => `00000000-0000-7000-8000-0000000000${index + 10}`);
  for (const tenantId of tenants) {
    for (const task of ["buildExport", "eraseTenant"]) {
      await database.query("select enqueue_job($1, $2::jsonb)", [task, { tenantId, exportId: tenantId }]);
    }
  }
  const sent: string[] = [];
  let begun = 0;
  let letGo = () => {};
  const large = new Promise<void>((resume) => (letGo = resume));
  const begin = () => ((begun += 1), large);
  const jobs = await runJobs(
    database.ownerUrl,
    [
      job(SEND_MAIL, async ({ sealed }) => void sent.push(sealed)),
      job({ name: "eraseTenant", crew: "upkeep" }, begin),
      job({ name: "buildExport", crew: "exports" }, begin),
    ],
    { log: pino({ level: "silent" }) },
  );
  try {
    await until("exports and erasures to begin", () => begun >= 4);
    await database.query("select enqueue_job('sendMail', $1::jsonb)", [{ sealed: "sign in", tenantId: null }]);
    await until("the mail to be sent", () => sent.length > 0);
    expect(sent).toEqual(["sign in"]);
    expect(begun).toBeLessThan(2 * tenants.length);
  } finally {
    await database.query("delete from graphile_worker._private_jobs where locked_at is null");
    letGo();
    await jobs.stop();
  }
});

test("a job that a killed server has left locked runs after the next start", async () => {
  await database.query("select enqueue_job('sendMail', $1::jsonb)", [{ sealed: "left", tenantId: null }]);
  await database.query("update graphile_worker._private_jobs set locked_at = now(), locked_by = 'worker-of-a-killed-server'");
  const sent: string[] = [];
  const jobs = await runJobs(database.ownerUrl, [job(SEND_MAIL, async ({ sealed }) => void sent.push(sealed))], {
    log: pino({ level: "silent" }),
  });
  try {
    await until("the mail to be sent", () => sent.length > 0);
    expect(sent).toEqual(["left"]);
  } finally {
    await jobs.stop();
  }
});

test.each([
  ["succeed", "once", 1],
  ["fail", "twice", 2],
] as const)(
  "jobs that %s while the database is away are noted when it is back, so that each runs %s",
  async (outcome, _, times) => {
    const sealed = ["a", "b", "c", "d"];
    const begun: string[] = [];
    const goes = sealed.map(() => Promise.withResolvers<void>());
    const work = async (mail: { sealed: string }) => {
      begun.push(mail.sealed);
      await goes[sealed.indexOf(mail.sealed)]?.promise;
      if (outcome === "fail" && begun.length === sealed.length) throw new Error("the database is away");
    };
    const jobs = await runJobs(database.ownerUrl, [job(SEND_MAIL, work)], { log: pino({ level: "silent" }) });
    try {
      for (const one of sealed)
        await database.query("select enqueue_job('sendMail', $1::jsonb)", [{ sealed: one, tenantId: null }]);
      await until("all jobs to begin", () => begun.length === sealed.length);
      await database.goAway();
      for (const { resolve } of goes) {
        resolve();
        await sleep(200);
      }
      await database.comeBack();
      await until("no job to be left", async () => (await waitingJobs(database, "sendMail")).length === 0);
      expect(begun.toSorted()).toEqual(sealed.flatMap((one) => Array.from({ length: times }, () => one)));
      // The crew still works.
      await database.query("select enqueue_job('sendMail', $1::jsonb)", [{ sealed: "e", tenantId: null }]);
      await until("another job to run", () => begun.includes("e"));
    } finally {
      await jobs.stop();
    }
  },
);

test("runners stop while the database is away, also when a job has just ended", async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();
  const work = async () => {
    begin();
    await gone;
  };
  const jobs = await runJobs(database.ownerUrl, [job(SEND_MAIL, work)], { log: pino({ level: "silent" }) });
  await database.query("select enqueue_job('sendMail', $1::jsonb)", [{ sealed: "last", tenantId: null }]);
  await begun;
  await database.goAway();
  try {
    go();
    await jobs.stop();
  } finally {
    await database.comeBack();
  }
  await database.query("delete from graphile_worker._private_jobs");
});

test("jobs that are held back run once each after they are released, and those of an erased tenant never", async () => {
  const tenants = [1, 2].map((number) => `00000000-0000-7000-8000-00000000000${number}`);
  const mails = Array.from({ length: 2_500 }, (_, index) => ({ sealed: `mail ${index}`, tenantId: tenants[index % 2] }));
  await database.query("select hold_jobs('sendMail', $1::jsonb)", [JSON.stringify(mails)]);
  const erased = await database.query("select erase_jobs($1)::int as count", [tenants[0]]);
  expect(erased).toEqual([{ count: 1_250 }]);
  const sent: string[] = [];
  const opened = openDatabase(servingUrls(database.ownerUrl, MASTER_KEY), () => {});
  const jobs = await runJobs(database.ownerUrl, [job(SEND_MAIL, async ({ sealed }) => void sent.push(sealed))], {
    log: pino({ level: "silent" }),
  });
  try {
    await database.query("select enqueue_jobs('sendMail', $1::jsonb)", [
      JSON.stringify([{ sealed: "not held", tenantId: null }]),
    ]);
    await until("the mail that is not held back", () => sent.length > 0);
    expect(sent).toEqual(["not held"]);
    await Promise.all([releaseHeld({ database: opened }), releaseHeld({ database: opened })]);
    await until("the others", () => sent.length > 1_250);
    const order = sent.slice(1).map((mail) => Number(mail.split(" ")[1]));
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_250 }, (_, index) => 2 * index + 1));
  } finally {
    await jobs.stop();
    await opened.close();
  }
});

test("runners that have stopped keep no job in memory", async () => {
  async function runAndStop(): Promise<WeakRef<object>> {
    const server = { large: Buffer.alloc(1) };
    const jobs = await runJobs(database.ownerUrl, [job(SEND_MAIL, async () => void server.large)], {
      log: pino({ level: "silent" }),
    });
    await jobs.stop();
    return new WeakRef(server);
  }
  const server = await runAndStop();
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  await until("the job to be collected", () => {
    collectGarbage();
    return server.deref() === undefined;
  });
});
