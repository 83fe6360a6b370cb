/** Deleting the huge tenant while its neighbours work: when it is gone for everybody, when it is purged, and what they notice of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, percentile } from "./figure.ts";
import { beThere } from "./gateway.ts";
import type { Http } from "./http.ts";
import { PASSWORD, type Workspace } from "./workspace.ts";

/** Requests of the neighbours begin so far apart, whether or not those before are answered: nobody waits for a slow server to ask. */
const EVERY_MS = 20;
const BEFORE = 2_000;
const LEAST_MEANWHILE = 1_000;
const LOOK_EVERY_MS = 10;

interface Neighbours {
  /** How long each request took that began since the last call, from the moment in which it was due. */
  take(): Promise<number[]>;
  stop(): Promise<void>;
}

/** @param ask one request of a neighbour's, by number */
function work(ask: (count: number) => Promise<unknown>): Neighbours {
  let took: Array<Promise<number>> = [];
  let stopped = false;
  const working = (async () => {
    const begun = performance.now();
    for (let count = 0; !stopped; count += 1) {
      const due = begun + count * EVERY_MS;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      took.push(ask(count).then(() => performance.now() - due));
    }
  })();
  return {
    async take() {
      const these = took;
      took = [];
      return Promise.all(these);
    },
    async stop() {
      stopped = true;
      await working;
      await Promise.allSettled(took);
    },
  };
}

/** When the route answers 404, from now on. */
async function whenGone(http: Http, path: string, cookie: string): Promise<number> {
  for (;;) {
    if ((await http.ask("GET", path, cookie)).status === 404) return performance.now();
    await sleep(LOOK_EVERY_MS);
  }
}

interface Deletion {
  receipt: { erased: Array<{ count: number }> } | null;
}

/**
 * @param member cookie of somebody in the huge tenant who is not its owner
 * @param ask one request of a neighbour's, by number; throws when it fails
 */
export async function measureHugeDeletion(
  { slug, owner, api, url, gateway }: Workspace,
  http: Http,
  member: string,
  ask: (count: number) => Promise<unknown>,
): Promise<Figure[]> {
  const path = `/tenants/${slug}`;
  const page = await beThere({ url, gateway }, { cookie: member });
  const neighbours = work(ask);
  try {
    await sleep(50 * EVERY_MS);
    await neighbours.take(); // to warm up
    await sleep(BEFORE * EVERY_MS);
    const before = await neighbours.take();

    const asked = performance.now();
    const looks = Promise.all([whenGone(http, path, member), whenGone(http, path, owner.cookie)]);
    const ended = page.closed.then(() => performance.now());
    const { token } = await api<{ token: string }>(owner, "POST", "/deletion", { slug, password: PASSWORD });
    const answered = performance.now();
    const gone = Math.max(answered, await ended, ...(await looks));

    let deletion: Deletion;
    do {
      await sleep(200);
      deletion = JSON.parse((await http.ask("POST", "/deletions/lookup", null, { token })).text) as Deletion;
    } while (!deletion.receipt);
    const purged = (performance.now() - asked) / 1_000;
    const erased = deletion.receipt.erased.reduce((sum, { count }) => sum + count, 0);
    const meanwhile = await neighbours.take();
    if (meanwhile.length < LEAST_MEANWHILE) console.warn(`only ${meanwhile.length} requests during the deletion`);
    await sleep(BEFORE * EVERY_MS);
    const after = await neighbours.take();

    const figure = (name: string, value: number, unit: string, aim: number | null, reference: string | null): Figure => ({
      name,
      value: Number(value.toPrecision(3)),
      unit,
      better: "lower",
      aim,
      reference,
    });
    const [calm, busy, later] = [percentile(before, 0.99), percentile(meanwhile, 0.99), percentile(after, 0.99)];
    const [middle, busyMiddle] = [percentile(before, 0.5), percentile(meanwhile, 0.5)];
    return [
      figure(
        "Deleting the huge tenant: invisible",
        gone - asked,
        "ms",
        1_000,
        "404 for all, live page ended; the password's Argon2id included",
      ),
      figure("Deleting the huge tenant: purged", purged, "s", null, `${erased.toLocaleString("en")} rows and files`),
      figure(
        "Neighbours' requests meanwhile against before, p99",
        busy / calm,
        "times",
        1.3,
        `${busy.toFixed(1)} ms of ${meanwhile.length} against ${calm.toFixed(1)} ms of ${before.length}; ${later.toFixed(1)} ms of ${after.length} after it`,
      ),
      figure(
        "Neighbours' requests meanwhile against before, p50",
        busyMiddle / middle,
        "times",
        null,
        `${busyMiddle.toFixed(2)} ms against ${middle.toFixed(2)} ms; the slowest took ${Math.max(...meanwhile).toFixed(0)} ms against ${Math.max(...before).toFixed(0)} ms`,
      ),
    ];
  } finally {
    await neighbours.stop();
    page.close();
  }
}
