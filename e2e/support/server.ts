/** A real whoot: the process that `npm start` runs, with its own database and data folder. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PINNED_NODE, ROOT } from "../../scripts/prepare.mjs";
import { onFreePort } from "../../server/src/testing/free-port.ts";

export interface Whoot {
  readonly url: string;
  readonly dataFolder: string;
  /** Process number while it runs, else 0. */
  readonly pid: number;
  /** Kills the process with SIGKILL, so that it finishes nothing. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Runs an operator's command on a running server, `npm run whoot -- …`. @returns what it prints */
export async function runCommand({ dataFolder }: Pick<Whoot, "dataFolder">, ...args: string[]): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: "", WHOOT_DATA: dataFolder };
  const { stdout } = await promisify(execFile)(PINNED_NODE, ["server/src/cli.ts", ...args], { cwd: ROOT, env });
  return stdout;
}

/**
 * @param environment settings that differ from the usual ones
 * @param program with its arguments, if it is another one than `npm start` runs
 */
export async function startWhoot(environment: NodeJS.ProcessEnv = {}, program = ["server/src/main.ts"]): Promise<Whoot> {
  const dataFolder = mkdtempSync(join(tmpdir(), "whoot-e2e-"));
  let port = 0;
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const started = spawn(PINNED_NODE, program, {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "", PORT: String(port), WHOOT_DATA: dataFolder, WHOOT_LOG: "warn", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    let log = "";
    started.stderr.on("data", (bytes: Buffer) => (log += String(bytes)));
    await new Promise<void>((resolve, reject) => {
      started.stdout.on("data", (bytes: Buffer) => String(bytes).includes("whoot runs at") && resolve());
      started.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
    });
    // Warnings of the server belong in the report of the test that caused them.
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

  await onFreePort(async (free) => {
    port = free;
    await start();
  });
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
