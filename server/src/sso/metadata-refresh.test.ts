/** Metadata from a URL are read again, daily by whoot and at an admin's request. On the real server, with a metadata server. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeIdp, type MetadataChanges } from "../security/saml/testing/idp.ts";
import { makeKey, type SamlKey } from "../security/saml/testing/keys.ts";
import {
  addMember,
  freshDomain,
  letAuthenticationAge,
  makeRole,
  makeWorkspace,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { httpClient } from "../testing/http.ts";
import { waitingJobs } from "../testing/jobs.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { CHECK_TENANT, REFRESH_METADATA } from "./jobs.ts";
import { checkConnections } from "./checking.ts";
import { refreshMetadata } from "./metadata-refresh.ts";
import { LOOPBACK, type MetadataServer, startMetadataServer } from "./testing/metadata-server.ts";
import {
  goThrough,
  holdDomain,
  openConnection,
  type SamlConnection,
  SIGN_ON_URL,
  signInBySaml,
  someone,
} from "./testing/saml-side.ts";

const server = useServer({ outbound: LOOPBACK });
let services: Awaited<ReturnType<typeof openServices>>;
let metadata: MetadataServer;
let owner: Person;
let later: SamlKey;
beforeAll(async () => {
  metadata = await startMetadataServer();
  services = await openServices(server);
  owner = await signUpPerson(server, "Olga");
  later = makeKey();
});
afterAll(async () => {
  metadata.close();
  await services.close();
});

interface Scene {
  workspace: Workspace;
  connection: SamlConnection;
  domain: string;
  /** Replaces the metadata at the URL; null: the server fails. */
  publish(changes: MetadataChanges | null): void;
}

/** A connection that is switched on and whose metadata came from a URL that `admin` entered. */
async function makeScene(admin = owner, workspace?: Workspace): Promise<Scene> {
  const place = workspace ?? (await makeWorkspace(owner));
  const domain = freshDomain();
  await holdDomain(server, place, domain);
  const roles = { joining: "just_in_time", defaultRoleId: place.roles.Member };
  const document = metadata.publish(null);
  const connection = await openConnection(server, admin, place, {
    ...roles,
    source(idp) {
      document.set(idp.metadata(SIGN_ON_URL));
      return { metadataUrl: document.url };
    },
  });
  const publish = (changes: MetadataChanges | null) => document.set(changes && connection.idp.metadata(SIGN_ON_URL, changes));
  return { workspace: place, connection, domain, publish };
}

const refresh = ({ workspace: { tenantId }, connection: { connectionId } }: Scene) =>
  refreshMetadata(services, { tenantId, connectionId });
const readAgain = (who: Person, { connection }: Scene) => who.post(`${connection.path}/metadata-reading`);

async function shown({ workspace, connection }: Scene): Promise<Record<string, any>> {
  const { connections } = (await owner.get(`${workspace.path}/sso`)).json as { connections: Array<Record<string, any>> };
  return connections.find(({ connectionId }) => connectionId === connection.connectionId) ?? {};
}

async function entries({ workspace: { path } }: Scene, action: string): Promise<Array<Record<string, any>>> {
  const { items } = (await owner.get(`${path}/audit-log?limit=100`)).json as { items: Array<Record<string, any>> };
  return items.filter((entry) => entry["action"] === action);
}

/** The provider signs with this key. */
const signingWith = ({ connection }: Scene, key: SamlKey): SamlConnection => ({
  ...connection,
  as: (person) => makeIdp(connection.idp.shape, key, person),
});

const signIn = (connection: SamlConnection, domain: string) =>
  signInBySaml(server, httpClient(server.url), connection, someone(`ada@${domain}`));

