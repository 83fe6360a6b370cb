/**
 * `npm run whoot -- COMMAND`: what an operator does beside a server, on the same settings, whether or not it runs.
 * Exit codes: 0 all is well, 1 what was looked at is not, 2 it could not be looked at.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { auditVerify } from "./audit/command.ts";
import { receiptVerify } from "./deletions/command.ts";
import { type Config, loadConfig, StartupError } from "./config.ts";
import { UsageError } from "./platform/usage.ts";

interface Command {
  /** What follows `npm run whoot --`. */
  usage: string;
  does: string;
  run(config: Config, args: string[], print: (line: string) => void): Promise<number>;
}

const COMMANDS: Record<string, Command> = {
  "audit verify": auditVerify,
  "receipt verify": receiptVerify,
};

function help(): string {
  const lines = Object.values(COMMANDS).map(({ usage, does }) => `  npm run whoot -- ${usage}\n      ${does}`);
  return `Commands:\n${lines.join("\n")}`;
}

/** A command looks at a server that is there: it makes no data folder and no keys. @throws StartupError */
function assertServerIsHere(environment: NodeJS.ProcessEnv): void {
  const { WHOOT_DATA: data = "data", WHOOT_KEYS: keys, WHOOT_MASTER_KEY: key, DATABASE_URL: database } = environment;
  const needed = [
    ...(database ? [] : [resolve(data, "postgres", "cluster")]),
    ...(key ? [] : [resolve(keys ?? resolve(data, "keys"), "master.key")]),
  ];
  const missing = needed.find((path) => !existsSync(path));
  if (missing) {
    throw new StartupError(`${missing} is missing. Set WHOOT_DATA and the other settings as they are for the server.`);
  }
}

/** @returns the exit code */
export async function runCommand(args: string[], environment: NodeJS.ProcessEnv, print: (line: string) => void): Promise<number> {
  const command = COMMANDS[args.slice(0, 2).join(" ")];
  if (!command) {
    print(help());
    return args.length === 0 || ["help", "--help", "-h"].includes(args[0] ?? "") ? 0 : 2;
  }
  try {
    assertServerIsHere(environment);
    return await command.run(loadConfig(environment), args.slice(2), print);
  } catch (error) {
    if (error instanceof UsageError) print(`${error.message}\nUsage: npm run whoot -- ${command.usage}`);
    else if (error instanceof StartupError) print(error.message);
    else throw error;
    return 2;
  }
}

if (import.meta.main) {
  process.exitCode = await runCommand(process.argv.slice(2), process.env, (line) => void console.log(line));
}
