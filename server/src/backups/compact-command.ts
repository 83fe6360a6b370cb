/** `npm run whoot -- compact [WORD…]`: removes deleted data from PostgreSQL's files. */
import { truncateSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../config.ts";
import { RestoreError } from "../platform/db/backup/room.ts";
import { type Compacted, compact as rewrite, NO_OLD_WAL } from "../platform/db/compact.ts";
import { insteadOfServer } from "../platform/db/for-commands.ts";
import { UsageError } from "../platform/usage.ts";
import { scanFor } from "./scan.ts";
import { pluralize, size } from "./words.ts";

const MIN_WORD_LENGTH = 4;

function parse(args: string[]): string[] {
  const option = args.find((arg) => arg.startsWith("--"));
  if (option) throw new UsageError(`Unknown option ${option}.`);
  const short = args.find((word) => word.trim().length < MIN_WORD_LENGTH);
  if (short !== undefined)
    throw new UsageError(
      `"${short}" is too short and would be found by chance. Use words of ${MIN_WORD_LENGTH} letters or more.`,
    );
  return args;
}

/** Searches PostgreSQL's files for the words and prints where they are. @returns the exit code, 1 if any word was found */
async function prove(folder: string, words: string[], { relations }: Compacted, print: (line: string) => void): Promise<number> {
  if (words.length === 0) {
    print("To check that deleted data is gone, add words from it: npm run whoot -- compact WORD…");
    return 0;
  }
  const hits = await scanFor(folder, words);
  for (const { file, word } of hits) {
    const path = file.replace(/^cluster\//, "").replace(/(\.\d+|_\w+)$/, "");
    print(`"${word}" is in ${file} (${relations.get(path) ?? "no table"}).`);
  }
  if (hits.length > 0) {
    print(
      "Words found in a table are still in use, by another workspace or by an account. Accounts are not part of a workspace.",
    );
    return 1;
  }
  print(`None of ${pluralize(words.length, "word")} is in any file of ${folder}.`);
  return 0;
}

export const compact = {
  usage: "compact [WORD…]",
  does: "Rewrites all tables, so that no deleted data is left in PostgreSQL's files, and searches those files for the words. Stop the server first.",

  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const words = parse(args);
    const folder = resolve(config.dataFolder, "postgres");
    const report = ({ before, after, notCleaned }: Compacted) => {
      print(`All tables were rewritten: ${size(before)} before, ${size(after)} now.`);
      for (const line of notCleaned) print(line);
    };
    try {
      if (config.databaseUrl !== null) {
        if (words.length > 0) {
          throw new UsageError("The files of the PostgreSQL at DATABASE_URL can't be searched from here. Leave out the words.");
        }
        report(await insteadOfServer(config, rewrite));
        return 0;
      }
      let code = 0;
      await insteadOfServer(config, rewrite, {
        settings: NO_OLD_WAL,
        async whenStopped(compacted) {
          report(compacted);
          truncateSync(resolve(folder, "cluster", "server.log")); // the log may contain values of failed statements
          code = await prove(folder, words, compacted, print);
        },
      });
      return code;
    } catch (error) {
      if (error instanceof RestoreError) throw new UsageError(error.message);
      throw error;
    }
  },
};
