/** What the server's log says about sign-ins: each refusal, with account and IP address, and never what was typed. */
import { expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { makeWorkspace, PASSWORD, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const logged: string[] = [];
const server = useServer({ logLevel: "info" }, { write: (line) => void logged.push(line) });

const FROM = { ipAddress: "127.0.0.1", userAgent: "Test/1.0" };

test("the server logs a refused sign-in, also for an unknown address, and no audit log contains it", async () => {
  const ada = await signUpPerson(server, "Ada");
  const workspace = await makeWorkspace(ada);
  const entries = async () =>
    (await server.database.query("select count(*) from audit_log where tenant_id = $1", [workspace.tenantId]))[0];
  await ada.get(workspace.path);
  const before = await entries();
  logged.length = 0;
  const visitor = httpClient(server.url);
  const attempt = (email: string, password: string) =>
    visitor.send("POST", "/api/v1/session", { body: { email, password }, headers: { "user-agent": FROM.userAgent } });
  const unknown = "typed-by-mistake@example.com";
  expect((await attempt(ada.email, "the wrong words")).status).toBe(401);
  expect((await attempt(unknown, "the wrong words")).status).toBe(401);
  expect((await attempt(ada.email, PASSWORD)).status).toBe(200);
  expect((await ada.post("/api/v1/session/authentication", { password: "the wrong words" })).status).toBe(401);

  const lines = logged.map((line) => JSON.parse(line)).filter(({ msg }) => /sign|password/.test(msg));
  expect(lines).toMatchObject([
    { level: 40, msg: "sign-in refused", accountId: ada.accountId, ...FROM },
    { level: 40, msg: "sign-in refused", accountId: null, ...FROM },
    { level: 30, msg: "signed in", accountId: ada.accountId, ...FROM },
    { level: 40, msg: "password check of a signed-in person failed", accountId: ada.accountId },
  ]);
  expect(logged.join("")).not.toMatch(/wrong words|typed-by-mistake|@example/);
  expect(await entries()).toEqual(before);
});
