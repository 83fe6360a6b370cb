/**
 * Receives SAML responses (assertion consumer service). Browsers post them from another site, without cookies, so nothing is decided about
 * the browser here. The outcome is stored under a one-time ticket, with which the browser that began the sign-in fetches it (finishing.ts).
 */
import { createHash } from "node:crypto";
import { mailedPaths } from "#contract/paths.ts";
import type { PublicCtx } from "../access/ctx.ts";
import { openAudit } from "../audit/audit.ts";
import type { Origin } from "../platform/http/caller.ts";
import { pageLink } from "../platform/mail/link.ts";
import { Refusal } from "../platform/refusal.ts";
import { seal } from "../platform/seal.ts";
import type { Services } from "../services.ts";
import type { SamlSignIn } from "../security/saml/verify.ts";
import { type Outcome, SsoRefusal } from "./asserted.ts";
import { formField } from "./form.ts";
import * as queries from "./queries.ts";
import type { Connection } from "./queries.ts";
import { readSaml, verifySaml } from "./saml.ts";
import { transactionContext } from "./secrets.ts";
import { findAnywhere } from "./starting.ts";
import * as transactions from "./transactions.ts";
import type { Transaction } from "./transactions.ts";
import { targetOf, trustMark } from "./trust.ts";

/** A RelayState that whoot made. */
const HANDLE = /^[A-Za-z0-9_-]{43}$/;

/** Records a refusal in the tenant's audit log. @param person whom the provider named; null before that is verified */
export async function auditRefusal(
  { database }: Services,
  connection: Connection,
  { refusal, person, origin }: { refusal: SsoRefusal; person: string | null; origin: Origin },
): Promise<void> {
  await database.withTenant(connection.tenantId, async (tx) =>
    openAudit(tx, { memberId: null, name: person ?? "Somebody", ...origin }).record({
      action: "sso.refused",
      target: targetOf(connection),
      changes: { reason: { from: null, to: refusal.reason } },
    }),
  );
}

/** Marks the request and the assertion as used. @throws SsoRefusal unsolicited, too_late, replayed */
async function spend(services: Services, connection: Connection, signIn: SamlSignIn): Promise<Transaction> {
  const { connectionId, tenantId } = connection;
  const transaction = await services.database.asPlatformStatement("find the request that a response answers", (db) =>
    transactions.findByRequest(db, connectionId, signIn.requestId),
  );
  if (!transaction) throw new SsoRefusal("unsolicited");
  if (transaction.isAnswered) throw new SsoRefusal("replayed");
  if (!transaction.isOpen) throw new SsoRefusal("too_late");
  const assertionHash = createHash("sha256").update(signIn.assertionId).digest();
  const isNew = await services.database.withTenant(tenantId, (tx) =>
    queries.spendAssertion(tx.db, { tenantId, connectionId, assertionHash, expiresAt: signIn.rememberUntil }),
  );
  if (!isNew) throw new SsoRefusal("replayed");
  return transaction;
}

async function store(services: Services, { transactionId }: Transaction, outcome: Outcome): Promise<string> {
  const sealed = seal(services.keys.platformKey("sso"), JSON.stringify(outcome), transactionContext(transactionId));
  const ticket = await services.database.asPlatformStatement("keep what a provider said", (db) =>
    transactions.storeOutcome(db, transactionId, sealed),
  );
  if (ticket === null) throw new SsoRefusal("replayed");
  return ticket;
}

/**
 * @param body the posted form
 * @returns the URL to send the browser to
 * @throws Refusal not_found for a connection that does not exist, is not SAML or was never set up; unavailable
 */
export async function consumeResponse(
  { services, origin }: PublicCtx,
  { connectionId, body }: { connectionId: string; body: Buffer },
): Promise<string> {
  const connection = await findAnywhere(services, connectionId);
  if (connection?.protocol !== "saml" || connection.certificates.length === 0) throw new Refusal("not_found");
  const form = body.toString("latin1");
  const relayState = formField(form, "RelayState");
  // The RelayState is not signed, so it only decides which browser may see a refusal.
  const hinted =
    relayState !== null && HANDLE.test(relayState)
      ? await services.database.asPlatformStatement("who waits for a response", (db) =>
          transactions.findByHandle(db, connectionId, relayState),
        )
      : undefined;
  // Before a connection is switched on, it can only be tested.
  if (!connection.enabled && hinted?.purpose !== "test") throw new Refusal("not_found");
  let person: string | null = null;
  try {
    const signIn = await verifySaml(services, connection, formField(form, "SAMLResponse") ?? "");
    person = signIn.nameId.value;
    const transaction = await spend(services, connection, signIn);
    const outcome = readOutcome(connection, signIn);
    if ("refused" in outcome && transaction.purpose !== "test") throw new SsoRefusal(outcome.refused, outcome.details);
    return pageLink(services, mailedPaths.ssoFinish(await store(services, transaction, outcome)));
  } catch (error) {
    if (!(error instanceof SsoRefusal)) throw error;
    services.log.info({ connectionId, reason: error.reason, ...origin }, "a SAML response was refused");
    // Without a transaction that a browser began, nothing goes to the tenant's audit log, because a stranger could fill it.
    if (!hinted) return `${services.publicUrl()}/sso/failed#${error.reason}`;
    const ticket = await store(services, hinted, { refused: error.reason, details: error.details }).catch(() => null);
    if (ticket === null) return `${services.publicUrl()}/sso/failed#${error.reason}`;
    if (hinted.purpose !== "test") await auditRefusal(services, connection, { refusal: error, person, origin });
    return pageLink(services, mailedPaths.ssoFinish(ticket));
  }
}

function readOutcome(connection: Connection, signIn: SamlSignIn): Outcome {
  try {
    return { asserted: readSaml(connection, signIn), trust: trustMark(connection) };
  } catch (error) {
    if (error instanceof SsoRefusal) return { refused: error.reason, details: error.details };
    throw error;
  }
}
