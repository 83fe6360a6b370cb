/** Runs `npm run whoot -- …` in this process, with the settings of a test's server. */
import { runCommand } from "../cli.ts";
import type { TestServer } from "./server.ts";

export interface CommandAnswer {
  code: number;
  output: string;
}

/** @param environment settings that differ from the server's */
export async function whootCommand(
  server: TestServer,
  args: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<CommandAnswer> {
  const lines: string[] = [];
  const settings = {
    WHOOT_DATA: server.config.dataFolder,
    WHOOT_MASTER_KEY: server.config.masterKey.toString("hex"),
    DATABASE_URL: server.database.ownerUrl,
    ...environment,
  };
  const code = await runCommand(args, settings, (line) => void lines.push(line));
  return { code, output: lines.join("\n") };
}
