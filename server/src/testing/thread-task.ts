/** A task for threads.test.ts: it waits until its gate opens, computes forever, fills its memory, or echoes a text. */
export type ThreadTask = { gate: SharedArrayBuffer } | { forever: true } | { memory: true } | { echo: string };

export default function run(task: ThreadTask): string {
  if ("gate" in task) {
    const gate = new Int32Array(task.gate);
    Atomics.add(gate, 1, 1);
    Atomics.notify(gate, 1);
    Atomics.wait(gate, 0, 0);
  }
  if ("forever" in task) for (;;);
  if ("memory" in task) {
    const held: number[][] = [];
    for (;;) held.push(Array.from({ length: 100_000 }, () => held.length));
  }
  return "echo" in task ? task.echo : "done";
}
