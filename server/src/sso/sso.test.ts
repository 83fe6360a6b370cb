/** Single sign-on by SAML on the real server: setting up, signing in, who gets in, and what a sign-in proves to whom. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../security/saml/testing/idp.ts";
import { makeKey } from "../security/saml/testing/keys.ts";
import { SHAPES } from "../security/saml/testing/shapes.ts";
import { type Answer, type HttpClient, httpClient } from "../testing/http.ts";
import {
  addMember,
  freshDomain,
  freshEmail,
  letAuthenticationAge,
  makeRole,
  makeWorkspace,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openKeys } from "../platform/keys.ts";
import { open, seal } from "../platform/seal.ts";
import { transactionContext } from "./secrets.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";
import {
  fragmentOf,
  goThrough,
  holdDomain,
  makeConnection,
  openConnection,
  postResponse,
  readRequest,
  type SamlConnection,
  SIGN_ON_URL,
  signInBySaml,
  someone,
  start,
  testConnection,
} from "./testing/saml-side.ts";

const logged: string[] = [];
const server = useServer({ logLevel: "error" }, { write: (line) => void logged.push(line) });
let owner: Person;
// A person can create twenty workspaces an hour.
const useOwner = () =>
  beforeAll(async () => {
    owner = await signUpPerson(server, "Olga");
  });

const newBrowser = () => httpClient(server.url);

interface Scene {
  workspace: Workspace;
  connection: SamlConnection;
  domain: string;
}

/** A workspace that holds a domain, with a connection that is switched on. */
async function makeScene(changes: Record<string, unknown> = {}): Promise<Scene> {
  const workspace = await makeWorkspace(owner);
  const domain = freshDomain();
  await holdDomain(server, workspace, domain);
  return { workspace, domain, connection: await openConnection(server, owner, workspace, changes) };
}

const justInTime = async () => {
  const workspace = await makeWorkspace(owner);
  const domain = freshDomain();
  await holdDomain(server, workspace, domain);
  const roles = { joining: "just_in_time", defaultRoleId: workspace.roles.Member };
  return { workspace, domain, connection: await openConnection(server, owner, workspace, roles) };
};

async function auditOf({ path }: Workspace, action: string) {
  const { items } = (await owner.get(`${path}/audit-log?limit=100`)).json as { items: Array<Record<string, any>> };
  return items.filter((entry) => entry["action"] === action);
}

