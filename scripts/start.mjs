/**
 * `npm start`, on whatever Node started npm: installs what is missing, builds the web app when its sources changed, then
 * runs the server on the Node that the lock file pins. Plain JavaScript without dependencies: nothing is installed yet.
 */
import { spawn } from "node:child_process";
import { PINNED_NODE, prepare, ROOT } from "./prepare.mjs";

const PARENT_CHECK_MS = 500;

prepare({ web: true });
// In a session of its own, so that a Ctrl-C or a closed terminal reaches it once, from here, as a signal that it answers
// by ending talk and recordings first.
const server = spawn(PINNED_NODE, ["server/src/main.ts"], {
  cwd: ROOT,
  stdio: "inherit",
  detached: process.platform !== "win32",
});

const stop = (signal) => server.kill(signal);
process.on("SIGINT", () => stop("SIGINT"));
process.on("SIGTERM", () => stop("SIGTERM"));
process.on("SIGHUP", () => stop("SIGTERM"));
server.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1)));

// npm passes a SIGTERM on to the shell between us and dies with it: without this the server would stay behind.
if (process.env.npm_lifecycle_event === "start") {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop("SIGTERM"), PARENT_CHECK_MS).unref();
}
