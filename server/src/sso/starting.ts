/** The way to the provider: finds the connections for an address, and sends a browser there. */
import type { Ctx, PublicCtx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { isDeleted } from "../access/roster.ts";
import { findHolder } from "../domains/domains.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { SsoRefusal } from "./asserted.ts";
import { beginOidc, isOidcReady } from "./oidc.ts";
import * as queries from "./queries.ts";
import type { Connection } from "./queries.ts";
import { beginSaml, isSamlReady, samlMetadata } from "./saml.ts";
import { handleContext, sealSecret } from "./secrets.ts";
import * as transactions from "./transactions.ts";
import type { Purpose } from "./transactions.ts";

export function isReady(connection: Connection): boolean {
  return connection.protocol === "saml" ? isSamlReady(connection) : isOidcReady(connection);
}

/** The SsoRefusal as an answer to a request. */
export function refused(error: SsoRefusal): Refusal {
  const { received } = error.details;
  return new Refusal("sso_refused", { detail: received === undefined ? error.message : `${error.message} (${received})` });
}

/** Finds the connection in any tenant. Null if it does not exist or its tenant is deleted. */
export async function findAnywhere({ database }: Services, connectionId: string): Promise<Connection | null> {
  const tenantId = await database.asPlatformStatement("whose a connection is", (db) =>
    transactions.findTenantOf(db, connectionId),
  );
  if (tenantId === null) return null;
  return database.withTenant(tenantId, async (tx) =>
    (await isDeleted(tx)) ? null : ((await queries.findConnection(tx.db, connectionId)) ?? null),
  );
}

interface Beginning {
  connection: Connection;
  purpose: Purpose;
  /** The token of the browser's cookie. */
  browserToken: string;
  sessionId: string | null;
}

/** @throws Refusal sso_refused if the connection is not set up or its provider can't be read */
async function begin(services: Services, { connection, purpose, browserToken, sessionId }: Beginning): Promise<{ url: string }> {
  const { tenantId, connectionId } = connection;
  const handle = makeToken();
  const input = { handle, forceAuthn: purpose === "confirm" };
  try {
    const started =
      connection.protocol === "saml" ? beginSaml(services, connection, input) : await beginOidc(services, connection, input);
    await services.database.asPlatform("begin a sign-in at a provider", (tx) =>
      transactions.insertTransaction(tx.db, {
        tenantId,
        connectionId,
        purpose,
        handle,
        requestId: "requestId" in started ? started.requestId : null,
        browserToken,
        sessionId,
        secretsSealed: started.secrets && sealSecret(services, JSON.stringify(started.secrets), handleContext(handle)),
      }),
    );
    return { url: started.url };
  } catch (error) {
    throw error instanceof SsoRefusal ? refused(error) : error;
  }
}

/**
 * The active connections of the workspace that has proved the address's domain. The answer depends only on the domain, so it does not tell
 * whether the address has an account.
 * @param email in its canonical form
 */
export async function findSso({ services }: PublicCtx, { email }: { email: string }) {
  const tenantId = await findHolder(services.database, email.slice(email.lastIndexOf("@") + 1));
  if (tenantId === null) return [];
  const connections = await services.database.withTenant(tenantId, async (tx) =>
    (await isDeleted(tx)) ? [] : queries.listConnections(tx.db),
  );
  return connections.filter(({ enabled }) => enabled).map(({ connectionId, name }) => ({ connectionId, name }));
}

interface Start {
  connectionId: string;
  purpose: "sign_in" | "confirm";
  browserToken: string;
  sessionId: string | null;
}

/** @throws Refusal not_found, sso_refused */
export async function startSignIn({ services }: PublicCtx, { connectionId, ...input }: Start): Promise<{ url: string }> {
  const connection = await findAnywhere(services, connectionId);
  if (!connection?.enabled) throw new Refusal("not_found");
  return begin(services, { connection, ...input });
}

interface StartInside {
  connectionId: string;
  browserToken: string;
}

/** @returns a function that begins the test; call it after the transaction. @throws Refusal not_found, sso_unfinished */
export async function prepareTest(ctx: Ctx, { connectionId, browserToken }: StartInside) {
  const connection = orNotFound(await queries.findConnection(ctx.db, connectionId));
  if (!isReady(connection)) throw new Refusal("sso_unfinished");
  return () => begin(ctx.services, { connection, purpose: "test", browserToken, sessionId: ctx.principal.sessionId });
}

/** @returns a function that begins the link; call it after the transaction. @throws Refusal not_found, reauthentication_required */
export async function prepareLink(ctx: Ctx, { connectionId, browserToken }: StartInside) {
  assertRecentlyAuthenticated(ctx.principal);
  const connection = orNotFound(await queries.findConnection(ctx.db, connectionId));
  if (!connection.enabled) throw new Refusal("not_found");
  return () => begin(ctx.services, { connection, purpose: "link", browserToken, sessionId: ctx.principal.sessionId });
}

export async function listMyConnections({ db, member }: Ctx) {
  const linked = await queries.listLinkedConnections(db, member.memberId);
  const connections = await queries.listConnections(db);
  return connections
    .filter(({ enabled }) => enabled)
    .map(({ connectionId, name }) => ({ connectionId, name, linked: linked.has(connectionId) }));
}

/** @throws Refusal not_found for a connection that is not SAML */
export async function getMetadata({ services }: PublicCtx, { connectionId }: { connectionId: string }): Promise<string> {
  const connection = await findAnywhere(services, connectionId);
  if (connection?.protocol !== "saml") throw new Refusal("not_found");
  try {
    return samlMetadata(services, connection);
  } catch (error) {
    throw error instanceof SsoRefusal ? refused(error) : error;
  }
}
