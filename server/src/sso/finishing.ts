/** The way back from the provider: the browser that began the sign-in brings a ticket or a code, and the provider's answer takes effect. */
import type { PublicCtx } from "../access/ctx.ts";
import { lockRoster } from "../access/roster.ts";
import { identify } from "../access/sessions.ts";
import type { Principal } from "../access/principal.ts";
import type { Account } from "../accounts/accounts.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import { open } from "../platform/seal.ts";
import { hashToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";
import { auditRefusal } from "./acs.ts";
import { type Asserted, Outcome, SsoRefusal } from "./asserted.ts";
import { admitAsserted, linkOwn } from "./admitting.ts";
import { finishOidc, type OidcAnswer, type OidcSecrets } from "./oidc.ts";
import * as queries from "./queries.ts";
import type { Connection } from "./queries.ts";
import { makeReport } from "./report.ts";
import { handleContext, openSecret, transactionContext } from "./secrets.ts";
import { findAnywhere, refused } from "./starting.ts";
import * as transactions from "./transactions.ts";
import { isSameTrust, trustMark } from "./trust.ts";
import type { Transaction } from "./transactions.ts";

export interface FinishInput {
  ticket?: string | undefined;
  state?: string | undefined;
  code?: string | undefined;
  iss?: string | undefined;
  error?: string | undefined;
  /** The token of the browser's cookie. */
  browserToken: string | null;
  /** The browser's session, or null. */
  sessionToken: string | null;
}

interface Finished {
  transaction: Transaction;
  connection: Connection;
  outcome: Outcome;
}

function openOutcome({ keys, log }: Services, { transactionId, connectionId, outcomeSealed }: Transaction): Outcome {
  if (!outcomeSealed) throw new Refusal("sso_expired");
  const text = open(keys.platformKey("sso"), outcomeSealed, transactionContext(transactionId)).toString();
  const { data: outcome } = Outcome.safeParse(JSON.parse(text));
  if (!outcome) {
    log.error(
      { transactionId, connectionId },
      "finish a sign-in at a provider: the stored answer cannot be read (another version of the server stored it?), so the sign-in was refused",
    );
    throw new Refusal("sso_expired");
  }
  return outcome;
}

async function askProvider(
  services: Services,
  connection: Connection,
  transaction: Transaction,
  answer: OidcAnswer,
): Promise<Outcome> {
  try {
    if (!transaction.secretsSealed) throw new SsoRefusal("switched_off");
    const secrets = JSON.parse(openSecret(services, transaction.secretsSealed, handleContext(answer.state))) as OidcSecrets;
    return { asserted: await finishOidc(services, connection, answer, secrets), trust: trustMark(connection) };
  } catch (error) {
    if (error instanceof SsoRefusal) return { refused: error.reason, details: error.details };
    throw error;
  }
}

/** Marks the browser's transaction as used. @throws Refusal sso_expired, also for another browser */
async function takeTransaction(services: Services, input: FinishInput): Promise<Finished> {
  const { ticket, state, browserToken } = input;
  if (browserToken === null) throw new Refusal("sso_expired");
  const transaction = await services.database.asPlatformStatement("finish a sign-in at a provider", async (db) => {
    if (ticket !== undefined) return transactions.finishByTicket(db, ticket, browserToken);
    return state === undefined ? undefined : transactions.finishByState(db, state, browserToken);
  });
  if (!transaction) throw new Refusal("sso_expired");
  const connection = await findAnywhere(services, transaction.connectionId);
  if (!connection || (!connection.enabled && transaction.purpose !== "test")) throw new Refusal("sso_expired");
  const outcome =
    ticket !== undefined
      ? openOutcome(services, transaction)
      : await askProvider(services, connection, transaction, { ...input, state: state ?? "" });
  // An admin changed what the connection trusts after the answer was verified.
  if ("asserted" in outcome && outcome.trust !== trustMark(connection)) throw new Refusal("sso_expired");
  return { transaction, connection, outcome };
}

/** The signed-in person behind the browser's session; null without a valid one. */
export async function findPrincipal(
  { services: { database }, origin }: PublicCtx,
  sessionToken: string | null,
): Promise<Principal | null> {
  if (sessionToken === null) return null;
  try {
    return (await identify(database, hashToken(sessionToken), null, origin)).principal;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_signed_in") return null;
    throw error;
  }
}

export type FinishResult =
  | { outcome: "signed_in"; slug: string; account: Account; sessionToken: string }
  | { outcome: "confirmed" | "linked"; slug: string; sessionToken: string }
  | { outcome: "tested"; slug: string; report: Awaited<ReturnType<typeof makeReport>> };

/** @throws Refusal sso_expired; sso_refused with the reason; unavailable */
export async function finish(ctx: PublicCtx, input: FinishInput): Promise<FinishResult> {
  const { services, origin } = ctx;
  const finished = await takeTransaction(services, input);
  const { transaction, connection, outcome } = finished;
  const principal = await findPrincipal(ctx, input.sessionToken);
  try {
    if (transaction.purpose === "test") return await finishTest(services, finished, principal);
    if ("refused" in outcome) throw new SsoRefusal(outcome.refused, outcome.details);
    const { asserted } = outcome;
    const { authenticatedAt } = asserted;
    const confirmedAt = authenticatedAt === null ? null : new Date(authenticatedAt);
    const answer = { connection, asserted, principal, origin, sessionToken: input.sessionToken, confirmedAt };
    if (transaction.purpose === "sign_in") return await admitAsserted(services, answer);
    // A link or a confirmation must end in the session in which it began.
    if (principal?.sessionId !== transaction.sessionId || principal === null) throw new SsoRefusal("someone_else");
    if (transaction.purpose !== "confirm") return await linkOwn(services, { ...answer, principal, purpose: "link" });
    assertAskedAgain(asserted);
    // The time of this server, because the provider's clock may be wrong.
    return await linkOwn(services, { ...answer, principal, purpose: "confirm", confirmedAt: new Date() });
  } catch (error) {
    if (!(error instanceof SsoRefusal)) throw error;
    // A refused SAML response was recorded when it arrived (acs.ts).
    const isRecorded = input.ticket !== undefined && "refused" in outcome;
    const person = "asserted" in outcome ? (outcome.asserted.address ?? outcome.asserted.subject) : null;
    if (!isRecorded) await auditRefusal(services, connection, { refusal: error, person, origin });
    throw refused(error);
  }
}

/** Longest time in minutes since the provider authenticated the person, with a minute for clocks that differ. */
const ASKED_AGAIN_MINUTES = 6;

/** @throws SsoRefusal not_asked_again, when the provider answered from an earlier sign-in */
function assertAskedAgain({ authenticatedAt }: Asserted): void {
  if (authenticatedAt === null || authenticatedAt < Date.now() - ASKED_AGAIN_MINUTES * 60_000) {
    throw new SsoRefusal("not_asked_again");
  }
}

async function finishTest(
  services: Services,
  { transaction, connection, outcome }: Finished,
  principal: Principal | null,
): Promise<FinishResult> {
  if (principal === null || principal.sessionId !== transaction.sessionId) throw new Refusal("sso_expired");
  const { tenantId, connectionId } = connection;
  const report = await makeReport(services, connection, outcome);
  return services.database.withTenant(tenantId, async (tx: TenantTx) => {
    await lockRoster(tx);
    const now = await queries.lockConnection(tx.db, connectionId);
    // If the connection was changed meanwhile, the test says nothing about the new settings.
    if (report.refusal === null && now && isSameTrust(now, connection))
      await queries.noteTest(tx.db, connectionId, principal.accountId);
    return { outcome: "tested", slug: (await findTenantNames(tx)).slug, report };
  });
}
