/** An amount as an operator types it, in minor units. Null for anything but digits, with as many decimals as the currency has. */
export function readAmount(text: string, digits: number): bigint | null {
  const [, whole = "", fraction = ""] = /^(\d{1,15})(?:\.(\d{1,4}))?$/.exec(text) ?? [];
  if (whole === "" || fraction.length > digits) return null;
  const minor = BigInt(whole + fraction.padEnd(digits, "0"));
  return minor > 0n ? minor : null;
}
