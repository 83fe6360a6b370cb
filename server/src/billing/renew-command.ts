/** `npm run whoot -- billing renew SLUG`: bills the periods of a workspace that a server which was off for long did not bill by itself. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { type Look, renewDue, settle } from "./lifecycle.ts";
import { findWorkspace, operate } from "./operating.ts";
import { missedPeriods } from "./reckoning/renewal.ts";
import { findSubscription } from "./store.ts";
import * as queries from "./store-queries.ts";

/** @returns what was done; null if nothing waited */
async function renewAll(look: Look): Promise<string | null> {
  const stored = await findSubscription(look.tx);
  const missed = stored ? missedPeriods(stored.subscription, look.now) : 0;
  await queries.halt(look.tx.db, null);
  if (!stored || missed === 0) {
    await settle(look);
    return null;
  }
  const before = new Set((await queries.listOpenInvoices(look.tx.db)).map(({ number }) => number));
  await renewDue(look, stored, missed);
  await settle(look);
  const issued = (await queries.listOpenInvoices(look.tx.db)).find(({ number }) => !before.has(number));
  const periods = missed === 1 ? "1 period" : `${missed} periods`;
  return issued
    ? `${periods} were billed on ${issued.number}: ${moneyText(BigInt(issued.gross), stored.currency)}.`
    : `${periods} were billed, and credit has paid them.`;
}

export const billingRenew = {
  usage: "billing renew SLUG",
  does: "Bills all the periods that a workspace missed, on one invoice. The server does up to three by itself, and asks for more.",

  /** @throws UsageError, also for a workspace that there isn't */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [slug, ...rest] = args;
    if (slug === undefined) throw new UsageError("Where? Give the workspace's slug, the part of its address after the slash.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    const done = await operate(config, async ({ database, on }) => on(await findWorkspace(database, slug), renewAll));
    print(done ?? `Nothing waits to be billed at ${slug}.`);
    return done === null ? 1 : 0;
  },
};
