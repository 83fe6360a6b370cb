/**
 * `npm start`, on whatever Node started npm: installs what is missing, builds the web app when its sources changed, then
 * runs the server on the Node that the lock file pins. Plain JavaScript without dependencies: nothing is installed yet.
 */
import { spawn } from "node:child_process";
import { prepare, PINNED_NODE, ROOT } from "./prepare.mjs";

prepare({ web: true });
const server = spawn(PINNED_NODE, ["server/src/main.ts"], { cwd: ROOT, stdio: "inherit" });
// A terminal's Ctrl-C reaches the server by itself; these are for a signal sent to npm or to this process alone.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => server.kill(signal === "SIGHUP" ? "SIGTERM" : signal));
server.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1)));
