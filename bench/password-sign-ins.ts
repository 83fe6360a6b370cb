/**
 * Measures how much of the server's CPU time for a sign-in with a password is spent on the hash. The hash is meant to be slow; the rest is
 * overhead. Both are measured in CPU time and by turns, so that other programs' load counts for both or for neither.
 */
import { withHashing } from "../server/src/accounts/passwords.ts";
import { openBrowser } from "./browser.ts";
import { makeHttp } from "./http.ts";
import { cpuOf } from "./cpu.ts";
import { type Figure, percentile } from "./figure.ts";
import { PASSWORD, type Workspace } from "./workspace.ts";

const AIM = 0.9;
/** Sign-ins and other requests that are not counted, because a server that has just started compiles its code while it answers. */
const WARM_UP = 3;
const WARM_UP_REQUESTS = 6_000;
const BATCHES = 10;
const BATCH = 80;
/** Enough that the server is never idle, so that its background work hardly counts. */
const AT_ONCE = 4;

/** Accounts, one for each sign-in, because attempts are limited by mailbox. All have the owner's password. */
const CROWD = `
  insert into accounts (account_id, email, name, password_hash)
  select gen_random_uuid(), 'signs-in-' || n || '@example.com', 'Person ' || n, password_hash
  from accounts, generate_series(1, ${(WARM_UP + BATCHES) * BATCH}) n where email = 'owner@example.com'`;

/** Milliseconds of this process's CPU time for one comparison, as the server makes it. */
async function hashAlone(stored: string): Promise<number> {
  const start = process.cpuUsage();
  for (let turn = 0; turn < BATCH; turn += 1) {
    if (!(await withHashing("strangers", (hashing) => hashing.matches(stored, PASSWORD))))
      throw new Error("the hash is another one");
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000 / BATCH;
}

export async function measurePasswordSignIns(workspace: Workspace): Promise<Figure[]> {
  await workspace.sql(CROWD, []);
  const stored = await withHashing("strangers", (hashing) => hashing.hash(PASSWORD));
  const signIns: number[] = [];
  const hashes: number[] = [];
  const requests = makeHttp(workspace.url);
  for (let turn = 0; turn < WARM_UP_REQUESTS; turn += 50) {
    await Promise.all(Array.from({ length: 50 }, () => requests.ask("GET", "/me", workspace.owner.cookie)));
  }
  requests.close();
  let person = 0;
  for (let batch = -WARM_UP; batch < BATCHES; batch += 1) {
    const hash = await hashAlone(stored);
    const before = cpuOf(workspace.pid);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const post = openBrowser(workspace.url, { keeps: true });
        for (let turn = 0; turn < BATCH / AT_ONCE; turn += 1) {
          person += 1;
          await post("/session", { email: `signs-in-${person}@example.com`, password: PASSWORD }, "");
        }
      }),
    );
    if (batch < 0) continue;
    signIns.push((cpuOf(workspace.pid) - before) / BATCH);
    hashes.push(hash);
  }
  const [signIn, hash] = [percentile(signIns, 0.5), percentile(hashes, 0.5)];
  return [
    {
      name: "Password sign-ins a second and core, against Argon2id alone",
      value: Number((hash / signIn).toFixed(3)),
      unit: "of Argon2id's rate",
      better: "higher",
      aim: AIM,
      reference: `${signIn.toFixed(1)} ms CPU of the server's process for a sign-in over HTTP, ${hash.toFixed(1)} ms for its Argon2id`,
    },
    {
      name: "Password sign-ins",
      value: Number((1_000 / signIn).toFixed(1)),
      unit: "a second and core",
      better: "higher",
      aim: null,
      reference: `Argon2id alone ${(1_000 / hash).toFixed(1)}; ${BATCHES} batches of ${BATCH}, of each the median`,
    },
  ];
}
