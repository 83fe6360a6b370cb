/**
 * `npm run whoot -- billing renew SLUG`: bills periods of a workspace that the server did not bill automatically, because it was off for
 * too long.
 */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { type BillingCtx, renewDue, settle } from "./lifecycle.ts";
import { findWorkspace, operate } from "./operating.ts";
import { dayOf } from "./reckoning/calendar.ts";
import { missedPeriods } from "./reckoning/renewal.ts";
import { findSubscription } from "./store.ts";
import * as queries from "./store-queries.ts";

/** @returns a sentence that says what was done; null if no period was waiting */
async function renewAll(billingCtx: BillingCtx, fromNow: boolean): Promise<string | null> {
  const stored = await findSubscription(billingCtx.tx);
  const missed = stored ? missedPeriods(stored.subscription, billingCtx.now) : 0;
  await queries.halt(billingCtx.tx.db, null);
  if (!stored || missed === 0) {
    await settle(billingCtx);
    return null;
  }
  const before = new Set((await queries.listOpenInvoices(billingCtx.tx.db)).map(({ number }) => number));
  const { subscription } = await renewDue(billingCtx, stored, { most: missed, fromNow });
  await settle(billingCtx);
  const issued = (await queries.listOpenInvoices(billingCtx.tx.db)).find(({ number }) => !before.has(number));
  const document = issued && `${issued.number}: ${moneyText(BigInt(issued.gross), stored.currency)}`;
  if (subscription.ended) {
    const ended = `The subscription ended on ${dayOf(stored.subscription.period.to)}, and no period after it is billed.`;
    return document ? `${ended} What waited is on ${document}.` : ended;
  }
  const billed = fromNow || missed === 1 ? 1 : missed;
  const what = billed === 1 ? "1 period was billed" : `${billed} periods were billed`;
  const skipped = missed > billed ? ` ${missed - billed} before it are not charged.` : "";
  return document ? `${what} on ${document}.${skipped}` : `${what}, and credit has paid it.${skipped}`;
}

const FROM_NOW = "--from-now";

export const billingRenew = {
  usage: "billing renew SLUG [--from-now]",
  does: "Bills all the periods that a workspace missed, on one invoice; with --from-now only the present one. The server does up to three by itself, and asks for more.",

  /** @throws UsageError for bad arguments, and for an unknown workspace */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [slug, option, ...rest] = args;
    if (slug === undefined) throw new UsageError("Where? Give the workspace's slug, the part of its address after the slash.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    if (option !== undefined && option !== FROM_NOW) throw new UsageError(`${option} is no option. There is ${FROM_NOW}.`);
    const fromNow = option === FROM_NOW;
    const done = await operate(config, async ({ database, on }) =>
      on(await findWorkspace(database, slug), (billingCtx) => renewAll(billingCtx, fromNow)),
    );
    print(done ?? `Nothing waits to be billed at ${slug}.`);
    return done === null ? 1 : 0;
  },
};
