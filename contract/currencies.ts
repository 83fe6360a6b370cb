/**
 * Currencies, with the digits of their minor unit, as in ISO 4217 in 2026. `Intl` is no source: it follows CLDR, where several currencies
 * have other digits (IQD 0 instead of 3, HUF 0 instead of 2). Funds codes, metals and test codes are left out.
 */
const NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const TWO_DIGITS =
  "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP " +
  "DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR " +
  "LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB " +
  "SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG " +
  "YER ZAR ZMW ZWG";
const THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND";

function entries(codes: string, digits: number): [string, number][] {
  return codes.split(" ").map((code) => [code, digits]);
}

export const CURRENCY_DIGITS: ReadonlyMap<string, number> = new Map([
  ...entries(NO_DIGITS, 0),
  ...entries(TWO_DIGITS, 2),
  ...entries(THREE_DIGITS, 3),
]);

export interface Currency {
  /** ISO 4217, such as EUR. */
  code: string;
  digits: number;
}

/** An amount in minor units as text, such as −11.85 EUR for −1185. Exact for every size, and the same in every language. */
export function moneyText(minor: bigint, { code, digits }: Currency): string {
  const figures = String(minor < 0n ? -minor : minor).padStart(digits + 1, "0");
  const whole = figures.slice(0, figures.length - digits);
  const fraction = digits === 0 ? "" : `.${figures.slice(-digits)}`;
  return `${minor < 0n ? "-" : ""}${whole}${fraction} ${code}`;
}