describe("setting up", () => {
  useOwner();

  test("a connection shows its own URLs, takes metadata, and can be switched on only after a test that succeeded", async () => {
    const workspace = await makeWorkspace(owner);
    const connection = await makeConnection(owner, workspace);
    const shown = (await owner.get(`${workspace.path}/sso`)).json.connections[0];
    expect(shown).toMatchObject({
      ready: true,
      enabled: false,
      testedAt: null,
      saml: { idpEntityId: SHAPES.JumpCloud.entityId, signOnUrl: SIGN_ON_URL },
    });
    expect(new URL(shown.whoot.acsUrl).pathname).toBe(`/api/v1/sso/${connection.connectionId}/acs`);
    expect(await owner.patch(connection.path, { enabled: true })).toMatchObject({ status: 409, code: "sso_untested" });
    const tested = await testConnection(server, owner, connection, someone("ada@corp.example", { groups: ["staff"] }));
    expect(tested.json).toMatchObject({ outcome: "tested", slug: workspace.slug, report: { refusal: null } });
    expect(tested.json.report.person).toMatchObject({ address: "ada@corp.example" });
    expect(await owner.patch(connection.path, { enabled: true })).toMatchObject({ status: 200, json: { enabled: true } });
  });

  test("a change of what a connection trusts makes its test count no longer", async () => {
    const workspace = await makeWorkspace(owner);
    const connection = await makeConnection(owner, workspace);
    await testConnection(server, owner, connection, someone("ada@corp.example"));
    const other = connection.as(someone("x@corp.example")).metadata("https://idp.example/other");
    const changed = await owner.patch(connection.path, { saml: { metadata: other } });
    expect(changed.json.testedAt).toBeNull();
    expect(await owner.patch(connection.path, { enabled: true })).toMatchObject({ code: "sso_untested" });
  });

  test("the audit log names the roles that a connection gives, as they were called", async () => {
    const workspace = await makeWorkspace(owner);
    const roleId = await makeRole(owner, workspace, ["voice.join"], "Dispatchers");
    const connection = await makeConnection(owner, workspace);
    const groupRoles = [
      { group: "radio", roleId },
      { group: "guests", roleId: workspace.roles.Viewer },
    ];
    await owner.patch(connection.path, { joining: "just_in_time", defaultRoleId: roleId, groupRoles });
    await owner.post(`${workspace.path}/roles/${roleId}/deletion`, { replacementRoleId: null });
    await owner.patch(connection.path, { defaultRoleId: workspace.roles.Member, groupRoles: [] });
    const [last, first] = await auditOf(workspace, "sso.connection_changed");
    expect(first?.["changes"]).toMatchObject({
      defaultRole: { from: null, to: "Dispatchers" },
      groupRoles: { from: "", to: "radio → Dispatchers, guests → Viewer" },
    });
    expect(last?.["changes"]).toMatchObject({
      defaultRole: { from: null, to: "Member" },
      groupRoles: { from: "radio → a role that is gone, guests → Viewer", to: "" },
    });
  });

  test("a test that fails says what is wrong, with what was expected and what came", async () => {
    const workspace = await makeWorkspace(owner);
    const connection = await makeConnection(owner, workspace);
    const late = await testConnection(server, owner, connection, someone("ada@corp.example"), {
      notBefore: -900,
      notOnOrAfter: -600,
    });
    expect(late.json.report.refusal).toMatchObject({ reason: "expired" });
    expect(Math.abs(late.json.report.refusal.seconds - 600)).toBeLessThan(60);
    const foreign = await testConnection(server, owner, connection, someone("ada@corp.example"), {
      spEntityId: "https://other.example",
    });
    expect(foreign.json.report.refusal).toMatchObject({ reason: "audience", received: "https://other.example" });
    expect(await owner.patch(connection.path, { enabled: true })).toMatchObject({ code: "sso_untested" });
  });

  test("changes need a recent authentication, and tell the admins by mail and in the audit log, with fingerprints", async () => {
    const workspace = await makeWorkspace(owner);
    const connection = await makeConnection(owner, workspace);
    await server.mailTo(owner.email, /Single sign-on of .* was changed/);
    const [entry] = await auditOf(workspace, "sso.connection_changed");
    expect(entry?.["changes"].certificates.to).toMatch(/^[0-9a-f]{64}$/);
    await letAuthenticationAge(server, owner);
    expect(await owner.patch(connection.path, { name: "New" })).toMatchObject({ status: 403, code: "reauthentication_required" });
    expect(await owner.delete(connection.path)).toMatchObject({ code: "reauthentication_required" });
    await owner.post("/api/v1/session/authentication", { password: PASSWORD });
    expect((await owner.delete(connection.path)).status).toBe(204);
  });

  test("the metadata for the provider are signed and name the connection's own URLs", async () => {
    const { connection } = await makeScene();
    const metadata = await newBrowser().get(`/api/v1/sso/${connection.connectionId}/metadata`);
    expect(metadata.headers["content-type"]).toContain("application/samlmetadata+xml");
    expect(metadata.text).toContain(`entityID="${connection.entityId}"`);
    expect(metadata.text).toContain(`Location="${connection.acsUrl}"`);
    expect(metadata.text).toContain("SignatureValue");
  });

  test("a request to the provider asks for no NameID format and no authentication context, and is signed", async () => {
    const { connection } = await makeScene();
    const { url } = (await start(newBrowser(), connection)).json;
    const { xml } = readRequest(url);
    expect(xml).not.toMatch(/NameIDPolicy|RequestedAuthnContext/);
    expect(new URL(url).searchParams.get("SigAlg")).toBe("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
  });
});

describe("who gets in", () => {
  useOwner();

  test("a member on a verified domain is joined by the address once, and found by the subject from then on", async () => {
    const { workspace, connection, domain } = await makeScene();
    const ben = await signUpPerson(server, "Ben", `ben@${domain}`);
    await addMember(server, owner, workspace, ben, workspace.roles.Member);
    const browser = newBrowser();
    const answer = await signInBySaml(server, browser, connection, someone(ben.email));
    expect(answer).toMatchObject({
      status: 200,
      json: { outcome: "signed_in", slug: workspace.slug, account: { accountId: ben.accountId } },
    });
    expect((await browser.get(workspace.path)).json.self.name).toBe("Ben");
    await server.mailTo(ben.email, /You can now enter/);

    const renamed = someone("somebody.else@corp.example");
    const sameSubject = { nameId: { value: ben.email, format: null } };
    const again = await signInBySaml(server, newBrowser(), connection, renamed, sameSubject);
    expect(again.json.account.accountId).toBe(ben.accountId);
    expect(await auditOf(workspace, "sso.identity_linked")).toHaveLength(1);
  });

  test("an address that is not on a verified domain joins nobody, and nothing is written", async () => {
    const { workspace, connection } = await makeScene();
    const ben = await signUpPerson(server, "Ben");
    await addMember(server, owner, workspace, ben, workspace.roles.Member);
    const before = await server.database.query("select (select count(*) from accounts) + (select count(*) from members) as n");
    const answer = await signInBySaml(server, newBrowser(), connection, someone(ben.email));
    expect(answer).toMatchObject({ status: 403, code: "sso_refused" });
    expect(await server.database.query("select (select count(*) from accounts) + (select count(*) from members) as n")).toEqual(
      before,
    );
    const [entry] = await auditOf(workspace, "sso.refused");
    expect(entry?.["changes"].reason.to).toBe("address_foreign");
  });

  test("nobody joins just in time unless the connection allows it; with it, a newcomer gets an account and the default role", async () => {
    const closed = await makeScene();
    expect((await signInBySaml(server, newBrowser(), closed.connection, someone(`new@${closed.domain}`))).code).toBe(
      "sso_refused",
    );
    const { workspace, connection, domain } = await justInTime();
    const browser = newBrowser();
    expect((await signInBySaml(server, browser, connection, someone(`new@${domain}`))).json.outcome).toBe("signed_in");
    expect((await browser.get(workspace.path)).json.self).toMatchObject({ name: "Test new", roleName: "Member" });
    expect(await auditOf(workspace, "member.joined")).toHaveLength(1);
  });

  test("twenty sign-ins of one newcomer at once make one account and one member", async () => {
    const { workspace, connection, domain } = await justInTime();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => signInBySaml(server, newBrowser(), connection, someone(`many@${domain}`))),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => [200, 403, 409, 410, 503].includes(status))).toBe(true);
    const [row] = await server.database.query<{ n: number }>(
      "select count(*)::int as n from members where tenant_id = $1 and email = $2",
      [workspace.tenantId, `many@${domain}`],
    );
    expect(row?.n).toBe(1);
  });

  test("an invited person accepts the invitation by signing in", async () => {
    const { workspace, connection, domain } = await makeScene();
    await owner.post(`${workspace.path}/invitations`, { email: `guest@${domain}`, roleId: workspace.roles.Viewer });
    const browser = newBrowser();
    expect((await signInBySaml(server, browser, connection, someone(`guest@${domain}`))).status).toBe(200);
    expect((await browser.get(workspace.path)).json.self.roleName).toBe("Viewer");
    expect(await auditOf(workspace, "invitation.accepted")).toHaveLength(1);
  });

  test("the owner is never joined automatically, but can join from inside", async () => {
    const workspace = await makeWorkspace(owner);
    await holdDomain(server, workspace, "owned.example.com").catch(() => undefined);
    const olga = await signUpPerson(server, "Olga", `olga@${freshDomain()}`);
    const own = await makeWorkspace(olga);
    await holdDomain(server, own, olga.email.split("@")[1] ?? "");
    const connection = await openConnection(server, olga, own);
    expect((await signInBySaml(server, newBrowser(), connection, someone(olga.email))).code).toBe("sso_refused");
    const linked = await goThrough(server, olga, connection, {
      person: someone(olga.email),
      start: await olga.post(`${connection.path}/link`),
    });
    expect(linked.json).toEqual({ outcome: "linked", slug: own.slug });
    expect((await signInBySaml(server, newBrowser(), connection, someone(olga.email))).json.outcome).toBe("signed_in");
  });

  test("a suspended member is refused", async () => {
    const { workspace, connection, domain } = await justInTime();
    await signInBySaml(server, newBrowser(), connection, someone(`sue@${domain}`));
    await server.database.query("update members set status = 'suspended' where tenant_id = $1 and email = $2", [
      workspace.tenantId,
      `sue@${domain}`,
    ]);
    expect((await signInBySaml(server, newBrowser(), connection, someone(`sue@${domain}`))).code).toBe("sso_refused");
    expect((await auditOf(workspace, "sso.refused"))[0]?.["changes"].reason.to).toBe("suspended");
  });

  test("a subject that differs in capital letters only is refused, and a transient one, too", async () => {
    const { workspace, connection, domain } = await justInTime();
    const cleo = someone(`cleo@${domain}`, { id: "id-cleo" });
    await signInBySaml(server, newBrowser(), connection, cleo, { nameId: { value: "id-cleo", format: null } });
    const shouted = { nameId: { value: "ID-CLEO", format: null } };
    expect((await signInBySaml(server, newBrowser(), connection, cleo, shouted)).code).toBe("sso_refused");
    const transient = { nameId: { value: "x", format: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" } };
    expect((await signInBySaml(server, newBrowser(), connection, cleo, transient)).code).toBe("sso_refused");
    const reasons = (await auditOf(workspace, "sso.refused")).map((entry) => entry["changes"].reason.to);
    expect(reasons.sort()).toEqual(["subject_case", "subject_transient"]);
  });

  test("a group gives no role that has come to allow more than the connection's editor may", async () => {
    const workspace = await makeWorkspace(owner);
    const domain = freshDomain();
    await holdDomain(server, workspace, domain);
    const radio = await makeRole(owner, workspace, ["voice.join"], "Radio");
    const ed = await signUpPerson(server, "Ed");
    const editing = await makeRole(owner, workspace, ["security.view", "security.manage_sso", "voice.join"]);
    await addMember(server, owner, workspace, ed, editing);
    const connection = await openConnection(server, ed, workspace, {
      joining: "just_in_time",
      defaultRoleId: await makeRole(owner, workspace, [], "Guest"),
      groupRoles: [{ group: "radio", roleId: radio }],
    });
    const roleOf = async (name: string) => {
      const browser = newBrowser();
      await signInBySaml(server, browser, connection, someone(`${name}@${domain}`, { groups: ["radio"] }));
      return (await browser.get(workspace.path)).json.self.roleName;
    };
    expect(await roleOf("fay")).toBe("Radio");
    const grown = await owner.patch(`${workspace.path}/roles/${radio}`, {
      version: 1,
      permissions: ["voice.join", "users.invite"],
    });
    expect(grown.status).toBe(200);
    expect(await roleOf("gus")).toBe("Guest");
    expect(await roleOf("fay")).toBe("Radio");
  });

  test("groups give the first mapped role, follow a change, and leave the role alone when the provider sends none", async () => {
    const workspace = await makeWorkspace(owner);
    const domain = freshDomain();
    await holdDomain(server, workspace, domain);
    const connection = await openConnection(server, owner, workspace, {
      joining: "just_in_time",
      defaultRoleId: workspace.roles.Viewer,
      groupRoles: [
        { group: "admins", roleId: workspace.roles.Admin },
        { group: "talkers", roleId: workspace.roles.Member },
      ],
    });
    const roleAfter = async (groups: string[]) => {
      const browser = newBrowser();
      await signInBySaml(server, browser, connection, someone(`dee@${domain}`, { groups }));
      return (await browser.get(workspace.path)).json.self.roleName;
    };
    expect(await roleAfter([])).toBe("Viewer");
    expect(await roleAfter(["talkers"])).toBe("Member");
    expect(await roleAfter(["talkers", "admins"])).toBe("Admin");
    expect(await roleAfter([])).toBe("Admin");
  });
});

