/** A real whoot: the process that `npm start` runs, with a database and a data folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PINNED_NODE, ROOT } from "../../scripts/prepare.mjs";

export interface Whoot {
  readonly url: string;
  readonly dataFolder: string;
  /** Of its process, while it runs. */
  readonly pid: number;
  /** `kill -9`: nothing is said, nothing is finished. */
  kill(): Promise<void>;
  /** Again, on the same port and data. */
  start(): Promise<void>;
  /** Stops it and removes all that it kept. */
  remove(): Promise<void>;
}

/** Audio takes the UDP port of the same number, so that has to be free too. */
async function freePort(): Promise<number> {
  for (;;) {
    const tcp = createServer().listen(0, "127.0.0.1");
    await once(tcp, "listening");
    const address = tcp.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const udp = createSocket("udp4");
    const isFree = await new Promise<boolean>((resolve) => {
      udp.once("error", () => resolve(false));
      udp.bind(port, "127.0.0.1", () => resolve(true));
    });
    if (isFree) udp.close();
    tcp.close();
    if (isFree) return port;
  }
}

export async function startWhoot(): Promise<Whoot> {
  const dataFolder = mkdtempSync(join(tmpdir(), "whoot-e2e-"));
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const started = spawn(PINNED_NODE, ["server/src/main.ts"], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "", PORT: String(port), WHOOT_DATA: dataFolder, WHOOT_LOG: "warn" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    let log = "";
    started.stderr.on("data", (bytes: Buffer) => (log += String(bytes)));
    await new Promise<void>((resolve, reject) => {
      started.stdout.on("data", (bytes: Buffer) => String(bytes).includes("whoot runs at") && resolve());
      started.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
    });
    // What it has to complain of belongs into the report of the test that made it complain.
    started.stderr.on("data", (bytes: Buffer) => process.stderr.write(bytes));
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const ending = child;
    child = null;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, "exit");
    ending.kill(signal);
    await exited;
  }

  await start();
  return {
    url: `http://localhost:${port}`,
    dataFolder,
    get pid() {
      return child?.pid ?? 0;
    },
    kill: () => end("SIGKILL"),
    start,
    async remove() {
      // The database outlives a killed server by design; the next start adopts it, and then stops it.
      if (!child) await start();
      await end("SIGTERM");
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}
