/** `npm run whoot -- billing clock +40d`: moves the clock of a sample server, so that renewals and reminders happen now. */
import type { Config } from "../config.ts";
import { announce } from "../platform/changes.ts";
import { enqueue } from "../platform/jobs.ts";
import { onDatabase } from "../platform/db/for-commands.ts";
import { UsageError } from "../platform/usage.ts";
import { openSettledBilling } from "./catalogues.ts";
import * as queries from "./catalogue-queries.ts";
import { BILL_DUE } from "./clock.ts";
import { instantText } from "./reckoning/calendar.ts";

const SECONDS = { h: 3_600, d: 86_400 } as const;
const MAX_SECONDS = 10 * 365 * SECONDS.d;

/** Reads hours or days, such as +40d; null for anything else. Time only goes forward. */
function readStep(text: string): number | null {
  const [, count, unit] = /^\+(\d{1,5})([hd])$/.exec(text) ?? [];
  if (count === undefined) return null;
  const seconds = Number(count) * SECONDS[unit as keyof typeof SECONDS];
  return seconds > 0 && seconds <= MAX_SECONDS ? seconds : null;
}

export const billingClock = {
  usage: "billing clock +40d",
  does: "Moves the clock of a sample server (WHOOT_BILLING=sample) forward by days (d) or hours (h), and does what is due by then.",

  /** @throws UsageError for bad arguments, and on a server that is not a sample */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [typed = "", ...rest] = args;
    const seconds = readStep(typed);
    if (seconds === null) throw new UsageError("By how much? Give days or hours, such as +40d or +12h. It goes forward only.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    const now = await onDatabase(config, async (database) => {
      const { isSample } = await openSettledBilling(database);
      if (!isSample) throw new UsageError("This server bills for real, so its clock can't be moved.");
      return database.asPlatform("move the sample clock", async ({ db }) => {
        const ahead = await queries.moveClock(db, seconds);
        await announce(db, { kind: "billingClock" });
        await enqueue(db, BILL_DUE, {});
        return Math.floor(Date.now() / 1_000) + ahead;
      });
    });
    print(`For billing it is ${instantText(now)} now. A running server does what is due within seconds.`);
    return 0;
  },
};
