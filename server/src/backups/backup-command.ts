/** `npm run whoot -- backup FILE`: writes the whole database to one file. The server may run. */
import { resolve } from "node:path";
import type { Config } from "../config.ts";
import { receiptKey } from "../deletions/deletions.ts";
import { dump } from "../platform/db/backup/dump.ts";
import { BackupFileError, openBackup, writeBackup } from "../platform/db/backup/file.ts";
import { withDatabaseUrls } from "../platform/db/for-commands.ts";
import { openKeys } from "../platform/keys.ts";
import { UsageError } from "../platform/usage.ts";
import { describeBackup } from "./words.ts";

/** Aborts `work` on Ctrl-C or SIGTERM, so that the backup leaves no partial file. */
async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    return await work(interrupted.signal);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

export const backup = {
  usage: "backup FILE",
  does: "Writes a consistent copy of the whole database to a new file and reads the file back. The server may run.",

  /** @throws UsageError for bad arguments, and when the file cannot be written */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [name, ...rest] = args;
    if (name === undefined || name.startsWith("-") || rest.length > 0)
      throw new UsageError("Name a backup file that does not exist yet.");
    const file = resolve(name);
    const serverKey = receiptKey(openKeys(config.keysFolder, config.masterKey));
    const report: string[] = [];
    try {
      await untilInterrupted((signal) =>
        withDatabaseUrls(config, (urls) =>
          writeBackup(
            file,
            dump(urls, serverKey),
            async (part) => {
              const written = await openBackup(part);
              const totals = await written.read(async ({ blocks }) => {
                for await (const block of blocks) void block; // reading counts and hashes the rows
              });
              report.push(`${file} was written and read back completely.`, ...describeBackup(written, totals));
            },
            signal,
          ),
        ),
      );
    } catch (error) {
      if (error instanceof BackupFileError) throw new UsageError(error.message);
      throw error;
    }
    for (const line of report) print(line);
    print("The file contains names, addresses and password hashes: protect it like the database. Only this user can read it.");
    print(
      "It does not contain keys/, recordings/ and deletions/. Copy those now, in this order: see Backup in docs/operating.md.",
    );
    return 0;
  },
};
