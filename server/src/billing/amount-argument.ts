import { UsageError } from "../platform/usage.ts";

/** Says that money came or went by bank transfer, in cases where it could also be a payment at the provider. */
export const BY_TRANSFER = "--transfer";

/** Reads an amount in the currency's decimals, as an operator types it. Returns minor units. @throws UsageError */
export function readAmount(typed: string, digits: number): bigint {
  const [, whole = "", fraction = ""] = /^(\d{1,15})(?:\.(\d{1,4}))?$/.exec(typed) ?? [];
  const minor = whole === "" || fraction.length > digits ? 0n : BigInt(whole + fraction.padEnd(digits, "0"));
  if (minor === 0n) throw new UsageError(`${typed} is no amount. Write it as on an invoice, such as 119.00.`);
  return minor;
}
