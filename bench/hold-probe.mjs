/**
 * Loaded into the server (`--import`). Answers on the socket HOLD_PROBE with the longest time, in ms, that the main thread computed without
 * a pause since the last answer. It measures CPU time, because other programs cause the time in which the thread waits for a core.
 */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { isMainThread } from "node:worker_threads";

const path = process.env["HOLD_PROBE"];
if (path && isMainThread) {
  const used = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let before = used();
  let longest = 0;
  function record() {
    const now = used();
    longest = Math.max(longest, now - before);
    before = now;
  }
  // Runs in every turn of the event loop that takes over 1 ms, so the CPU time between two runs belongs to one turn.
  setInterval(record, 1).unref();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      record();
      socket.write(`${longest}\n`);
      longest = 0;
    });
  });
  rmSync(path, { force: true }); // a server that was killed leaves its socket behind
  server.listen(path).unref();
}