describe("what a sign-in proves", () => {
  useOwner();

  test("a session from a connection enters its workspace alone: other workspaces don't exist for it, nor do the account's settings", async () => {
    const { workspace, connection, domain } = await makeScene();
    const ben = await signUpPerson(server, "Ben", `ben@${domain}`);
    await addMember(server, owner, workspace, ben, workspace.roles.Member);
    const own = await makeWorkspace(ben);
    const browser = newBrowser();
    await signInBySaml(server, browser, connection, someone(ben.email));
    expect((await browser.get(workspace.path)).status).toBe(200);
    expect((await browser.get(own.path)).status).toBe(404);
    expect((await browser.get("/api/v1/me")).json.tenants.map(({ slug }: Workspace) => slug)).toEqual([workspace.slug]);
    expect((await browser.get("/api/v1/me/tenants")).json.items.map(({ slug }: Workspace) => slug)).toEqual([workspace.slug]);
    for (const path of ["/api/v1/me/factors", "/api/v1/me/invitations"]) {
      expect([path, (await browser.get(path)).code]).toEqual([path, "account_sign_in_required"]);
    }
    expect(await browser.post("/api/v1/session/authentication", { password: PASSWORD })).toMatchObject({
      code: "account_sign_in_required",
    });
    expect((await browser.post("/api/v1/tenants", { name: "Mine", slug: `mine-${process.pid}` })).code).toBe(
      "account_sign_in_required",
    );
  });

  test("a session of the account's own keeps its other workspaces when it adds a proof, and gets a new token", async () => {
    const { workspace, connection, domain } = await makeScene();
    const ben = await signUpPerson(server, "Ben", `ben@${domain}`);
    await addMember(server, owner, workspace, ben, workspace.roles.Member);
    const own = await makeWorkspace(ben);
    const before = ben.cookieHeader();
    expect((await signInBySaml(server, ben, connection, someone(ben.email))).status).toBe(200);
    expect(ben.cookieHeader()).not.toBe(before);
    expect((await ben.get(own.path)).status).toBe(200);
    expect((await ben.get(workspace.path)).status).toBe(200);
  });

  test("a proof ends after the workspace's hours, and with the provider's session", async () => {
    const { workspace, connection, domain } = await justInTime();
    const browser = newBrowser();
    await signInBySaml(server, browser, connection, someone(`eve@${domain}`), { sessionNotOnOrAfter: 120 });
    const [row] = await server.database.query<{ seconds: number }>(
      "select extract(epoch from sso_until - now())::int as seconds from member_sessions where tenant_id = $1 and sso_until is not null order by started_at desc limit 1",
      [workspace.tenantId],
    );
    expect(row?.seconds).toBeLessThanOrEqual(120);
    const other = newBrowser();
    await signInBySaml(server, other, connection, someone(`ede@${domain}`));
    await server.database.query("update member_sessions set sso_proved_at = now() - interval '2 hours' where tenant_id = $1", [
      workspace.tenantId,
    ]);
    expect((await other.get(workspace.path)).status).toBe(200);
    await owner.send("PUT", `${workspace.path}/sso/policy`, { body: { policy: "optional", hours: 1 } });
    expect((await other.get(workspace.path)).code).toBe("sso_required");
    await server.database.query("update member_sessions set sso_until = now() where tenant_id = $1", [workspace.tenantId]);
    expect(await browser.get(workspace.path)).toMatchObject({ status: 403, code: "sso_required" });
  });

  /** The provider answers from a session of its own, and asks nobody. */
  const askedAgo = (minutes: number): Partial<Message> => ({
    edit: (xml) => xml.replace(/AuthnInstant="[^"]+"/, `AuthnInstant="${new Date(Date.now() - minutes * 60_000).toISOString()}"`),
  });

  test("only a person whom the provider has just asked is recently authenticated, for this workspace alone", async () => {
    const { workspace, connection, domain } = await makeScene();
    const ben = await signUpPerson(server, "Ben", `ben@${domain}`);
    await addMember(server, owner, workspace, ben, workspace.roles.Admin);
    const own = await makeWorkspace(ben);
    const limits = { idleMinutes: 60, absoluteMinutes: 600 };
    const act = async (browser: HttpClient, { path } = workspace) =>
      (await browser.send("PUT", `${path}/security/session-limits`, { body: limits })).code ?? "done";

    const unattended = newBrowser();
    await signInBySaml(server, unattended, connection, someone(ben.email), askedAgo(6));
    expect(await act(unattended)).toBe("reauthentication_required");
    const confirm = async (browser: HttpClient, changes: Partial<Message> = {}) => {
      const started = await start(browser, connection, "confirm");
      return goThrough(server, browser, connection, { person: someone(ben.email), start: started, changes });
    };
    const refused = await confirm(unattended, askedAgo(7));
    expect(refused).toMatchObject({ code: "sso_refused", json: { detail: expect.stringContaining("without asking you again") } });
    expect(await act(unattended)).toBe("reauthentication_required");
    expect((await confirm(unattended)).json.outcome).toBe("confirmed");
    expect(await act(unattended)).toBe("done");
    const asked = newBrowser();
    await signInBySaml(server, asked, connection, someone(ben.email));
    expect(await act(asked)).toBe("done");

    await letAuthenticationAge(server, ben);
    await confirm(ben);
    expect(await act(ben)).toBe("done");
    expect(await act(ben, own)).toBe("reauthentication_required");
    // Switched off, the connection's word counts no longer.
    await owner.patch(connection.path, { enabled: false });
    expect(await act(ben)).toBe("reauthentication_required");
  });

  test("who comes back by single sign-on after an admin ended their session is seen, and can be ended again", async () => {
    const { workspace, connection, domain } = await justInTime();
    const browser = newBrowser();
    const person = someone(`gia@${domain}`);
    const comeIn = async () => {
      await signInBySaml(server, browser, connection, person);
      return (await browser.get(workspace.path)).status;
    };
    const seen = async () => {
      const { items } = (await owner.get(`${workspace.path}/sessions`)).json as {
        items: Array<{ sessionId: string; name: string }>;
      };
      return items.filter(({ name }) => name === "Test gia").map(({ sessionId }) => sessionId);
    };
    expect(await comeIn()).toBe(200);
    for (let round = 0; round < 2; round += 1) {
      const [sessionId] = await seen();
      expect((await owner.delete(`${workspace.path}/sessions/${sessionId}`)).status).toBe(204);
      expect(await seen()).toEqual([]);
      expect((await browser.get(workspace.path)).code).toBe("sso_required");
      expect(await comeIn()).toBe(200);
      expect(await seen()).toEqual([sessionId]);
    }
    const entries = await auditOf(workspace, "session.signed_in");
    expect(entries.filter(({ actor }) => actor.name === "Test gia")).toHaveLength(3);
  });

  test("a connection that is switched off or deleted admits nobody any more", async () => {
    const { workspace, connection, domain } = await justInTime();
    const browser = newBrowser();
    await signInBySaml(server, browser, connection, someone(`fay@${domain}`));
    expect((await browser.get(workspace.path)).status).toBe(200);
    await owner.patch(connection.path, { enabled: false });
    expect((await browser.get(workspace.path)).code).toBe("sso_required");
    expect((await start(newBrowser(), connection)).status).toBe(404);
  });
});

