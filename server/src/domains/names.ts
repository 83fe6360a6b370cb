/** Which names can be claimed, and the names of their records. */
import { domainToASCII, domainToUnicode } from "node:url";
import freeMailDomains from "free-email-domains";
import { parse } from "tldts";

/** draft-ietf-dnsop-domain-verification-techniques. */
const CHALLENGE = "_whoot-challenge";

/** RFC 1035 §2.3.4, less the challenge's label and its dot. */
const MAX_LENGTH = 253 - CHALLENGE.length - 1;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Mail providers that the package's list lacks, and names that Microsoft gives to everyone who asks. */
const MORE_PROVIDERS = [
  "hey.com",
  "mailbox.org",
  "onmicrosoft.com",
  "tuta.com",
  "tuta.io",
  "tutamail.com",
  "tutanota.com",
  "tutanota.de",
];
const PROVIDERS: ReadonlySet<string> = new Set([...freeMailDomains, ...MORE_PROVIDERS]);

/** The names above `name`, itself first. */
function* withParents(name: string): Generator<string> {
  for (let rest = name; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1)) yield rest;
}

/** Reads a domain that a person typed. @returns its A-labels in lower case, or a sentence that says why it can't be claimed */
export function readDomain(typed: string): { domain: string } | string {
  const text = typed.trim().replace(/^@/, "").replace(/\.$/, "");
  if (/[\s/@:?#\\%]/.test(text)) return "Enter the domain alone, such as example.com.";
  const domain = domainToASCII(text);
  const labels = domain.split(".");
  if (domain.length > MAX_LENGTH) return "That name is too long.";
  if (!labels.every((label) => LABEL.test(label))) return "That isn't a domain. Enter one such as example.com.";
  const { isIp, isIcann } = parse(domain);
  if (isIp || !isIcann || labels.length < 2) return "That isn't a domain of the public internet. Enter one such as example.com.";
  const { domain: registrable } = parse(domain, { allowPrivateDomains: true });
  if (registrable === null) return `Under ${showDomain(domain)}, anyone can have a name of their own. Enter your own domain.`;
  const provider = [...withParents(domain)].find((name) => PROVIDERS.has(name));
  if (provider) return `${showDomain(provider)} belongs to a mail provider, whose customers are not all yours.`;
  return { domain };
}

/** The domain as people write it. A-labels that can't be shown stay. */
export function showDomain(domain: string): string {
  return domainToUnicode(domain) || domain;
}

/** The name at which the record belongs. */
export function challengeName(domain: string): string {
  return `${CHALLENGE}.${domain}`;
}

/** The part of a name that somebody registered; the name itself where there is none. */
export function registeredDomain(name: string): string {
  return parse(name, { allowPrivateDomains: true, validateHostname: false }).domain ?? name;
}

/** The same below the registered domain, as most DNS providers' forms want it. */
export function relativeChallengeName(domain: string): { name: string; zone: string } {
  const zone = registeredDomain(domain);
  return { name: challengeName(domain).slice(0, -zone.length - 1), zone };
}

export function challengeValue(token: string): string {
  return `token=${token} expiry=never`;
}