test("a certificate rolls over without anybody's help: the new one counts once it is in the metadata, and the old one until it is gone", async () => {
  const scene = await makeScene();
  const { connection, domain } = scene;
  const rolled = signingWith(scene, later);
  expect((await signIn(connection, domain)).status).toBe(200);
  expect((await signIn(rolled, domain)).code).toBe("sso_refused");

  scene.publish({ keys: [connection.idp.key, later] });
  await refresh(scene);
  expect((await signIn(connection, domain)).status).toBe(200);
  expect((await signIn(rolled, domain)).status).toBe(200);

  scene.publish({ keys: [later] });
  await refresh(scene);
  expect((await signIn(connection, domain)).code).toBe("sso_refused");
  expect((await signIn(rolled, domain)).status).toBe(200);

  const [last, first] = (await entries(scene, "sso.connection_changed")).filter(({ actor }) => actor.name === "whoot");
  expect(first?.["changes"].certificates.to).toMatch(/^[0-9a-f]{64}, [0-9a-f]{64}$/);
  expect(last?.["changes"].certificates.to).toMatch(/^[0-9a-f]{64}$/);
  for (let change = 0; change < 2; change += 1) {
    const mail = await server.mailTo(owner.email, /Single sign-on of .* was changed/);
    expect(mail.text).toContain("/settings/security");
  }
  expect(await shown(scene)).toMatchObject({ enabled: true, testedAt: null, saml: { metadata: { problem: null } } });
});

test("whoever came in by a certificate that is gone from the metadata has to sign in again; another one beside it ends nothing", async () => {
  const scene = await makeScene();
  const { workspace, connection, domain } = scene;
  const browser = httpClient(server.url);
  await signInBySaml(server, browser, connection, someone(`ada@${domain}`));
  scene.publish({ keys: [connection.idp.key, later] });
  await refresh(scene);
  expect((await browser.get(workspace.path)).status).toBe(200);
  scene.publish({ keys: [later] });
  await refresh(scene);
  expect((await browser.get(workspace.path)).code).toBe("sso_required");
});

test("a reading that finds the same trusts the same: no entry, no mail, and the test still counts", async () => {
  const scene = await makeScene();
  scene.publish({ keys: [scene.connection.idp.key, later] });
  await refresh(scene);
  const before = await shown(scene);
  // The same certificates in another order.
  scene.publish({ keys: [later, scene.connection.idp.key] });
  await refresh(scene);
  const after = await shown(scene);
  expect(Date.parse(after["saml"].metadata.readAt)).toBeGreaterThan(Date.parse(before["saml"].metadata.readAt));
  expect(after["saml"].certificates).toEqual(before["saml"].certificates);
  expect((await entries(scene, "sso.connection_changed")).filter(({ actor }) => actor.name === "whoot")).toHaveLength(1);
});

test("a reading that fails changes nothing, and says when one last succeeded and why this one failed", async () => {
  const scene = await makeScene();
  const before = await shown(scene);
  scene.publish(null);
  await refresh(scene);
  const failed = await shown(scene);
  expect(failed["saml"].metadata).toMatchObject({
    readAt: before["saml"].metadata.readAt,
    problem: { says: expect.stringContaining("couldn't read metadata there"), received: null },
  });
  expect(Date.parse(failed["saml"].metadata.triedAt)).toBeGreaterThan(Date.parse(before["saml"].metadata.triedAt));
  expect({ ...failed, saml: { ...failed["saml"], metadata: null } }).toEqual({
    ...before,
    saml: { ...before["saml"], metadata: null },
  });
  scene.publish({ bindings: [] });
  expect((await readAgain(owner, scene)).json.saml.metadata.problem.says).toContain("no single sign-on URL");
  scene.publish({});
  await refresh(scene);
  expect((await shown(scene))["saml"].metadata.problem).toBeNull();
  expect(await entries(scene, "sso.metadata_held")).toEqual([]);
});

