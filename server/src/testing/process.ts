/** The process that `npm start` runs, on the test's database, port and folder: for what only the end of a process shows. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { MASTER_KEY } from "./master-key.ts";
import type { TestServer } from "./server.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

export interface ServerProcess {
  /** Once it answers. */
  serves: Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** What it said on its way out, and with what exit code; of one that does not start. */
  ended: Promise<{ exitCode: number | null; said: string }>;
}

/** The test's own server must be stopped. @param environment what differs */
export function startProcess(server: TestServer, environment: NodeJS.ProcessEnv = {}): ServerProcess {
  const { port, dataFolder } = server.config;
  const child = spawn(process.execPath, [MAIN], {
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
  let said = "";
  const exited = once(child, "exit");
  const serves = new Promise<void>((done) => {
    child.stdout.on("data", (bytes: Buffer) => String(bytes).includes("whoot runs at") && done());
  });
  child.stderr.on("data", (bytes: Buffer) => (said += String(bytes)));
  return {
    serves,
    ended: exited.then(() => ({ exitCode: child.exitCode, said })),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
