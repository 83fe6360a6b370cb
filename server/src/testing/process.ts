/** The process that `npm start` runs, on the test's database, port and folder: for tests that need the end of a real process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { MASTER_KEY } from "./master-key.ts";
import type { TestServer } from "./server.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

const { NODE_COMPILE_CACHE } = process.env;
/** Where a new process finds the compiled code, if there is such a folder (scripts/prepare.mjs): it halves the CPU time of a start. */
export const COMPILED = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

export interface ServerProcess {
  /** Resolves once it answers. */
  serves: Promise<void>;
  /** Kills it with `kill -9`. */
  kill(): Promise<void>;
  /** The output and exit code of a process that ends by itself. */
  ended: Promise<{ exitCode: number | null; output: string }>;
}

/**
 * The test's own server must be stopped first.
 * @param environment settings that differ
 * @param program with its arguments, if it is another one than `npm start` runs
 */
export function startProcess(server: TestServer, environment: NodeJS.ProcessEnv = {}, program = [MAIN]): ServerProcess {
  const { port, dataFolder } = server.config;
  const child = spawn(process.execPath, program, {
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      PORT: String(port),
      WHOOT_MEDIA_PORT: String(port),
      WHOOT_DATA: dataFolder,
      WHOOT_MASTER_KEY: MASTER_KEY.toString("hex"),
      DATABASE_URL: server.database.ownerUrl,
      WHOOT_LOG: "silent",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const exited = once(child, "exit");
  const serves = new Promise<void>((done) => {
    child.stdout.on("data", (bytes: Buffer) => String(bytes).includes("whoot runs at") && done());
  });
  child.stderr.on("data", (bytes: Buffer) => (output += String(bytes)));
  return {
    serves,
    ended: exited.then(() => ({ exitCode: child.exitCode, output })),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
