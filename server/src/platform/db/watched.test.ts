/** A connection checks itself with echoes, over a network that goes silent without closing. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { useDatabase } from "../../testing/database.ts";
import { type Proxy, startProxy } from "../../testing/proxy.ts";
import { until } from "../../testing/until.ts";
import { openWatched } from "./watched.ts";

const database = useDatabase();
let proxy: Proxy;
beforeAll(async () => {
  proxy = await startProxy(database.ownerUrl);
});
afterAll(() => proxy.close());

test("each of 20 silent connections is noticed, even if its timer fires early by a fraction of a millisecond", async () => {
  let lost = 0;
  const open = () =>
    openWatched(
      { connectionString: proxy.url, applicationName: "whoot test", onLost: () => lost++ },
      { every: 20, silence: 3_000 },
    );
  await Promise.all(Array.from({ length: 20 }, open));
  proxy.silence();
  await until("all 20 losses", () => lost === 20);
});

test("a silent connection can be closed before the silence is noticed", async () => {
  const quiet = await openWatched(
    { connectionString: proxy.url, applicationName: "whoot test", onLost: () => expect.unreachable("it was closed first") },
    { every: 20, silence: 600_000 },
  );
  proxy.silence();
  await quiet.close();
});
