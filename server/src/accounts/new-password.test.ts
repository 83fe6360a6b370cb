/** New passwords: the minimum length depends on the second factor, and is checked again at sign-in once the factor is removed. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { enrol, timeForCodes } from "../testing/factors.ts";
import { type HttpClient, httpClient } from "../testing/http.ts";
import { freshEmail, makeWorkspace, PASSWORD, type Person, signIn, signUpPerson, tokenOf } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { assertBreachedFile } from "./breached-passwords.ts";

const server = useServer();
const SHORT = "kj4hf73h";
const LONG = "another four words make one";

const change = (who: HttpClient, newPassword: string, currentPassword = PASSWORD) =>
  who.send("PUT", "/api/v1/me/password", { body: { currentPassword, newPassword } });
const signUp = (password: string, name = "Ada Okafor", email = freshEmail("ada")) =>
  httpClient(server.url).post("/api/v1/accounts", { email, name, password });
const tryToSignIn = (email: string, password: string, newPassword?: string) =>
  httpClient(server.url).post("/api/v1/session", { email, password, newPassword });
const isSignedIn = async (who: HttpClient) => (await who.get("/api/v1/me")).status === 200;

describe("without a second factor", () => {
  test("signing up needs 15 characters that are neither a common password nor the person's names", async () => {
    expect((await signUp("fourteen chars")).json.fields).toMatchObject([{ path: "password" }]);
    expect((await signUp("passwordpassword")).json.fields).toMatchObject([{ path: "password" }]);
    expect((await signUp("AdaOkafor19851985")).json.fields).toMatchObject([{ path: "password" }]);
    // 15 characters as typed, 14 once composed.
    expect((await signUp("fourteen char\u0065\u0301")).code).toBe("invalid_input");
    expect((await signUp("fifteen chars !")).status).toBe(202);
  });

  test("changing or resetting a password needs 15 characters, too, and names of the person's workspaces are refused", async () => {
    const ada = await signUpPerson(server, "Ada");
    const { slug } = await makeWorkspace(ada, undefined, "Harbour Cranes");
    for (const refused of [SHORT, "fourteen chars", "harbour cranes 2026!", `${slug}-2026-11-30-1234`])
      expect([refused, (await change(ada, refused)).json.fields?.[0]?.path]).toEqual([refused, "newPassword"]);
    await ada.post("/api/v1/accounts/password-reset-mail", { email: ada.email });
    const token = tokenOf((await server.mailTo(ada.email, /Choose a new password/)).link);
    const reset = (password: string) => httpClient(server.url).post("/api/v1/accounts/password-reset", { token, password });
    expect((await reset("fourteen chars")).json.fields).toMatchObject([{ path: "password" }]);
    // The refusal has not used the link up.
    expect((await reset(LONG)).status).toBe(200);
  });
});

describe("with a second factor", () => {
  beforeEach(() => timeForCodes());

  async function personWithShortPassword(): Promise<Person> {
    const ada = await signUpPerson(server, "Ada");
    await enrol(ada);
    expect((await change(ada, "trustno1")).code).toBe("invalid_input");
    expect((await change(ada, SHORT)).status).toBe(204);
    return ada;
  }

  test("8 characters are enough; once the factor is removed, signing in needs a longer password", async () => {
    const ada = await personWithShortPassword();
    expect((await tryToSignIn(ada.email, SHORT)).json).toMatchObject({ account: null });
    expect((await ada.delete("/api/v1/me/totp")).status).toBe(204);

    const refused = await tryToSignIn(ada.email, SHORT);
    expect(refused).toMatchObject({ status: 403, code: "password_too_short" });
    expect(refused.headers["set-cookie"]).toBeUndefined();
    expect((await tryToSignIn(ada.email, "not the password", LONG)).code).toBe("wrong_credentials");
    expect((await tryToSignIn(ada.email, SHORT, "passwordpassword")).json.fields).toMatchObject([{ path: "newPassword" }]);
    expect(await isSignedIn(ada)).toBe(true);

    expect((await tryToSignIn(ada.email, SHORT, LONG)).status).toBe(200);
    expect(await isSignedIn(ada)).toBe(false);
    await server.mailTo(ada.email, /password was changed/);
    expect((await tryToSignIn(ada.email, SHORT)).code).toBe("wrong_credentials");
    await signIn(server, ada.email, LONG);
  });

  test("of two browsers that choose a longer password at once, only one is signed in", async () => {
    const ada = await personWithShortPassword();
    await ada.delete("/api/v1/me/totp");
    const answers = await Promise.all([LONG, `${LONG} too`].map((longer) => tryToSignIn(ada.email, SHORT, longer)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });
});

test("passwords of 64 characters and more are allowed, every character counts, and no password expires with age", async () => {
  for (const length of [64, 65, 200]) {
    const long = "four words make one, and more of them make a longer one. ".repeat(4).slice(0, length - 1);
    const email = freshEmail("ada");
    const browser = httpClient(server.url);
    expect((await browser.post("/api/v1/accounts", { email, name: "Ada", password: `${long}1` })).status).toBe(202);
    const token = tokenOf((await server.mailTo(email)).link);
    expect((await browser.post("/api/v1/accounts/verification", { token })).status).toBe(200);
    await server.database.query("update accounts set created_at = now() - interval '10 years' where email = $1", [email]);
    expect((await tryToSignIn(email, `${long}2`)).code).toBe("wrong_credentials");
    await signIn(server, email, `${long}1`);
  }
});

test("a password counts with its case, spaces and full-width characters, all as they were typed", async () => {
  const typed = "  Four WORDS make \uff4f\uff4e\uff45  ";
  const email = freshEmail("ada");
  const browser = httpClient(server.url);
  expect((await browser.post("/api/v1/accounts", { email, name: "Ada", password: typed })).status).toBe(202);
  const token = tokenOf((await server.mailTo(email)).link);
  expect((await browser.post("/api/v1/accounts/verification", { token })).status).toBe(200);
  for (const changed of [typed.trim(), typed.toLowerCase(), typed.normalize("NFKC"), typed.slice(0, -1)])
    expect((await tryToSignIn(email, changed)).code).toBe("wrong_credentials");
  await signIn(server, email, typed);
});

test("a new password that is sent at sign-in changes nothing if the current one is long enough", async () => {
  const ada = await signUpPerson(server, "Ada");
  expect((await tryToSignIn(ada.email, PASSWORD, LONG)).status).toBe(200);
  await signIn(server, ada.email, PASSWORD);
});

test("a breached password is refused wherever one is chosen, first or last in the file or between", async () => {
  const sha1 = (text: string) => createHash("sha1").update(text).digest("hex").toUpperCase();
  const stolen = Array.from({ length: 3_000 }, (_, index) => `a stolen password ${index}`);
  const [hashes, file] = [stolen.map(sha1).sort(), resolve(server.config.dataFolder, "breached")];
  writeFileSync(file, hashes.map((hash, index) => `${hash}:${index * index}\r\n`).join(""));
  expect(await refusalToStart(hashes.toReversed())).toMatch(/WHOOT_BREACHED_PASSWORDS/);
  expect(await refusalToStart(["no hash"])).toMatch(/sorted/);
  const byFrequency = [hashes[0] ?? "", ...stolen.map(sha1), hashes.at(-1) ?? ""];
  expect(await refusalToStart(byFrequency)).toMatch(/sorted by hash/);
  expect(await refusalToStart(hashes.slice(0, 1))).toBe("it starts");
  server.config.breachedPasswords = file;
  await server.restart();

  const ada = await signUpPerson(server, "Ada");
  const places = [hashes[0], hashes[1], hashes[1_500], hashes.at(-1)].map((hash) => stolen.find((text) => sha1(text) === hash));
  for (const password of [...places, ...stolen.slice(0, 3)])
    expect([password, (await change(ada, password ?? "")).json.detail]).toEqual([password, expect.stringMatching(/was stolen/)]);
  expect((await signUp(stolen[7] ?? "")).json.fields).toMatchObject([{ path: "password" }]);
  await ada.post("/api/v1/accounts/password-reset-mail", { email: ada.email });
  const token = tokenOf((await server.mailTo(ada.email, /Choose a new password/)).link);
  const reset = await httpClient(server.url).post("/api/v1/accounts/password-reset", { token, password: stolen[8] });
  expect(reset.json.fields).toMatchObject([{ path: "password" }]);
  // As typed: another letter case is another password.
  expect((await change(ada, "A stolen password 9")).status).toBe(204);
});

/** What a server says that is given these lines. */
async function refusalToStart(lines: readonly string[]): Promise<string> {
  const file = resolve(server.config.dataFolder, "unusable");
  writeFileSync(file, lines.join("\n"));
  return assertBreachedFile(file).then(
    () => "it starts",
    (error: Error) => error.message,
  );
}
