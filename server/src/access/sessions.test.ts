import pg from "pg";
import { expect, test } from "vitest";
import { openDatabase } from "../platform/db/pools.ts";
import { servingUrls } from "../platform/db/prepare.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { signIn, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { startSessionByPassword } from "./sessions.ts";

const server = useServer();
const ORIGIN = { ipAddress: null, userAgent: null };

test("a sign-in to an account that a transaction has locked does not wait on the connections of session look-ups", async () => {
  const { accountId, email } = await signUpPerson(server, "Lea");
  const database = openDatabase(servingUrls(server.database.ownerUrl, MASTER_KEY), () => {});
  const holder = new pg.Client({ connectionString: server.database.ownerUrl });
  const [account] = await server.database.query<{ deviceEpoch: number }>(
    'select device_epoch as "deviceEpoch" from accounts where account_id = $1',
    [accountId],
  );
  const start = () => startSessionByPassword(database, { accountId, deviceEpoch: account!.deviceEpoch }, ORIGIN);
  try {
    await holder.connect();
    await server.database.query("update sessions set expires_at = now() - interval '1 day' where account_id = $1", [accountId]);
    await holder.query("begin");
    await holder.query("select from accounts where account_id = $1 for update", [accountId]);
    await holder.query("select from sessions where account_id = $1 for update", [accountId]);
    // A wait would end with an error after four seconds.
    expect(await start()).toBeNull();

    const signingIn = signIn(server, email);
    await holder.query("commit");
    expect((await (await signingIn).get("/api/v1/me")).status).toBe(200);
    expect(await start()).not.toBeNull();
  } finally {
    await holder.end();
    await database.close();
  }
});
