import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

/** The account's address as its row holds it. */
interface StoredAddress {
  lines: string[];
  postcode?: string;
  city: string;
}

export async function findProfile(db: Db) {
  return db
    .selectFrom("billing_accounts")
    .select([
      "company",
      sql<StoredAddress | null>`address`.as("address"),
      "country",
      "tax_id",
      "tax_id_confirmed_at",
      "purchase_order",
      "recipients",
      "language",
    ])
    .executeTakeFirst();
}

interface Profile {
  company: string;
  addressLines: string[];
  postcode: string | null;
  city: string;
  country: string;
  taxId: string | null;
  purchaseOrder: string | null;
  language: string;
  recipients: string[];
}

export async function updateProfile(db: Db, profile: Profile, keepsConfirmation: boolean): Promise<void> {
  const { company, addressLines: lines, postcode, city, country, taxId, purchaseOrder, language, recipients } = profile;
  const address: StoredAddress = { lines, ...(postcode !== null && { postcode }), city };
  await db
    .updateTable("billing_accounts")
    .set({
      company,
      address: JSON.stringify(address),
      country,
      tax_id: taxId,
      ...(keepsConfirmation ? {} : { tax_id_confirmed_at: null }),
      purchase_order: purchaseOrder,
      language,
      recipients,
    })
    .execute();
}

export async function confirmTaxId(db: Db): Promise<void> {
  await db
    .updateTable("billing_accounts")
    .set({ tax_id_confirmed_at: sql<Date>`now()` })
    .execute();
}
