/** A workspace with a SAML connection, the tests' own identity provider, and browsers that sign in by HTTP. */
import { inflateRawSync } from "node:zlib";
import { makeIdp, type Message, type TestIdp, toForm } from "../../security/saml/testing/idp.ts";
import { makeKey } from "../../security/saml/testing/keys.ts";
import { type Shape, SHAPES, type TestPerson } from "../../security/saml/testing/shapes.ts";
import { type Answer, type HttpClient, httpClient } from "../../testing/http.ts";
import type { Workspace } from "../../testing/people.ts";
import type { TestServer } from "../../testing/server.ts";

export const SIGN_ON_URL = "https://idp.example/sso";

export interface SamlConnection {
  connectionId: string;
  path: string;
  acsUrl: string;
  entityId: string;
  idp: TestIdp;
  /** The same provider, with another person signed in. */
  as(person: TestPerson): TestIdp;
}

export function someone(email: string, changes: Partial<TestPerson> = {}): TestPerson {
  return { id: `id-${email}`, email, firstName: "Test", lastName: email.split("@")[0] ?? "", groups: [], ...changes };
}

/** Verifies the domain as if its TXT record had been found. */
export async function holdDomain(server: TestServer, { tenantId }: Workspace, domain: string): Promise<void> {
  await server.database.query(
    `with claim as (
       insert into domains (tenant_id, domain_id, domain, token, state, verified_at, claimed_by_name)
       values ($1, gen_random_uuid(), $2, 'token', 'verified', now(), 'Olga') returning tenant_id, domain_id, domain)
     insert into directory_domains (tenant_id, domain_id, domain, holds) select tenant_id, domain_id, domain, true from claim`,
    [tenantId, domain],
  );
}

export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
  return answer;
}

/** The request in the URL that the browser takes to the provider. */
export function readRequest(url: string): { requestId: string; relayState: string; xml: string } {
  const { searchParams } = new URL(url);
  const xml = inflateRawSync(Buffer.from(searchParams.get("SAMLRequest") ?? "", "base64")).toString();
  return { xml, requestId: / ID="([^"]+)"/.exec(xml)?.[1] ?? "", relayState: searchParams.get("RelayState") ?? "" };
}

/** Posts the provider's response as a browser does: from another site, without cookies. */
export function postResponse(server: TestServer, connection: SamlConnection, xml: string, relayState: string): Promise<Answer> {
  const body = new URLSearchParams({ SAMLResponse: toForm(xml), RelayState: relayState }).toString();
  const path = `/api/v1/sso/${connection.connectionId}/acs`;
  return httpClient(server.url).send("POST", path, {
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: "https://idp.example",
      "sec-fetch-site": "cross-site",
    },
  });
}

/** The page to which the answer leads, and the ticket or the reason in its fragment. */
export function fragmentOf(answer: Answer): { page: string; fragment: string } {
  const location = String(answer.headers["location"] ?? "");
  const [page = "", fragment = ""] = location.split("#");
  return { page: new URL(page).pathname, fragment };
}

interface Visit {
  person: TestPerson;
  start: Answer;
  changes?: Partial<Message>;
}

/** Takes a browser from the answer that sends it to the provider to the answer of finishSso. */
export async function goThrough(
  server: TestServer,
  browser: HttpClient,
  connection: SamlConnection,
  visit: Visit,
): Promise<Answer> {
  const { requestId, relayState } = readRequest(expectStatus(visit.start, 200).json.url);
  const { acsUrl, entityId } = connection;
  const xml = connection.as(visit.person).write({ requestId, acsUrl, spEntityId: entityId }, visit.changes ?? {});
  const posted = expectStatus(await postResponse(server, connection, xml, relayState), 303);
  const { page, fragment } = fragmentOf(posted);
  if (page !== "/sso/finish") throw new Error(`led to ${page}#${fragment}`);
  return browser.post("/api/v1/sso/finish", { ticket: fragment });
}

export function start(browser: HttpClient, { connectionId }: SamlConnection, purpose: "sign_in" | "confirm" = "sign_in") {
  return browser.post(`/api/v1/sso/${connectionId}/start`, { purpose });
}

export async function signInBySaml(
  server: TestServer,
  browser: HttpClient,
  connection: SamlConnection,
  person: TestPerson,
  changes: Partial<Message> = {},
): Promise<Answer> {
  return goThrough(server, browser, connection, { person, start: await start(browser, connection), changes });
}

export interface ConnectionChanges extends Record<string, unknown> {
  shape?: Shape;
  /** Enters entity ID, URL and certificate one by one, instead of metadata. */
  byFields?: boolean;
  /** The provider's settings in the request, instead of its metadata as text. */
  source?: (idp: TestIdp) => Record<string, unknown>;
}

/** A connection that the owner set up, neither tested nor switched on. */
export async function makeConnection(
  owner: HttpClient,
  workspace: Workspace,
  changes: ConnectionChanges = {},
): Promise<SamlConnection> {
  const { shape = SHAPES.JumpCloud, byFields = false, source, ...edit } = changes;
  const created = expectStatus(
    await owner.post(`${workspace.path}/sso/connections`, { name: "Corp", provider: "other", protocol: "saml" }),
    201,
  ).json;
  const key = makeKey();
  const as = (person: TestPerson) => makeIdp(shape, key, person);
  const idp = as(someone("nobody@corp.example"));
  const path = `${workspace.path}/sso/connections/${created.connectionId}`;
  const fields = { idpEntityId: shape.entityId, signOnUrl: SIGN_ON_URL, certificates: [key.certificate] };
  const saml = byFields ? fields : (source?.(idp) ?? { metadata: idp.metadata(SIGN_ON_URL) });
  expectStatus(await owner.patch(path, { saml, ...edit }), 200);
  return { connectionId: created.connectionId, path, acsUrl: created.whoot.acsUrl, entityId: created.whoot.entityId, idp, as };
}

/** The owner tests the connection. */
export async function testConnection(
  server: TestServer,
  owner: HttpClient,
  connection: SamlConnection,
  person: TestPerson,
  changes: Partial<Message> = {},
): Promise<Answer> {
  return goThrough(server, owner, connection, { person, start: await owner.post(`${connection.path}/test`), changes });
}

/** Marks the connection as if the owner had tested it. */
export async function markTested(server: TestServer, { tenantId }: Workspace, connectionId: string): Promise<void> {
  await server.database.query(
    `update sso_connections set tested_at = now(), tested_by =
      (select account_id from members join tenants on owner_member_id = member_id where tenants.tenant_id = $2) where connection_id = $1`,
    [connectionId, tenantId],
  );
}

/**
 * A connection that is switched on as if it had been tested. It needs no thread to read metadata and responses, which is slow on a busy
 * machine.
 */
export async function openUntested(server: TestServer, owner: HttpClient, workspace: Workspace): Promise<SamlConnection> {
  const { idp, ...connection } = await makeConnection(owner, workspace, { byFields: true });
  await markTested(server, workspace, connection.connectionId);
  expectStatus(await owner.patch(connection.path, { enabled: true }), 200);
  return { idp, ...connection };
}

/** A connection that the owner set up, tested and switched on. */
export async function openConnection(
  server: TestServer,
  owner: HttpClient,
  workspace: Workspace,
  changes: ConnectionChanges = {},
): Promise<SamlConnection> {
  const connection = await makeConnection(owner, workspace, changes);
  expectStatus(await testConnection(server, owner, connection, someone("tester@corp.example")), 200);
  expectStatus(await owner.patch(connection.path, { enabled: true }), 200);
  return connection;
}