test("another entity ID is not taken over, by nobody's reading; it is said, audited and mailed once", async () => {
  const scene = await makeScene();
  const before = await shown(scene);
  scene.publish({ entityId: "https://idp.example/moved", keys: [later] });
  await refresh(scene);
  await refresh(scene);
  const answer = await readAgain(owner, scene);
  expect(answer).toMatchObject({
    status: 200,
    json: { saml: { metadata: { problem: { received: "https://idp.example/moved" } } } },
  });
  expect(answer.json.saml.certificates).toEqual(before["saml"].certificates);
  expect(await entries(scene, "sso.metadata_held")).toMatchObject([
    { actor: { name: "whoot" }, changes: { problem: { to: "other_entity" }, idpEntityId: { to: "https://idp.example/moved" } } },
  ]);
  await server.mailTo(owner.email, /the metadata can't be taken over/);
});

test("what the URL says counts only while whoever gave it may still vouch for everybody who is joined", async () => {
  const workspace = await makeWorkspace(owner);
  const smith = await signUpPerson(server, "Smith");
  const boss = await signUpPerson(server, "Boss");
  const roleId = await makeRole(owner, workspace, [
    "security.view",
    "security.manage_sso",
    "users.view",
    "voice.join",
    "voice.transmit",
    "voice.latch",
    "recording.play",
    "roles.view",
  ]);
  await addMember(server, owner, workspace, smith, roleId);
  await addMember(server, owner, workspace, boss, workspace.roles.Admin);
  const scene = await makeScene(smith, workspace);
  const { connection, domain } = scene;
  const start = await boss.post(`${connection.path}/link`);
  await goThrough(server, boss, connection, { person: someone(boss.email), start });

  // Smith's URL now names Smith's own key, with which Smith could sign in as the Admin.
  scene.publish({ keys: [later] });
  await refresh(scene);
  await refresh(scene);
  expect((await signIn(signingWith(scene, later), domain)).code).toBe("sso_refused");
  expect((await shown(scene))["saml"].metadata.problem.says).toContain("The person who entered this URL");
  expect(await entries(scene, "sso.metadata_held")).toMatchObject([{ changes: { problem: { to: "out_of_reach" } } }]);
  expect(await readAgain(smith, scene)).toMatchObject({ status: 403, code: "outranked" });
  const other = metadata.publish(connection.idp.metadata(SIGN_ON_URL)).url;
  expect(await smith.patch(connection.path, { saml: { metadataUrl: other } })).toMatchObject({ code: "outranked" });

  // An Admin who reads the metadata again vouches for them, also from then on.
  expect((await readAgain(boss, scene)).json.saml.metadata.problem).toBeNull();
  expect((await signIn(signingWith(scene, later), domain)).status).toBe(200);
  scene.publish({ keys: [connection.idp.key] });
  await refresh(scene);
  expect((await signIn(connection, domain)).status).toBe(200);
});

test("nobody vouches for the URL of somebody who was removed, not even for ordinary members", async () => {
  const workspace = await makeWorkspace(owner);
  const gone = await signUpPerson(server, "Gone");
  await addMember(server, owner, workspace, gone, workspace.roles.Admin);
  const scene = await makeScene(gone, workspace);
  await server.database.query("delete from members where tenant_id = $1 and account_id = $2", [
    workspace.tenantId,
    gone.accountId,
  ]);
  scene.publish({ keys: [later] });
  await refresh(scene);
  expect((await signIn(signingWith(scene, later), scene.domain)).code).toBe("sso_refused");
  expect(await entries(scene, "sso.metadata_held")).toHaveLength(1);
});

test("reading again needs the permission, a recent authentication and a URL, and is in the audit log", async () => {
  const scene = await makeScene();
  const ben = await signUpPerson(server, "Ben");
  await addMember(server, owner, scene.workspace, ben, scene.workspace.roles.Member);
  expect((await readAgain(ben, scene)).code).toBe("forbidden");
  const pasted = await openConnection(server, owner, scene.workspace);
  expect(await owner.post(`${pasted.path}/metadata-reading`)).toMatchObject({ status: 404 });
  expect((await readAgain(owner, scene)).status).toBe(200);
  expect(await entries(scene, "sso.metadata_read")).toMatchObject([{ actor: { name: "Olga" }, target: { name: "Corp" } }]);
  await letAuthenticationAge(server, owner);
  expect((await readAgain(owner, scene)).code).toBe("reauthentication_required");
  await server.database.query("update sessions set authenticated_at = now() where account_id = $1", [owner.accountId]);
});

test("the hourly job reads what was read a day ago, of connections that are switched on", async () => {
  const [due, fresh, off] = [await makeScene(), await makeScene(), await makeScene()];
  await owner.patch(off.connection.path, { enabled: false });
  await server.database.query(
    "update sso_connections set metadata_tried_at = now() - interval '1 day' where connection_id = any($1::uuid[])",
    [[due.connection.connectionId, off.connection.connectionId]],
  );
  const before = await Promise.all([due, fresh, off].map(shown));
  await checkConnections(services);
  await until("the reading", async () => (await shown(due))["saml"].metadata.readAt !== before[0]?.["saml"].metadata.readAt);
  for (const { name } of [CHECK_TENANT, REFRESH_METADATA]) {
    await until(`the end of all jobs ${name}`, async () => (await waitingJobs(server.database, name)).length === 0);
  }
  expect(await Promise.all([fresh, off].map(shown))).toEqual(before.slice(1));
});
