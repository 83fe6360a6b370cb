/** Passkeys as a second factor on the real server: after the password, to authenticate again, and for a policy of a workspace. */
import { beforeEach, describe, expect, test } from "vitest";
import { enrol, timeForCodes } from "../testing/factors.ts";
import { type HttpClient, httpClient } from "../testing/http.ts";
import {
  addPasskey,
  type Bent,
  makeAuthenticator,
  passkeyOrigin,
  signInWithPasskey,
  signUpWithPasskey,
} from "../testing/passkeys.ts";
import { letAuthenticationAge, makeWorkspace, PASSWORD, type Person, signIn, signUpPerson, tokenOf } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer({ trustProxy: "127.0.0.1" });
beforeEach(() => timeForCodes());

const device = (usual: Bent = {}) => makeAuthenticator({ origin: passkeyOrigin(server), ...usual });
const factors = async (browser: HttpClient) => (await browser.get("/api/v1/me/factors")).json;
const finish = (browser: HttpClient, body: object) => browser.post("/api/v1/session/second-step", body);
const again = (browser: HttpClient, body: object) => browser.post("/api/v1/session/authentication", body);
const stepChallenge = async (browser: HttpClient) => (await browser.post("/api/v1/session/second-step/passkey-challenge")).json;
const againChallenge = async (browser: HttpClient) =>
  (await browser.post("/api/v1/session/authentication/passkey-challenge")).json;

/** A browser that has entered the password and is asked for a second factor. */
async function askedForMore({ email }: Person): Promise<HttpClient> {
  const browser = httpClient(server.url);
  const answer = await browser.post("/api/v1/session", { email, password: PASSWORD });
  expect(answer).toMatchObject({ status: 200, json: { account: null, secondStep: { passkey: true } } });
  return browser;
}

async function enforce(owner: Person) {
  const workspace = await makeWorkspace(owner);
  await server.database.query("update tenants set mfa_policy = 'enforced' where tenant_id = $1", [workspace.tenantId]);
  return workspace;
}

