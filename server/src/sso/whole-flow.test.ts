/** Special cases through the whole flow: encrypted assertions, and people who never had a password. */
import { beforeAll, expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { freshDomain, makeWorkspace, PASSWORD, type Person, signIn, signUpPerson, tokenOf } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { holdDomain, openConnection, signInBySaml, someone } from "./testing/saml-side.ts";

const server = useServer();
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
});

async function makeScene(changes: Record<string, unknown> = {}) {
  const workspace = await makeWorkspace(owner);
  const domain = freshDomain();
  await holdDomain(server, workspace, domain);
  const joining = { joining: "just_in_time", defaultRoleId: workspace.roles.Member };
  return { workspace, domain, connection: await openConnection(server, owner, workspace, { ...joining, ...changes }) };
}

test("an assertion that is encrypted for the connection's key signs somebody in, and is refused where the connection takes none", async () => {
  const taking = await makeScene({ takesEncrypted: true });
  const refusing = await makeScene();
  const signInEncrypted = async ({ connection, domain }: typeof taking) => {
    const metadata = await httpClient(server.url).get(`/api/v1/sso/${connection.connectionId}/metadata`);
    const base64 = /<ds:X509Certificate>([^<]+)/.exec(metadata.text)?.[1] ?? "";
    const certificate = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
    const encryption = { certificate, content: "aes256-gcm" as const };
    return signInBySaml(server, httpClient(server.url), connection, someone(`eva@${domain}`), { encryption });
  };
  expect((await signInEncrypted(taking)).json.outcome).toBe("signed_in");
  expect((await signInEncrypted(refusing)).code).toBe("sso_refused");
});

test("somebody who joined by single sign-on and never had a password gets the reset mail, and comes in by the password they choose", async () => {
  const { workspace, domain, connection } = await makeScene();
  const email = `new@${domain}`;
  expect((await signInBySaml(server, httpClient(server.url), connection, someone(email))).json.outcome).toBe("signed_in");
  const [account] = await server.database.query("select password_hash from accounts where email = $1", [email]);
  expect(account).toEqual({ password_hash: null });
  await owner.patch(connection.path, { enabled: false });
  const browser = httpClient(server.url);
  expect((await browser.post("/api/v1/accounts/password-reset-mail", { email })).status).toBe(204);
  const { link } = await server.mailTo(email, /Choose a new password/);
  expect((await browser.post("/api/v1/accounts/password-reset", { token: tokenOf(link), password: PASSWORD })).status).toBe(200);
  expect((await (await signIn(server, email)).get(workspace.path)).status).toBe(200);
});