describe("who is joined", () => {
  useOwner();
  const identitiesAt = async (who: HttpClient, connection: SamlConnection, query = "") =>
    (await who.get(`${connection.path}/identities${query}`)).json as {
      items: Array<{ memberId: string; name: string; subject: string | null; whyNotEnd: string | null }>;
      nextCursor: string | null;
    };

  test("whoever is separated from a connection is out at once, live audio included, unless the account's own proof is enough", async () => {
    const { workspace, connection, domain } = await justInTime();
    const browser = newBrowser();
    await signInBySaml(server, browser, connection, someone(`fay@${domain}`));
    const gus = await signUpPerson(server, "Gus", `gus@${domain}`);
    await addMember(server, owner, workspace, gus, workspace.roles.Member);
    await goThrough(server, gus, connection, { person: someone(gus.email), start: await gus.post(`${connection.path}/link`) });
    const { items, nextCursor } = await identitiesAt(owner, connection, "?limit=1");
    expect(items).toMatchObject([{ name: "Test fay", subject: `fay@${domain}`, whyNotEnd: null }]);
    const rest = await identitiesAt(owner, connection, `?limit=1&cursor=${nextCursor}`);
    expect(rest).toMatchObject({ items: [{ name: "Gus" }], nextCursor: null });

    const live = connectClient(`${server.url.replace("http", "ws")}/api/v1/tenants/${workspace.slug}/gateway`, {
      cookie: browser.cookieHeader(),
    });
    await live.opened();
    const closed = live.closed();
    const end = (who: HttpClient, memberId = "") => who.delete(`${connection.path}/identities/${memberId}`);
    for (const { memberId } of [...items, ...rest.items]) expect((await end(owner, memberId)).status).toBe(204);
    await closed;
    expect((await browser.get(workspace.path)).code).toBe("sso_required");
    expect((await gus.get(workspace.path)).status).toBe(200);
    expect((await end(owner, items[0]?.memberId)).code).toBe("not_found");
    expect(await identitiesAt(owner, connection)).toEqual({ items: [], nextCursor: null });
    await server.mailTo(gus.email, /You no longer enter .* through Corp/);
    expect((await auditOf(workspace, "sso.identity_ended")).map((entry) => entry["target"].name)).toEqual(["Gus", "Test fay"]);

    // Whoever is inside anew has an identity, whichever of the two came first.
    const again = await start(browser, connection);
    await signInBySaml(server, newBrowser(), connection, someone(`fay@${domain}`));
    const [{ memberId } = { memberId: "" }] = (await identitiesAt(owner, connection)).items;
    await Promise.all([
      end(owner, memberId),
      goThrough(server, browser, connection, { person: someone(`fay@${domain}`), start: again }),
    ]);
    const isJoined = (await identitiesAt(owner, connection)).items.length === 1;
    expect((await browser.get(workspace.path)).status === 200).toBe(isJoined);
  });

  test("only how many are joined is told to somebody who may configure single sign-on but not see members", async () => {
    const { workspace, connection, domain } = await makeScene();
    const fay = await signUpPerson(server, "Fay", `fay@${domain}`);
    await addMember(server, owner, workspace, fay, workspace.roles.Viewer);
    await goThrough(server, fay, connection, { person: someone(fay.email), start: await fay.post(`${connection.path}/link`) });
    const { items } = await identitiesAt(owner, connection);
    const helper = await signUpPerson(server, "Hal");
    const role = await makeRole(owner, workspace, ["security.view", "security.manage_sso", "voice.join"]);
    await addMember(server, owner, workspace, helper, role);
    expect((await helper.get(`${workspace.path}/sso`)).json.connections[0].people).toBe(1);
    const refused = await helper.get(`${connection.path}/identities`);
    expect(refused).toMatchObject({ status: 403, code: "forbidden" });
    expect(refused.text).not.toContain("Fay");
    const kept = await helper.delete(`${connection.path}/identities/${items[0]?.memberId}`);
    expect(kept).toMatchObject({ status: 403, code: "forbidden" });
    expect(kept.text).not.toContain("Fay");
    expect((await identitiesAt(owner, connection)).items).toHaveLength(1);
  });

  test("nobody separates the owner or people who may do more from a connection; subjects need the right to see addresses", async () => {
    const { workspace, connection, domain } = await makeScene();
    const helper = await signUpPerson(server, "Hal");
    const role = await makeRole(owner, workspace, ["security.view", "security.manage_sso", "voice.join", "users.view"]);
    await addMember(server, owner, workspace, helper, role);
    const boss = await signUpPerson(server, "Boss", `boss@${domain}`);
    await addMember(server, owner, workspace, boss, workspace.roles.Admin);
    for (const who of [owner, boss, helper])
      await goThrough(server, who, connection, { person: someone(who.email), start: await who.post(`${connection.path}/link`) });
    const { items } = await identitiesAt(helper, connection);
    expect(items.map(({ name, subject }) => [name, subject])).toEqual([
      ["Olga", null],
      ["Hal", null],
      ["Boss", null],
    ]);
    const end = (who: HttpClient, name: string) =>
      who.delete(`${connection.path}/identities/${items.find((item) => item.name === name)?.memberId}`);
    expect((await end(helper, "Olga")).code).toBe("owner_protected");
    expect((await end(boss, "Olga")).code).toBe("owner_protected");
    expect((await end(helper, "Boss")).code).toBe("outranked");
    const ida = await signUpPerson(server, "Ida");
    await addMember(server, owner, workspace, ida, workspace.roles.Admin);
    await letAuthenticationAge(server, ida);
    expect((await end(ida, "Hal")).code).toBe("reauthentication_required");
    expect((await end(helper, "Hal")).status).toBe(204);
    expect((await end(boss, "Boss")).status).toBe(204);
  });
});

