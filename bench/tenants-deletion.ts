/** Deletes the huge tenant while other tenants work: when it is gone for everyone, when it is erased, and how much it slows the others. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, percentile } from "./figure.ts";
import { openPage } from "./gateway.ts";
import type { Http } from "./http.ts";
import { type Workspace } from "./workspace.ts";

/** Interval of the neighbours' requests. They do not wait for earlier answers, because real people don't. */
const EVERY_MS = 20;
const BEFORE = 2_000;
const LEAST_MEANWHILE = 1_000;
const LOOK_EVERY_MS = 10;

interface Neighbours {
  /** Milliseconds of each request since the last call, from the time at which it was due. */
  take(): Promise<number[]>;
  stop(): Promise<void>;
}

/** Sends requests until `stop`. @param ask sends the request of this number */
function work(ask: (count: number) => Promise<unknown>): Neighbours {
  let durations: Array<Promise<number>> = [];
  let stopped = false;
  const working = (async () => {
    const start = performance.now();
    for (let count = 0; !stopped; count += 1) {
      const due = start + count * EVERY_MS;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      durations.push(ask(count).then(() => performance.now() - due));
    }
  })();
  return {
    async take() {
      const these = durations;
      durations = [];
      return Promise.all(these);
    },
    async stop() {
      stopped = true;
      await working;
      await Promise.allSettled(durations);
    },
  };
}

/** Asks until the route answers 404. @returns the time (performance.now) */
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
 * @param ask sends a neighbour's request of this number; rejects when it fails
 */
export async function measureHugeDeletion(
  { slug, owner, api, sql, url, gateway }: Workspace,
  http: Http,
  member: string,
  ask: (count: number) => Promise<unknown>,
): Promise<Figure[]> {
  const path = `/tenants/${slug}`;
  const page = await openPage({ url, gateway }, { cookie: member });
  const neighbours = work(ask);
  try {
    await sleep(50 * EVERY_MS);
    await neighbours.take(); // to warm up
    await sleep(BEFORE * EVERY_MS);
    const before = await neighbours.take();

    // Filling it took longer than an authentication is recent.
    await sql("update sessions set authenticated_at = now()", []);
    const requestedAt = performance.now();
    const looks = Promise.all([whenGone(http, path, member), whenGone(http, path, owner.cookie)]);
    const ended = page.closed.then(() => performance.now());
    const { token } = await api<{ token: string }>(owner, "POST", "/deletion", { slug });
    const answered = performance.now();
    const gone = Math.max(answered, await ended, ...(await looks));

    let deletion: Deletion;
    do {
      await sleep(200);
      deletion = JSON.parse((await http.ask("POST", "/deletions/lookup", null, { token })).text) as Deletion;
    } while (!deletion.receipt);
    const erasedAfter = (performance.now() - requestedAt) / 1_000;
    const erased = deletion.receipt.erased.reduce((sum, { count }) => sum + count, 0);
    const meanwhile = await neighbours.take();
    if (meanwhile.length < LEAST_MEANWHILE) console.warn(`only ${meanwhile.length} requests during the deletion`);
    await sleep(BEFORE * EVERY_MS);
    const after = await neighbours.take();

    const figure = (name: string, value: number, more: Pick<Figure, "unit" | "aim" | "reference">): Figure => ({
      name,
      value: Number(value.toPrecision(3)),
      better: "lower",
      ...more,
    });
    const [calm, busy, later] = [percentile(before, 0.99), percentile(meanwhile, 0.99), percentile(after, 0.99)];
    const [middle, busyMiddle] = [percentile(before, 0.5), percentile(meanwhile, 0.5)];
    return [
      figure("Deleting the huge tenant: invisible", gone - requestedAt, {
        unit: "ms",
        aim: 1_000,
        reference: "404 for all, live page ended; the password's Argon2id included",
      }),
      figure("Deleting the huge tenant: erased", erasedAfter, {
        unit: "s",
        aim: null,
        reference: `${erased.toLocaleString("en")} rows and files`,
      }),
      figure("Neighbours' requests meanwhile against before, p99", busy / calm, {
        unit: "times",
        aim: 1.3,
        reference: `${busy.toFixed(1)} ms of ${meanwhile.length} against ${calm.toFixed(1)} ms of ${before.length}; ${later.toFixed(1)} ms of ${after.length} after it`,
      }),
      figure("Neighbours' requests meanwhile against before, p50", busyMiddle / middle, {
        unit: "times",
        aim: null,
        reference: `${busyMiddle.toFixed(2)} ms against ${middle.toFixed(2)} ms; the slowest took ${Math.max(...meanwhile).toFixed(0)} ms against ${Math.max(...before).toFixed(0)} ms`,
      }),
    ];
  } finally {
    await neighbours.stop();
    page.close();
  }
}
