import { pino } from "pino";
import { expect, test } from "vitest";
import { useDatabase } from "../testing/database.ts";
import { until } from "../testing/until.ts";
import { job, runJobs } from "./jobs.ts";
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
    { log: pino({ level: "silent" }), alone: false },
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
