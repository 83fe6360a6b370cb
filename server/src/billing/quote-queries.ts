import type { Selectable } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import type { BillingQuotes } from "../platform/db/schema.ts";

export type QuoteRow = Selectable<BillingQuotes>;

interface NewQuote {
  tenantId: string;
  quoteId: string;
  memberId: string;
  kind: string;
  wanted: unknown;
  at: Date;
  tax: unknown;
  subscriptionId: string | null;
  revision: number | null;
  catalogueVersion: number;
  validUntil: Date;
}

/** A person has at most one quote of each kind: the one on their screen. */
export async function replaceQuotes(db: Db, quote: NewQuote): Promise<void> {
  await db.deleteFrom("billing_quotes").where("member_id", "=", quote.memberId).where("kind", "=", quote.kind).execute();
  await db
    .insertInto("billing_quotes")
    .values({
      tenant_id: quote.tenantId,
      quote_id: quote.quoteId,
      member_id: quote.memberId,
      kind: quote.kind,
      wanted: JSON.stringify(quote.wanted),
      at: quote.at,
      tax: JSON.stringify(quote.tax),
      subscription_id: quote.subscriptionId,
      revision: quote.revision,
      catalogue_version: quote.catalogueVersion,
      valid_until: quote.validUntil,
    })
    .execute();
}

export function findQuote(db: Db, quoteId: string): Promise<QuoteRow | undefined> {
  return db.selectFrom("billing_quotes").selectAll().where("quote_id", "=", quoteId).executeTakeFirst();
}

/** Keeps valid quotes that a change has made wrong, because accepting one explains that. */
export async function deleteExpiredQuotes(db: Db, now: Date): Promise<void> {
  await db.deleteFrom("billing_quotes").where("valid_until", "<", now).execute();
}

export async function countDocumentsSince(db: Db, since: Date): Promise<number> {
  const { count } = await db
    .selectFrom("invoices")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("issued_at", ">", since)
    .executeTakeFirstOrThrow();
  return Number(count);
}
