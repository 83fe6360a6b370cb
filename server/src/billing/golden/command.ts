/** `npm run whoot -- billing golden FILE`: runs cases with known results through the functions that bill. */
import { readFileSync, statSync } from "node:fs";
import { plain } from "../../platform/plain.ts";
import { UsageError } from "../../platform/usage.ts";
import { printable } from "./fields.ts";
import { FileError, readCases, type Result, runCase } from "./run.ts";

const MAX_BYTES = 16 * 2 ** 20;

/** @throws FileError */
function read(file: string): string {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new FileError("It is no file.");
    if (stat.size > MAX_BYTES) throw new FileError(`It is larger than ${MAX_BYTES} bytes.`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw error instanceof FileError ? error : new FileError(`It can't be read (${(error as Error).message}).`);
  }
}

function printResult({ name, wrong, unread }: Result, print: (line: string) => void): void {
  if (wrong.length === 0 && unread.length === 0) return;
  print(`${wrong.length > 0 ? "wrong" : "right"}: ${printable(name)}`);
  for (const sentence of wrong) print(`  ${sentence}`);
  if (unread.length > 0) print(`  not used: ${printable(unread.join(", "))}`);
}

export const billingGolden = {
  usage: "billing golden FILE",
  does: "Runs the cases of a file through the functions that bill, and prints what differs from their expected results.",

  /** @throws UsageError for bad arguments */
  runAlone(args: string[], printLine: (line: string) => void): number {
    // The file may come from somebody else, so its names and values may contain control characters.
    const print = (line: string) => printLine(plain(line));
    const [file, ...rest] = args;
    if (file === undefined) throw new UsageError("Name the JSON file of the cases.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    let results: Result[];
    try {
      results = readCases(read(file)).map((value, at) => runCase(value, at + 1));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      print(`${file} holds no cases. ${error.message}`);
      return 1;
    }
    for (const result of results) printResult(result, print);
    const wrong = results.filter((result) => result.wrong.length > 0).length;
    print(`${results.length} cases, ${wrong} wrong`);
    return wrong > 0 ? 1 : 0;
  },
};
