/**
 * `npm run whoot -- COMMAND`: an operator's commands, which use the server's settings, whether or not it is running.
 * Exit codes: 0 all is well, 1 the check found a problem, 2 the command could not run.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ssoDisable } from "./sso/disable-command.ts";
import { accountResetMfa } from "./accounts/reset-mfa-command.ts";
import { auditVerify } from "./audit-log/command.ts";
import { backup } from "./backups/backup-command.ts";
import { compact } from "./backups/compact-command.ts";
import { restore } from "./backups/restore-command.ts";
import { billingArchive } from "./billing/archive-command.ts";
import { billingCheck } from "./billing/check-command.ts";
import { billingConfirmTaxId } from "./billing/confirm-tax-id-command.ts";
import { billingClock } from "./billing/clock-command.ts";
import { billingRefund } from "./billing/refund-command.ts";
import { billingWriteOff } from "./billing/write-off-command.ts";
import { billingGolden } from "./billing/golden/command.ts";
import { billingPaid } from "./billing/paid-command.ts";
import { billingRenew } from "./billing/renew-command.ts";
import { receiptVerify } from "./deletions/command.ts";
import { type Config, loadConfig } from "./config.ts";
import { StartupError } from "./platform/startup-error.ts";
import { plainLines } from "./platform/plain.ts";
import { UsageError } from "./platform/usage.ts";

type Print = (line: string) => void;

interface Described {
  /** The words after `npm run whoot --`. */
  usage: string;
  does: string;
}

interface ServerCommand extends Described {
  /** Whether it may create the database, because it brings all the data itself. */
  makesDatabase?: boolean;
  run(config: Config, args: string[], print: Print): Promise<number>;
}

/** Needs no server, no settings and no data folder. */
interface AloneCommand extends Described {
  runAlone(args: string[], print: Print): number;
}

type Command = ServerCommand | AloneCommand;

const COMMANDS: Readonly<Record<string, Command>> = {
  "audit verify": auditVerify,
  "receipt verify": receiptVerify,
  "account reset-mfa": accountResetMfa,
  "sso disable": ssoDisable,
  "billing check": billingCheck,
  "billing golden": billingGolden,
  "billing confirm-tax-id": billingConfirmTaxId,
  "billing paid": billingPaid,
  "billing refund": billingRefund,
  "billing write-off": billingWriteOff,
  "billing renew": billingRenew,
  "billing clock": billingClock,
  "billing archive": billingArchive,
  backup,
  restore,
  compact,
};

function help(): string {
  const lines = Object.values(COMMANDS).map(({ usage, does }) => `  npm run whoot -- ${usage}\n      ${does}`);
  return `Commands:\n${lines.join("\n")}`;
}

/** A command for a server needs an existing one: it creates no data folder and no keys. @throws StartupError */
function assertServerIsHere(environment: NodeJS.ProcessEnv, { makesDatabase }: ServerCommand): void {
  const { WHOOT_DATA: data = "data", WHOOT_KEYS: keys, WHOOT_MASTER_KEY: key, DATABASE_URL: database } = environment;
  const needed = [
    ...(database || makesDatabase ? [] : [resolve(data, "postgres", "cluster")]),
    ...(key ? [] : [resolve(keys ?? resolve(data, "keys"), "master.key")]),
  ];
  const missing = needed.find((path) => !existsSync(path));
  if (missing) {
    const first = makesDatabase ? " Before a restore, put keys/ back." : "";
    throw new StartupError(
      `${missing} is missing. Set WHOOT_DATA and the other settings as they are set for the server.${first}`,
    );
  }
}

/** @returns the exit code */
export async function runCommand(args: string[], environment: NodeJS.ProcessEnv, print: Print): Promise<number> {
  const words = [2, 1].find((count) => Object.hasOwn(COMMANDS, args.slice(0, count).join(" "))) ?? 0;
  const command = COMMANDS[args.slice(0, words).join(" ")];
  if (!command) {
    print(help());
    return args.length === 0 || ["help", "--help", "-h"].includes(args[0] ?? "") ? 0 : 2;
  }
  try {
    if ("runAlone" in command) return command.runAlone(args.slice(words), print);
    assertServerIsHere(environment, command);
    return await command.run(loadConfig(environment), args.slice(words), print);
  } catch (error) {
    // Messages quote arguments and files.
    if (error instanceof UsageError) print(`${plainLines(error.message)}\nUsage: npm run whoot -- ${command.usage}`);
    else if (error instanceof StartupError) print(plainLines(error.message));
    else throw error;
    return 2;
  }
}

if (import.meta.main) {
  process.exitCode = await runCommand(process.argv.slice(2), process.env, (line) => void console.log(line));
}