describe("withdrawn trust", () => {
  useOwner();

  /** Somebody who is inside through the connection, with a live connection. */
  async function enterLive({ workspace, connection, domain }: Scene) {
    const browser = newBrowser();
    await signInBySaml(server, browser, connection, someone(`fay@${domain}`));
    const live = connectClient(`${server.url.replace("http", "ws")}/api/v1/tenants/${workspace.slug}/gateway`, {
      cookie: browser.cookieHeader(),
    });
    await live.opened();
    return { browser, live, inside: async () => (await browser.get(workspace.path)).status === 200 };
  }

  const withCertificates = ({ connection: { idp } }: Scene, certificates: string[], idpEntityId = idp.shape.entityId) => ({
    saml: { idpEntityId, signOnUrl: SIGN_ON_URL, certificates },
  });

  const WITHDRAWALS: Array<[string, (scene: Scene) => Record<string, unknown>]> = [
    [
      "another entity ID",
      (scene) => withCertificates(scene, [scene.connection.idp.key.certificate], "https://idp.example/other"),
    ],
    ["another certificate instead", (scene) => withCertificates(scene, [makeKey().certificate])],
    ["another subject", () => ({ subjectAttribute: "objectId" })],
  ];

  test.each(WITHDRAWALS)(
    "a change of what a connection trusts ends the proofs and the live audio of who came in before: %s",
    async (_name, change) => {
      const scene = await justInTime();
      const { browser, live } = await enterLive(scene);
      const closed = live.closed();
      expect((await owner.patch(scene.connection.path, change(scene))).status).toBe(200);
      await closed;
      expect(await browser.get(scene.workspace.path)).toMatchObject({ status: 403, code: "sso_required" });
    },
  );

  test("a connection that no longer counts as a second factor ends the proofs that it vouched for", async () => {
    const scene = await justInTime();
    await owner.patch(scene.connection.path, { countsAsMfa: true });
    const { inside } = await enterLive(scene);
    expect((await owner.patch(scene.connection.path, { countsAsMfa: false })).status).toBe(200);
    expect(await inside()).toBe(false);
  });

  test("a second certificate, another sign-on URL and other names of attributes end no proof, because nothing is withdrawn", async () => {
    const scene = await justInTime();
    const { connection, workspace } = scene;
    const { inside } = await enterLive(scene);
    const both = withCertificates(scene, [connection.idp.key.certificate, makeKey().certificate]);
    const moved = { saml: { ...both.saml, signOnUrl: "https://idp.example/moved" } };
    for (const edit of [both, moved, { mapping: { lastName: "family" } }, { countsAsMfa: true }, { name: "Renamed" }]) {
      expect((await owner.patch(connection.path, edit)).status).toBe(200);
    }
    expect(await inside()).toBe(true);
    expect(await auditOf(workspace, "sso.connection_changed")).toHaveLength(6);
  });

  test("an admin who changes what a connection trusts stays inside with this session alone, to test and correct the change", async () => {
    const scene = await makeScene();
    const { workspace, connection, domain } = scene;
    const boss = await signUpPerson(server, "Boss", `boss@${domain}`);
    await addMember(server, owner, workspace, boss, workspace.roles.Admin);
    await goThrough(server, boss, connection, { person: someone(boss.email), start: await boss.post(`${connection.path}/link`) });
    expect((await owner.send("PUT", `${workspace.path}/sso/policy`, { body: { policy: "required" } })).status).toBe(200);
    const elsewhere = newBrowser();
    await signInBySaml(server, elsewhere, connection, someone(boss.email));
    const { key } = connection.idp;
    const replaced = makeKey();
    expect((await boss.patch(connection.path, withCertificates(scene, [replaced.certificate]))).status).toBe(200);
    expect((await elsewhere.get(workspace.path)).code).toBe("sso_required");
    expect((await boss.patch(connection.path, withCertificates(scene, [key.certificate]))).status).toBe(200);
    expect((await boss.get(workspace.path)).status).toBe(200);
  });

  test("a provider's answer that was verified before a change of trust and waits for its browser is void, a test's too", async () => {
    const scene = await justInTime();
    const { workspace, connection, domain } = scene;
    const verified = async (client: HttpClient, begun: Answer, purpose: "sign_in" | "test") => {
      const { requestId, relayState } = readRequest(begun.json.url);
      const { acsUrl, entityId: spEntityId } = connection;
      const xml = connection.as(someone(`${purpose}@${domain}`)).write({ requestId, acsUrl, spEntityId });
      const { fragment: ticket } = fragmentOf(await postResponse(server, connection, xml, relayState));
      return () => client.post("/api/v1/sso/finish", { ticket });
    };
    const browser = newBrowser();
    const signsIn = await verified(browser, await start(browser, connection), "sign_in");
    const tests = await verified(owner, await owner.post(`${connection.path}/test`), "test");
    expect((await owner.patch(connection.path, withCertificates(scene, [makeKey().certificate]))).status).toBe(200);
    expect((await signsIn()).code).toBe("sso_expired");
    expect((await tests()).code).toBe("sso_expired");
    const [shown] = (await owner.get(`${workspace.path}/sso`)).json.connections;
    expect(shown).toMatchObject({ people: 0, testedAt: null });
  });
});

