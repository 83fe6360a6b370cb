import { EventEmitter } from "node:events";
import { afterEach, expect, test } from "vitest";
import type { ThreadTask } from "../testing/thread-task.ts";
import { until } from "../testing/until.ts";
import { makeThreads, type Threads } from "./threads.ts";

const TASK = new URL("../testing/thread-task.ts", import.meta.url);
let threads: Threads;
afterEach(() => threads.close());

const run = (task: ThreadTask, holder: string, caller?: EventEmitter & { destroyed: boolean }) =>
  threads.run<ThreadTask, string>(TASK, task, [holder], caller);

function makeGate() {
  const gate = new SharedArrayBuffer(8);
  const cells = new Int32Array(gate);
  return {
    gate,
    entered: () => Atomics.load(cells, 1),
    open() {
      Atomics.store(cells, 0, 1);
      Atomics.notify(cells, 0);
    },
  };
}

test("a tenant with many tasks waits only for itself: another tenant's task runs meanwhile", async () => {
  threads = makeThreads();
  const { gate, entered, open } = makeGate();
  const queued = Array.from({ length: 5 }, () => run({ gate }, "busy"));
  await until("the first task to run", () => entered() === 1);
  expect(await run({ echo: "other" }, "other")).toBe("other");
  expect(entered()).toBe(1);
  open();
  expect(await Promise.all(queued)).toEqual(Array.from({ length: 5 }, () => "done"));
});

test("a task whose client has left gives up its place in the line", async () => {
  threads = makeThreads();
  const { gate, entered, open } = makeGate();
  const first = run({ gate }, "busy");
  await until("the first task to run", () => entered() === 1);
  const caller = Object.assign(new EventEmitter(), { destroyed: false });
  const second = run({ gate }, "busy", caller);
  caller.emit("close");
  await expect(second).rejects.toMatchObject({ code: "unavailable" });
  open();
  await first;
  expect(entered()).toBe(1);
});

test("a task that computes forever is ended and refused, and the next one runs", async () => {
  threads = makeThreads(500);
  await expect(run({ forever: true }, "hostile")).rejects.toMatchObject({
    code: "invalid_input",
    detail: "This takes too long to read. Send it in several parts.",
  });
  await threads.close();
  threads = makeThreads();
  expect(await run({ echo: "next" }, "hostile")).toBe("next");
});

test("a task that runs out of memory is ended and refused, the process survives, and the next one runs", async () => {
  threads = makeThreads(60_000);
  await expect(run({ memory: true }, "hostile")).rejects.toMatchObject({ code: "invalid_input" });
  expect(await run({ echo: "next" }, "hostile")).toBe("next");
});
