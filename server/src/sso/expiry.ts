/**
 * Mails before the certificates of a SAML connection expire. They only remind: an expired certificate still counts, so nobody is locked
 * out.
 */
import { openAudit, WHOOT } from "../audit/audit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { type MailWords, mailWords } from "../platform/mail/words.ts";
import { isUsable, readCertificate, type SigningCertificate } from "../security/saml/certificate.ts";
import type { Services } from "../services.ts";
import { mailConfigurers } from "./mails.ts";
import type { Connection } from "./queries.ts";
import * as queries from "./queries.ts";
import { targetOf } from "./trust.ts";

const DAY_MS = 86_400_000;
/** Days before the end on which admins are warned, the last one first. */
const STEPS = [1, 7, 30] as const;

/** The certificate that expires last. Only its end matters, because the newer one replaces the others. */
function lastCertificate(pems: readonly string[]): SigningCertificate | null {
  const certificates = pems.map(readCertificate).filter(isUsable);
  return certificates.toSorted((one, other) => other.notAfter.getTime() - one.notAfter.getTime())[0] ?? null;
}

/**
 * The warning that is due, in days before the end; null if none is. Only the last one reached is sent, so a server that was off sends one
 * mail.
 * @param lastWarning the last warning sent, in days before the end, or null
 */
export function dueStep(notAfter: Date, lastWarning: number | null, now: Date): number | null {
  const days = (notAfter.getTime() - now.getTime()) / DAY_MS;
  const reached = STEPS.find((step) => days <= step);
  return reached !== undefined && (lastWarning === null || reached < lastWarning) ? reached : null;
}

const inWords = (date: Date) => new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(date);

function letterFor({ name }: Connection, notAfter: Date, now: Date) {
  const [ends, day] = [notAfter <= now ? "expired" : "expires", inWords(notAfter)];
  return (tenant: string): { subject: MailWords; text: MailWords } => ({
    subject: mailWords`A single sign-on certificate of ${tenant} ${ends} on ${day}`,
    text: mailWords`The identity provider's certificate that the connection ${name} of ${tenant} knows ${ends} on ${day} (UTC). Sign-ins go on working with the expired certificate, but fail once the provider signs with another one. Renew the certificate at the provider, and give whoot the new one before the provider uses it. whoot can know both at once:`,
  });
}

async function warnOf(services: Services, tx: TenantTx, connectionId: string, now: Date): Promise<void> {
  // Locked, so that of two simultaneous jobs the second one sees that the first one sent the warning.
  const row = await queries.lockConnection(tx.db, connectionId);
  const last = row?.enabled ? lastCertificate(row.certificates) : null;
  if (!row || !last) return;
  const step = dueStep(last.notAfter, row.warnedDays, now);
  if (step === null) return;
  await queries.noteWarning(tx.db, connectionId, step);
  openAudit(tx, WHOOT).record({
    action: "sso.certificate_expiring",
    target: targetOf(row),
    changes: { certificate: { to: last.fingerprint }, expires: { to: last.notAfter.toISOString() } },
  });
  await mailConfigurers(services, tx, letterFor(row, last.notAfter, now));
}

/** Sends each warning of each connection once. */
export async function warnOfExpiry(services: Services, tx: TenantTx, now = new Date()): Promise<void> {
  for (const { connectionId, enabled, certificates } of await queries.listConnections(tx.db)) {
    if (enabled && certificates.length > 0) await warnOf(services, tx, connectionId, now);
  }
}