describe("required single sign-on", () => {
  useOwner();

  async function require({ workspace }: Scene) {
    expect((await owner.send("PUT", `${workspace.path}/sso/policy`, { body: { policy: "required" } })).status).toBe(200);
  }

  test("single sign-on is required only with a verified domain, and after a test by the same person within the hour", async () => {
    const workspace = await makeWorkspace(owner);
    const connection = await openConnection(server, owner, workspace);
    const set = () => owner.send("PUT", `${workspace.path}/sso/policy`, { body: { policy: "required" } });
    expect(await set()).toMatchObject({ status: 409, code: "sso_without_domain" });
    await holdDomain(server, workspace, freshDomain());
    await server.database.query("update sso_connections set tested_at = now() - interval '61 minutes' where connection_id = $1", [
      connection.connectionId,
    ]);
    expect(await set()).toMatchObject({ status: 409, code: "sso_untested" });
    await testConnection(server, owner, connection, someone("ada@corp.example"));
    expect(await set()).toMatchObject({ status: 200, json: { policy: "required" } });
    expect(await owner.patch(connection.path, { enabled: false })).toMatchObject({ status: 409, code: "sso_is_required" });
    expect(await owner.delete(connection.path)).toMatchObject({ status: 409, code: "sso_is_required" });
  });

  test("required single sign-on keeps out a password session of a member on the domain; others and the owner come in", async () => {
    const scene = await makeScene();
    const { workspace, connection, domain } = scene;
    const ben = await signUpPerson(server, "Ben", `ben@${domain}`);
    const guest = await signUpPerson(server, "Guest");
    await addMember(server, owner, workspace, ben, workspace.roles.Member);
    await addMember(server, owner, workspace, guest, workspace.roles.Member);
    await require(scene);
    expect(await ben.get(workspace.path)).toMatchObject({ status: 403, code: "sso_required" });
    expect((await ben.get("/api/v1/me/tenants")).json.items[0]).toMatchObject({ access: "sso_required" });
    expect((await guest.get(workspace.path)).status).toBe(200);
    expect((await owner.get(workspace.path)).status).toBe(200);
    expect((await signInBySaml(server, ben, connection, someone(ben.email))).status).toBe(200);
    expect((await ben.get(workspace.path)).status).toBe(200);

    // Another address lets nobody around it.
    const after = freshEmail("ben");
    await ben.send("PUT", "/api/v1/me/email-change", { body: { email: after } });
    const { link } = await server.mailTo(after, /Confirm your new address/);
    expect((await ben.post("/api/v1/accounts/email-change", { token: tokenOf(link) })).status).toBe(200);
    await server.database.query("update member_sessions set sso_until = now() where tenant_id = $1", [workspace.tenantId]);
    expect((await (await signIn(server, after)).get(workspace.path)).code).toBe("sso_required");
    expect((await signInBySaml(server, newBrowser(), connection, someone(ben.email))).json.account.email).toBe(after);
  });

  test("where single sign-on is required, an owner on the domain needs password and second factor, which the audit log says", async () => {
    const olga = await signUpPerson(server, "Olga", `olga@${freshDomain()}`);
    const workspace = await makeWorkspace(olga);
    await holdDomain(server, workspace, olga.email.split("@")[1] ?? "");
    await openConnection(server, olga, workspace);
    expect((await olga.send("PUT", `${workspace.path}/sso/policy`, { body: { policy: "required" } })).status).toBe(200);
    expect((await olga.get(workspace.path)).code).toBe("sso_required");
    await olga.post("/api/v1/session/authentication", { password: PASSWORD });
    expect((await olga.get(workspace.path)).code).toBe("sso_required");
    await server.database.query("update sessions set totp_at = now() where account_id = $1", [olga.accountId]);
    await server.database.query("delete from member_sessions where tenant_id = $1", [workspace.tenantId]);
    expect((await olga.get(workspace.path)).status).toBe(200);
    const { items } = (await olga.get(`${workspace.path}/audit-log?limit=100`)).json;
    expect(items.map(({ action }: { action: string }) => action)).toContain("sso.owner_bypassed");
  });

  test("single sign-on is no longer required once the domain lapses", async () => {
    const scene = await makeScene();
    const ben = await signUpPerson(server, "Ben", `ben@${scene.domain}`);
    await addMember(server, owner, scene.workspace, ben, scene.workspace.roles.Member);
    await require(scene);
    expect((await ben.get(scene.workspace.path)).code).toBe("sso_required");
    await server.database.query("update domains set state = 'lapsed' where tenant_id = $1", [scene.workspace.tenantId]);
    expect((await ben.get(scene.workspace.path)).status).toBe(200);
  });
});