describe("after the password", () => {
  test("a passkey signs in, with or without a check of the person, and a recovery code does, too", async () => {
    const { person, authenticator, codes } = await signUpWithPasskey(server, "Ada");
    for (const verified of [true, false]) {
      const browser = await askedForMore(person);
      expect((await browser.get("/api/v1/me")).code).toBe("not_signed_in");
      const request = await stepChallenge(browser);
      expect(request).toMatchObject({ userVerification: "preferred", allowCredentials: [{ transports: ["internal"] }] });
      expect((await finish(browser, { passkey: authenticator.get(request, { verified }) })).status).toBe(200);
      expect(await factors(browser)).toMatchObject({ provedSecondFactor: true });
    }
    expect((await finish(await askedForMore(person), { code: codes[0] })).status).toBe(200);
    const both = { code: codes[1], passkey: authenticator.get(await stepChallenge(await askedForMore(person))) };
    expect((await finish(await askedForMore(person), both)).code).toBe("invalid_input");
    expect((await finish(await askedForMore(person), {})).code).toBe("invalid_input");
  });

  test("another account's passkey, a challenge of another purpose, browser or sign-in, and a replay are refused", async () => {
    const { person, authenticator } = await signUpWithPasskey(server, "Ben");
    const { authenticator: foreign } = await signUpWithPasskey(server, "Cleo");
    const browser = await askedForMore(person);
    const request = await stepChallenge(browser);
    const [theirs] = foreign.credentials;
    expect((await finish(browser, { passkey: foreign.get(request, { credential: theirs! }) })).code).toBe("passkey_refused");
    const alone = (await browser.post("/api/v1/session/passkey-challenge")).json;
    expect((await finish(browser, { passkey: authenticator.get(alone) })).code).toBe("passkey_expired");
    const other = await askedForMore(person);
    expect((await finish(other, { passkey: authenticator.get(request) })).code).toBe("passkey_expired");
    const passkey = authenticator.get(request);
    // Nor does it sign in without the password.
    expect((await browser.post("/api/v1/session/passkey", { passkey })).code).toBe("passkey_expired");
    const copies = [browser, httpClient(server.url)] as const;
    for (const [name, value] of browser.cookies) copies[1].cookies.set(name, value);
    const answers = await Promise.all(copies.map((copy) => finish(copy, { passkey })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
  });

  test("a password reset keeps the passkey: no session begins before it", async () => {
    const { person, authenticator } = await signUpWithPasskey(server, "Dan");
    const browser = httpClient(server.url);
    await browser.post("/api/v1/accounts/password-reset-mail", { email: person.email });
    const token = tokenOf((await server.mailTo(person.email, /Choose a new password/)).link);
    const reset = await browser.post("/api/v1/accounts/password-reset", { token, password: PASSWORD });
    expect(reset.json).toEqual({ account: null, secondStep: { totp: false, passkey: true } });
    expect((await finish(browser, { passkey: authenticator.get(await stepChallenge(browser)) })).status).toBe(200);
  });

  test("guessed codes keep nobody from using a passkey", async () => {
    const { person, authenticator } = await signUpWithPasskey(server, "Eve");
    const guesser = await askedForMore(person);
    for (let guess = 0; guess < 10; guess++) await finish(guesser, { code: "123456" });
    expect((await finish(guesser, { code: "123456" })).code).toBe("rate_limited");
    const browser = await askedForMore(person);
    expect((await finish(browser, { code: "123456" })).code).toBe("rate_limited");
    expect((await finish(browser, { passkey: authenticator.get(await stepChallenge(browser)) })).status).toBe(200);
  });

  test("without the cookie of the first step there is no challenge", async () => {
    expect((await httpClient(server.url).post("/api/v1/session/second-step/passkey-challenge")).code).toBe("sign_in_expired");
  });
});

describe("authenticating again", () => {
  test("works with a passkey and renews the token; the answer works once, in this session, for this account", async () => {
    const { person, authenticator } = await signUpWithPasskey(server, "Fay");
    const { authenticator: foreign } = await signUpWithPasskey(server, "Gil");
    await letAuthenticationAge(server, person);
    expect((await person.post("/api/v1/me/recovery-codes")).code).toBe("reauthentication_required");
    const request = await againChallenge(person);
    const [theirs] = foreign.credentials;
    expect((await again(person, { passkey: foreign.get(request, { credential: theirs! }) })).code).toBe("passkey_refused");
    expect((await again(person, { passkey: authenticator.get(request), password: PASSWORD })).code).toBe("invalid_input");
    const before = person.cookieHeader();
    const passkey = authenticator.get(request);
    expect((await again(person, { passkey })).status).toBe(204);
    expect(person.cookieHeader()).not.toBe(before);
    expect((await again(person, { passkey })).code).toBe("passkey_expired");
    expect((await person.post("/api/v1/me/recovery-codes")).status).toBe(200);
    const elsewhere = httpClient(server.url);
    expect((await signInWithPasskey(elsewhere, authenticator)).status).toBe(200);
    const another = authenticator.get(await againChallenge(elsewhere));
    expect((await again(person, { passkey: another })).code).toBe("passkey_expired");
  });

  test("a session from before the passkey needs the passkey to change factors; the password is not enough", async () => {
    const person = await signUpPerson(server, "Hal");
    const other = await signIn(server, person.email);
    const authenticator = device();
    const { passkeyId } = (await addPasskey(person, authenticator)).json.passkey;
    expect(await factors(other)).toMatchObject({ provedSecondFactor: false, passwordSuffices: false });
    expect((await again(other, { password: PASSWORD })).code).toBe("reauthentication_required");
    expect((await other.delete(`/api/v1/me/passkeys/${passkeyId}`)).code).toBe("reauthentication_required");
    expect((await again(other, { passkey: authenticator.get(await againChallenge(other)) })).status).toBe(204);
    expect((await other.delete(`/api/v1/me/passkeys/${passkeyId}`)).status).toBe(204);
  });
});

describe("beside an authenticator app", () => {
  test("the recovery codes come with the first factor and go with the last, in either order", async () => {
    const { person, passkeyId } = await signUpWithPasskey(server, "Ida");
    const { recoveryCodes } = await enrol(person);
    expect(recoveryCodes).toBe(null);
    expect((await person.delete(`/api/v1/me/passkeys/${passkeyId}`)).status).toBe(204);
    expect(await factors(person)).toMatchObject({ recoveryCodes: { left: 10 }, provedSecondFactor: true });
    const authenticator = device();
    expect((await addPasskey(person, authenticator)).json.recoveryCodes).toBe(null);
    expect((await person.delete("/api/v1/me/totp")).status).toBe(204);
    await server.mailTo(person.email, /authenticator app was removed/);
    expect(await factors(person)).toMatchObject({ totp: null, recoveryCodes: { left: 10 }, provedSecondFactor: true });
  });
});

describe("a workspace that requires two-step verification", () => {
  test("is open to a passkey that checks the person, alone", async () => {
    const { person, authenticator, passkeyId } = await signUpWithPasskey(server, "Jan");
    const { path } = await enforce(person);
    expect((await person.get(path)).status).toBe(200);
    const browser = httpClient(server.url);
    expect((await signInWithPasskey(browser, authenticator)).status).toBe(200);
    expect((await browser.get(path)).status).toBe(200);
    expect((await browser.get(`${path}/security/mfa`)).json).toMatchObject({ enrolled: 1 });
    expect((await browser.delete(`/api/v1/me/passkeys/${passkeyId}`)).status).toBe(204);
    expect((await browser.get(path)).code).toBe("mfa_required");
    expect((await person.get(path)).code).toBe("mfa_required");
  });

  test("is closed to a passkey that doesn't check the person, until the same session has proved the password, too", async () => {
    const kim = await signUpPerson(server, "Kim");
    const { path } = await enforce(kim);
    const authenticator = device({ verified: false });
    const added = await addPasskey(kim, authenticator);
    expect(added.json.passkey).toMatchObject({ signsIn: false });
    // Signed in by the mailed link, so far.
    expect(await factors(kim)).toMatchObject({ provedSecondFactor: false, passwordSuffices: true });
    expect((await kim.get(path)).code).toBe("mfa_required");
    expect((await signInWithPasskey(httpClient(server.url), authenticator)).code).toBe("passkey_refused");
    expect((await again(kim, { password: PASSWORD })).status).toBe(204);
    expect((await kim.get(path)).status).toBe(200);

    const browser = await askedForMore(kim);
    expect((await finish(browser, { passkey: authenticator.get(await stepChallenge(browser)) })).status).toBe(200);
    expect((await browser.get(path)).status).toBe(200);
  });

  test("does not count a passkey of an earlier public URL as set up", async () => {
    const { person } = await signUpWithPasskey(server, "Lea");
    const { path } = await makeWorkspace(person);
    await server.database.query("update passkeys set rp_id = 'old.example' where account_id = $1", [person.accountId]);
    expect((await person.get(`${path}/security/mfa`)).json).toMatchObject({ enrolled: 0 });
  });
});
