import { UsageError } from "../platform/usage.ts";

/** Says that the money came or went by bank transfer, where it could be the provider's. */
export const BY_TRANSFER = "--transfer";

/** An amount as an operator types it, in minor units: digits, with as many decimals as the currency has. @throws UsageError */
export function readAmount(typed: string, digits: number): bigint {
  const [, whole = "", fraction = ""] = /^(\d{1,15})(?:\.(\d{1,4}))?$/.exec(typed) ?? [];
  const minor = whole === "" || fraction.length > digits ? 0n : BigInt(whole + fraction.padEnd(digits, "0"));
  if (minor === 0n) throw new UsageError(`${typed} is no amount. Write it as on an invoice, such as 119.00.`);
  return minor;
}