describe("attacks", () => {
  useOwner();

  test("a response counts once: the same message, and another message for the same request", async () => {
    const { connection, domain } = await justInTime();
    const browser = newBrowser();
    const { requestId, relayState } = readRequest((await start(browser, connection)).json.url);
    const to = { requestId, acsUrl: connection.acsUrl, spEntityId: connection.entityId };
    const idp = connection.as(someone(`gus@${domain}`));
    const xml = idp.write(to);
    expect(fragmentOf(await postResponse(server, connection, xml, relayState)).page).toBe("/sso/finish");
    expect(fragmentOf(await postResponse(server, connection, xml, relayState))).toEqual({
      page: "/sso/failed",
      fragment: "replayed",
    });
    expect(fragmentOf(await postResponse(server, connection, idp.write(to), relayState)).fragment).toBe("replayed");
  });

  test("an assertion counts once, for two requests too", async () => {
    const { connection, domain } = await justInTime();
    const idp = connection.as(someone(`hal@${domain}`));
    const pages: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const { requestId, relayState } = readRequest((await start(newBrowser(), connection)).json.url);
      const xml = idp.write({ requestId, acsUrl: connection.acsUrl, spEntityId: connection.entityId }, { assertionId: "_same" });
      const { fragment } = fragmentOf(await postResponse(server, connection, xml, relayState));
      pages.push(fragment);
    }
    const second = await newBrowser().post("/api/v1/sso/finish", { ticket: pages[1] });
    expect(second.code).toBe("sso_expired");
  });

  test("a response that answers no request is refused, and a stranger's garbage leaves nothing in the audit log", async () => {
    const { workspace, connection, domain } = await justInTime();
    const to = { requestId: "_never", acsUrl: connection.acsUrl, spEntityId: connection.entityId };
    const unasked = connection.as(someone(`ivy@${domain}`)).write(to);
    expect(fragmentOf(await postResponse(server, connection, unasked, "x".repeat(43)))).toEqual({
      page: "/sso/failed",
      fragment: "unsolicited",
    });
    expect(fragmentOf(await postResponse(server, connection, "<nonsense", "")).fragment).toBe("malformed");
    expect(await auditOf(workspace, "sso.refused")).toEqual([]);
  });

  test("a ticket works once, in the browser that began alone", async () => {
    const { connection, domain } = await justInTime();
    const victim = newBrowser();
    const { requestId, relayState } = readRequest((await start(victim, connection)).json.url);
    const xml = connection
      .as(someone(`jay@${domain}`))
      .write({ requestId, acsUrl: connection.acsUrl, spEntityId: connection.entityId });
    const { fragment: ticket } = fragmentOf(await postResponse(server, connection, xml, relayState));
    const thief = newBrowser();
    await start(thief, connection);
    expect((await thief.post("/api/v1/sso/finish", { ticket })).code).toBe("sso_expired");
    expect((await newBrowser().post("/api/v1/sso/finish", { ticket })).code).toBe("sso_expired");
    expect((await victim.post("/api/v1/sso/finish", { ticket })).status).toBe(200);
    expect((await victim.post("/api/v1/sso/finish", { ticket })).code).toBe("sso_expired");
  });

  test("an answer that an older version stored before an upgrade is refused with a reason, and the next sign-in works", async () => {
    const { connection, domain } = await justInTime();
    const browser = newBrowser();
    const { requestId, relayState } = readRequest((await start(browser, connection)).json.url);
    const idp = connection.as(someone(`kay@${domain}`));
    const xml = idp.write({ requestId, acsUrl: connection.acsUrl, spEntityId: connection.entityId });
    const { fragment: ticket } = fragmentOf(await postResponse(server, connection, xml, relayState));
    const [stored] = await server.database.query<{ transaction_id: string; outcome_sealed: Buffer }>(
      "select transaction_id, outcome_sealed from directory_sso_transactions where request_id = $1",
      [requestId],
    );
    if (!stored) throw new Error("nothing was stored");
    const key = openKeys(server.config.keysFolder, server.config.masterKey).platformKey("sso");
    const context = transactionContext(stored.transaction_id);
    const { trust, ...older } = JSON.parse(open(key, stored.outcome_sealed, context).toString());
    expect(trust).toEqual(expect.any(String));
    await server.database.query("update directory_sso_transactions set outcome_sealed = $2 where transaction_id = $1", [
      ...[stored.transaction_id, seal(key, JSON.stringify(older), context)],
    ]);
    expect(await browser.post("/api/v1/sso/finish", { ticket })).toMatchObject({ status: 410, code: "sso_expired" });
    const errors = logged.filter((line) => line.includes(stored.transaction_id));
    expect(errors).toEqual([expect.stringContaining("finish a sign-in at a provider")]);
    expect(errors.join()).not.toContain(`kay@${domain}`);
    expect((await signInBySaml(server, browser, connection, someone(`kay@${domain}`))).json.outcome).toBe("signed_in");
  });

  test("two tabs of a browser finish in either order", async () => {
    const { connection, domain } = await justInTime();
    const browser = newBrowser();
    const requests = [await start(browser, connection), await start(browser, connection)].map(({ json }) =>
      readRequest(json.url),
    );
    for (const { requestId, relayState } of requests.reverse()) {
      const xml = connection
        .as(someone(`kim@${domain}`))
        .write({ requestId, acsUrl: connection.acsUrl, spEntityId: connection.entityId });
      const { fragment: ticket } = fragmentOf(await postResponse(server, connection, xml, relayState));
      expect((await browser.post("/api/v1/sso/finish", { ticket })).status).toBe(200);
    }
  });

  test("a response of one connection is refused at another workspace's", async () => {
    const [a, b] = [await justInTime(), await justInTime()];
    const { requestId, relayState } = readRequest((await start(newBrowser(), b.connection)).json.url);
    const xml = a.connection
      .as(someone(`lea@${b.domain}`))
      .write({ requestId, acsUrl: b.connection.acsUrl, spEntityId: b.connection.entityId });
    const { fragment } = fragmentOf(await postResponse(server, b.connection, xml, relayState));
    expect((await newBrowser().post("/api/v1/sso/finish", { ticket: fragment })).code).toBe("sso_expired");
    expect((await auditOf(b.workspace, "sso.refused"))[0]?.["changes"].reason.to).toBe("signature");
  });

  test("the ACS answers 404 for no connection, one that isn't set up, one that is switched off, and one of OpenID Connect", async () => {
    const workspace = await makeWorkspace(owner);
    const drafts = [];
    for (const protocol of ["saml", "oidc"]) {
      const created = await owner.post(`${workspace.path}/sso/connections`, { name: "Draft", provider: "other", protocol });
      drafts.push(created.json.connectionId);
    }
    const off = await makeConnection(owner, workspace);
    const options = { body: "SAMLResponse=x", headers: { "content-type": "application/x-www-form-urlencoded" } };
    for (const id of [...drafts, off.connectionId, "01890000-0000-7000-8000-000000000000"]) {
      expect((await newBrowser().send("POST", `/api/v1/sso/${id}/acs`, options)).status).toBe(404);
    }
  });

  test("a hostile admin of A with an own provider becomes nobody of B, whatever the provider says", async () => {
    const b = await makeScene();
    const mallory = await signUpPerson(server, "Mallory");
    const a = await makeWorkspace(mallory);
    const victim = await signUpPerson(server, "Vic", `vic@${b.domain}`);
    await addMember(server, owner, b.workspace, victim, b.workspace.roles.Admin);
    const rogue = await openConnection(server, mallory, a, { joining: "just_in_time", defaultRoleId: a.roles.Member });
    for (const email of [victim.email, owner.email]) {
      const browser = newBrowser();
      expect((await signInBySaml(server, browser, rogue, someone(email))).code).toBe("sso_refused");
      expect((await browser.get(b.workspace.path)).status).toBe(401);
    }
    // Even as a member of A, with a joined identity, the victim's session stays in A.
    await addMember(server, mallory, a, victim, a.roles.Member);
    await goThrough(server, victim, rogue, { person: someone(victim.email), start: await victim.post(`${rogue.path}/link`) });
    const browser: HttpClient = newBrowser();
    expect((await signInBySaml(server, browser, rogue, someone(victim.email))).status).toBe(200);
    expect((await browser.get(b.workspace.path)).status).toBe(404);
    expect((await browser.get("/api/v1/me")).json.tenants).toHaveLength(1);
  });

  test("whoever sets up single sign-on becomes nobody who may do more, in the same workspace", async () => {
    const workspace = await makeWorkspace(owner);
    const domain = freshDomain();
    await holdDomain(server, workspace, domain);
    const smith = await signUpPerson(server, "Smith");
    const boss = await signUpPerson(server, "Boss", `boss@${domain}`);
    const smithRole = await makeRole(owner, workspace, ["security.view", "security.manage_sso", "users.view"]);
    await addMember(server, owner, workspace, smith, smithRole);
    await addMember(server, owner, workspace, boss, workspace.roles.Admin);
    const rogue = await openConnection(server, smith, workspace);
    expect((await signInBySaml(server, newBrowser(), rogue, someone(boss.email))).code).toBe("sso_refused");
    expect((await auditOf(workspace, "sso.refused"))[0]?.["changes"].reason.to).toBe("out_of_reach");
    expect(await smith.patch(rogue.path, { groupRoles: [{ group: "g", roleId: workspace.roles.Admin }] })).toMatchObject({
      status: 403,
      code: "forbidden",
    });

    const proper = await openConnection(server, owner, workspace);
    await signInBySaml(server, newBrowser(), proper, someone(boss.email));
    const other = proper.as(someone("x@corp.example")).metadata("https://idp.example/rogue");
    expect(await smith.patch(proper.path, { saml: { metadata: other } })).toMatchObject({ status: 403, code: "outranked" });
    expect(await smith.delete(proper.path)).toMatchObject({ status: 403, code: "outranked" });
  });
});

describe("the sign-in page", () => {
  useOwner();

  test("an address finds the connections of its domain, whether or not it has an account, and nothing else", async () => {
    const { connection, domain } = await makeScene();
    const find = async (email: string) => (await newBrowser().post("/api/v1/sso/options", { email })).json.items;
    expect(await find(`nobody@${domain}`)).toEqual([{ connectionId: connection.connectionId, name: "Corp" }]);
    expect(await find(owner.email)).toEqual([]);
  });
});
