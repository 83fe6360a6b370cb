/**
 * `npm start`: installs what is missing, builds the web app when its sources changed, then runs the server on the Node that the lock
 * file pins. Plain JavaScript without dependencies, because nothing is installed yet and any Node may have started npm.
 */
import { spawn } from "node:child_process";
import { PINNED_NODE, prepare, ROOT } from "./prepare.mjs";

const PARENT_CHECK_MS = 500;

prepare({ web: true });
// In a session of its own, so that Ctrl-C or a closed terminal reaches the server only once, through this process, and the server
// can end talk and recordings first.
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

// npm passes SIGTERM to the shell between npm and this process, and exits. Without this check the server would go on running.
if (process.env.npm_lifecycle_event === "start") {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop("SIGTERM"), PARENT_CHECK_MS).unref();
}
