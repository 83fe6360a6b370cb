import { type Expression, sql } from "kysely";

/** Whether the account of this row has a second factor, also a passkey of an earlier public URL. */
export function hasSecondFactor(accountId: Expression<string>) {
  return sql<boolean>`(exists (select from totp_factors where totp_factors.account_id = ${accountId})
    or exists (select from passkeys where passkeys.account_id = ${accountId}))`;
}
