/** The connection that listens for changes: it goes silent without closing, or it breaks. */
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { useDatabase } from "../testing/database.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { type Proxy, startProxy } from "../testing/proxy.ts";
import { until } from "../testing/until.ts";
import type { Change } from "./change.ts";
import { type Changes, listenForChanges } from "./changes.ts";
import { servingUrls } from "./db/prepare.ts";

const database = useDatabase();
const log = pino({ level: "silent" });
/** So short that a test sees many echoes. On a busy machine a false alarm only causes one more reconnect. */
const OFTEN = { every: 20, silence: 4_000 };

let proxy: Proxy;
let changes: Changes;
let heard: Change[];

beforeEach(async () => {
  proxy = await startProxy(servingUrls(database.ownerUrl, MASTER_KEY).app);
  changes = await listenForChanges(proxy.url, log, OFTEN);
  heard = [];
  changes.subscribe((change) => heard.push(change));
});
afterEach(async () => {
  await changes.close();
  await proxy.close();
});

const announce = (sessionId: string) =>
  database.query("select pg_notify('whoot_changes', $1)", [JSON.stringify({ kind: "sessionEnded", sessionId })]);
const hears = (sessionId: string) =>
  until(`the change ${sessionId}`, () =>
    heard.some((change) => change.kind === "sessionEnded" && change.sessionId === sessionId),
  );
const has = (kind: Change["kind"]) => until(kind, () => heard.some((change) => change.kind === kind));

test("a connection that goes silent without closing is replaced, and a resync makes up for the missed changes", async () => {
  await announce("before");
  await hears("before");
  proxy.silence();
  await announce("lost");
  await has("resync");
  expect(heard.findIndex(({ kind }) => kind === "deaf")).toBeLessThan(heard.findIndex(({ kind }) => kind === "resync"));
  await announce("after");
  await hears("after");
  expect(heard).not.toContainEqual({ kind: "sessionEnded", sessionId: "lost" });
});

test("a connection that can't reconnect sends deaf again and again, and resync afterwards", async () => {
  await database.goAway();
  await until("two failures", () => heard.filter(({ kind }) => kind === "deaf").length >= 2);
  expect(heard.some(({ kind }) => kind === "resync")).toBe(false);
  await database.comeBack();
  await has("resync");
  await announce("after");
  await hears("after");
});

test("a change that is announced within the process reaches its listeners at once", async () => {
  changes.tell({ kind: "sessionEnded", sessionId: "here" });
  expect(heard).toContainEqual({ kind: "sessionEnded", sessionId: "here" });
});

test("a notification that is not from whoot is ignored", async () => {
  await database.query("notify whoot_changes, 'not json'");
  await announce("after");
  await hears("after");
  expect(heard).toHaveLength(1);
});
