/**
 * Finds the PostgreSQL that runs on a data directory. `postmaster.pid` alone proves nothing: after a power failure its process id and its
 * port may belong to any other program. Nothing is adopted or signalled unless it has proved to be our PostgreSQL.
 */
import { execFile } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { StartupError } from "../startup-error.ts";

const run = promisify(execFile);

const PATIENCE_MS = 60_000;
const POLL_MS = 100;
/** A healthy PostgreSQL on this machine answers in milliseconds. */
const ANSWER_MS = 5_000;

/** SQLSTATEs of a PostgreSQL that is starting, stopping or recovering (57P03), or has no connection left (53300). */
const BUSY = new Set(["57P03", "53300"]);

export type Postmaster =
  /** No `postmaster.pid`, or its process is gone. PostgreSQL handles both itself. */
  | { state: "none" }
  /** It answered, knew our password and runs on this directory. */
  | { state: "ours"; port: number }
  /** `postmaster.pid` is damaged, or names a live process that did not prove to be ours. */
  | { state: "unproven" };

interface PidFile {
  pid: number;
  port: number;
}

export function pidFileOf(dataDirectory: string): string {
  return resolve(dataDirectory, "postmaster.pid");
}

/** Line 1 is the process id, line 4 the port (PostgreSQL's src/include/utils/pidfile.h). */
function readPidFile(dataDirectory: string): PidFile | "missing" | "damaged" {
  let lines: string[];
  try {
    lines = readFileSync(pidFileOf(dataDirectory), "utf8").split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "missing";
    throw error;
  }
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 && port <= 65_535 ? { pid, port } : "damaged";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The parent process of a backend, which is its postmaster. Null if the system does not tell. */
async function parentOf(pid: number): Promise<number | null> {
  try {
    // The fields after the name in brackets, which may contain anything, are state and parent (proc_pid_stat(5)).
    if (process.platform === "linux") return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
    return Number((await run("ps", ["-o", "ppid=", "-p", String(pid)])).stdout);
  } catch {
    return null;
  }
}

/** Finds out who answers on the port of the pid file. */
async function identify(
  { pid, port }: PidFile,
  dataDirectory: string,
  password: string,
): Promise<"ours" | "busy" | "somebody else"> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "postgres",
    database: "postgres",
    password,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on("error", () => {}); // the query reports it
  let knowsPassword = false;
  // Only SCRAM proves that the other side knows the password. Any other method would give the password away.
  for (const method of ["authenticationCleartextPassword", "authenticationMD5Password"] as const) {
    client.connection.once(method, () => client.connection.stream.destroy());
  }
  client.connection.once("authenticationSASLFinal", () => {
    knowsPassword = true;
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ directory: string; backend: number }>(
      "select current_setting('data_directory') as directory, pg_backend_pid() as backend",
    );
    const [answer] = rows;
    if (!knowsPassword || !answer || realpathSync(answer.directory) !== realpathSync(dataDirectory)) return "somebody else";
    // Windows doesn't say which process is the parent. There, PostgreSQL takes signals through a pipe that no other program has.
    if (process.platform === "win32") return "ours";
    return (await parentOf(answer.backend)) === pid ? "ours" : "somebody else";
  } catch (error) {
    return BUSY.has(String((error as { code?: unknown }).code)) ? "busy" : "somebody else";
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Looks for the directory's PostgreSQL. Waits while it is starting, stopping or recovering.
 * @param password the password of its superuser `postgres`
 * @throws StartupError if that takes more than a minute
 */
export async function findPostmaster(dataDirectory: string, password: string): Promise<Postmaster> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await pause(POLL_MS)) {
    const file = readPidFile(dataDirectory);
    if (file === "damaged") return { state: "unproven" };
    if (file === "missing" || !isAlive(file.pid)) return { state: "none" };
    const answer = await identify(file, dataDirectory, password);
    if (answer === "ours") return { state: "ours", port: file.port };
    if (answer === "somebody else") return { state: "unproven" };
    if (performance.now() > deadline) {
      throw new StartupError(
        `PostgreSQL on ${dataDirectory} is still starting, recovering or stopping after a minute. Try again when it is done.`,
      );
    }
  }
}
