/** Passkeys on the real server, with a software authenticator: adding them, signing in with one alone, forgeries of every part, and removing them. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import { MAX_PASSKEYS } from "#contract/http/passkeys.ts";
import { type HttpClient, httpClient } from "../testing/http.ts";
import {
  addPasskey,
  type Authenticator,
  type Bent,
  makeAuthenticator,
  passkeyOrigin,
  signInWithPasskey,
  signUpWithPasskey,
} from "../testing/passkeys.ts";
import { freshEmail, letAuthenticationAge, PASSWORD, type Person, signIn, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const logged: string[] = [];
const server = useServer({ trustProxy: "127.0.0.1", logLevel: "warn" }, { write: (line) => void logged.push(line) });

const origin = () => passkeyOrigin(server);
const device = (usual: Bent = {}) => makeAuthenticator({ origin: origin(), ...usual });
const me = (browser: HttpClient) => browser.get("/api/v1/me");
const factors = async (browser: HttpClient) => (await browser.get("/api/v1/me/factors")).json;
const challenge = async (browser: HttpClient) => (await browser.post("/api/v1/session/passkey-challenge")).json;
const answer = (browser: HttpClient, passkey: unknown) => browser.post("/api/v1/session/passkey", { passkey });

describe("adding a passkey", () => {
  test("the first one brings ten recovery codes, a new session token, a mail, and two-step verification", async () => {
    const ada = await signUpPerson(server, "Ada");
    const before = ada.cookieHeader();
    const started = await ada.post("/api/v1/me/passkeys/challenge");
    expect(started.json).toMatchObject({
      rp: { id: "localhost", name: "whoot" },
      user: { name: ada.email, displayName: "Ada" },
      excludeCredentials: [],
      authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
      attestation: "none",
    });
    const authenticator = device();
    const added = await ada.post("/api/v1/me/passkeys", { passkey: authenticator.create(started.json) });
    expect(added).toMatchObject({
      status: 201,
      json: { passkey: { name: "Passkey", host: "localhost", works: true, signsIn: true, lastUsedAt: null } },
    });
    expect(added.json.recoveryCodes).toHaveLength(10);
    expect(ada.cookieHeader()).not.toBe(before);
    expect(await factors(ada)).toMatchObject({ provedSecondFactor: true, passwordSuffices: true, recoveryCodes: { left: 10 } });
    const mail = await server.mailTo(ada.email, /passkey was added/);
    expect(mail.text).toContain("the password alone no longer signs you in");

    const second = await addPasskey(ada, device());
    expect(second.json).toMatchObject({ recoveryCodes: null, passkey: { name: "Passkey 2" } });
    const third = await ada.post("/api/v1/me/passkeys/challenge");
    expect(third.json.excludeCredentials).toHaveLength(2);
    expect(third.json.user.id).toBe(started.json.user.id);
  });

  test("needs a recent authentication, and the password is not enough once there is a passkey", async () => {
    const { person } = await signUpWithPasskey(server, "Ben");
    await letAuthenticationAge(server, person);
    expect((await person.post("/api/v1/me/passkeys/challenge")).code).toBe("reauthentication_required");
    const other = httpClient(server.url);
    expect((await other.post("/api/v1/session", { email: person.email, password: PASSWORD })).json.account).toBe(null);
  });

  test.each<[string, Bent]>([
    ["another origin", { origin: "http://localhost.evil.example" }],
    ["the same host on another port", { origin: "http://localhost:1" }],
    ["another RP id", { rpId: "evil.example" }],
    ["the type of a sign-in", { type: "webauthn.get" }],
    ["no presence", { present: false }],
    ["a frame of another site", { crossOrigin: true }],
    ["an id that is too short", { idBytes: 8 }],
    ["an id that is too long", { idBytes: 1_024 }],
  ])("an answer with %s is refused", async (_what, bent) => {
    const cleo = await signUpPerson(server, "Cleo");
    expect(await addPasskey(cleo, device(), bent)).toMatchObject({ status: 401, code: "passkey_refused" });
    expect((await factors(cleo)).passkeys).toEqual([]);
  });

  test("the attestation is not read: its certificates would make the server ask whoever they name", async () => {
    const dan = await signUpPerson(server, "Dan");
    const attestation: Bent["attestation"] = ["packed", new Map([["sig", new Uint8Array(70)]])];
    expect((await addPasskey(dan, device(), { attestation })).status).toBe(201);
  });

  test("text that is no attestation, and texts that are too long, are refused", async () => {
    const eve = await signUpPerson(server, "Eve");
    const { json } = await eve.post("/api/v1/me/passkeys/challenge");
    const passkey = device().create(json);
    const send = (change: object) => eve.post("/api/v1/me/passkeys", { passkey: { ...passkey, ...change } });
    for (const attestationObject of ["", "AAAA", "o2Nm", "n".repeat(4_000)]) {
      expect((await send({ attestationObject })).code).toBe("passkey_refused");
    }
    for (const clientDataJson of ["", "AAAA", Buffer.from("{}").toString("base64url")]) {
      expect((await send({ clientDataJson })).code).toBe("passkey_refused");
    }
    expect((await send({ attestationObject: "A".repeat(8_001) })).code).toBe("invalid_input");
    expect((await send({ clientDataJson: "A".repeat(2_001) })).code).toBe("invalid_input");
    expect((await send({ transports: Array.from({ length: 11 }, () => "usb") })).code).toBe("invalid_input");
    expect((await eve.post("/api/v1/me/passkeys", { passkey, name: " " })).code).toBe("invalid_input");
    expect((await send({})).status).toBe(201);
  });

  test("a challenge can be answered once, in its own session and browser and for its own purpose", async () => {
    const fay = await signUpPerson(server, "Fay");
    const gil = await signUpPerson(server, "Gil");
    const started = (await fay.post("/api/v1/me/passkeys/challenge")).json;
    const again = (await fay.post("/api/v1/session/passkey-challenge")).json;
    const send = (who: HttpClient, challenge: string) =>
      who.post("/api/v1/me/passkeys", { passkey: device().create({ ...started, challenge }) });
    expect((await send(gil, started.challenge)).code).toBe("passkey_expired");
    expect((await send(fay, again.challenge)).code).toBe("passkey_expired");
    expect((await send(fay, "A".repeat(72))).code).toBe("passkey_expired");
    expect((await send(fay, "")).code).toBe("passkey_expired");
    const both = await Promise.all([send(fay, started.challenge), send(fay, started.challenge)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 401]);
    expect((await factors(fay)).passkeys).toHaveLength(1);
  });

  test("a credential that is known already, to whichever account, is refused", async () => {
    const { authenticator } = await signUpWithPasskey(server, "Hal");
    const ida = await signUpPerson(server, "Ida");
    const id = authenticator.credentials[0]?.id ?? Buffer.alloc(0);
    expect(await addPasskey(ida, device(), { id })).toMatchObject({ status: 409, code: "passkey_known" });
    expect(await factors(ida)).toMatchObject({ passkeys: [], recoveryCodes: null });
  });

  test(`an account can have ${MAX_PASSKEYS} passkeys and no more, even if two are added at once`, async () => {
    const { person } = await signUpWithPasskey(server, "Jan");
    await server.database.query(
      `insert into passkeys (passkey_id, account_id, rp_id, credential_id, public_key, sign_count, transports, name, verifies_user)
        select gen_random_uuid(), account_id, rp_id, credential_id || int4send(n), public_key, 0, '{}', 'Copy ' || n, true
        from passkeys, generate_series(1, $2) n where account_id = $1`,
      [person.accountId, MAX_PASSKEYS - 2],
    );
    const [one, two] = await Promise.all([1, 2].map(() => person.post("/api/v1/me/passkeys/challenge")));
    const answers = await Promise.all(
      [one, two].map((started) => person.post("/api/v1/me/passkeys", { passkey: device().create(started?.json) })),
    );
    expect(answers.map(({ code }) => code).toSorted()).toEqual(["too_many_passkeys", undefined]);
    expect((await person.post("/api/v1/me/passkeys/challenge")).code).toBe("too_many_passkeys");
  });
});

describe("signing in with a passkey alone", () => {
  let kim: Person;
  let authenticator: Authenticator;
  beforeAll(async () => ({ person: kim, authenticator } = await signUpWithPasskey(server, "Kim")));

  test("needs no address and no second step, and counts as two factors", async () => {
    const browser = httpClient(server.url);
    const request = await challenge(browser);
    expect(request).toMatchObject({ rpId: "localhost", allowCredentials: [], userVerification: "required" });
    expect(await answer(browser, authenticator.get(request))).toMatchObject({
      status: 200,
      json: { account: { email: kim.email } },
    });
    expect((await me(browser)).status).toBe(200);
    const known = await factors(browser);
    expect(known).toMatchObject({ provedSecondFactor: true, passwordSuffices: true });
    expect(known.passkeys[0].lastUsedAt).not.toBe(null);
    const [session] = await server.database.query(
      "select signed_in_by, password_at from sessions where account_id = $1 order by created_at desc limit 1",
      [kim.accountId],
    );
    expect(session).toEqual({ signed_in_by: "passkey", password_at: null });
  });

  test.each<[string, Bent, string]>([
    ["another origin", { origin: "https://localhost.evil.example" }, "passkey_refused"],
    ["another RP id", { rpId: "evil.example" }, "passkey_refused"],
    ["the type of a registration", { type: "webauthn.create" }, "passkey_refused"],
    ["a signature of another key", { otherKey: true }, "passkey_refused"],
    ["no check of the person", { verified: false }, "passkey_refused"],
    ["no presence", { present: false }, "passkey_refused"],
    ["a frame of another site", { crossOrigin: true }, "passkey_refused"],
    ["no user handle", { userHandle: null }, "passkey_refused"],
    ["another user handle", { userHandle: "AAAAAAAAAAAAAAAAAAAAAA" }, "passkey_refused"],
    ["a challenge that the server did not make", { challenge: Buffer.alloc(54).toString("base64url") }, "passkey_expired"],
  ])("an answer with %s is refused", async (_what, bent, code) => {
    const browser = httpClient(server.url);
    expect(await signInWithPasskey(browser, authenticator, bent)).toMatchObject({ status: 401, code });
    expect((await me(browser)).code).toBe("not_signed_in");
  });

  test("an unknown passkey and a wrong signature get the same answer", async () => {
    const browser = httpClient(server.url);
    const stranger = device();
    stranger.create({ rp: { id: "localhost" }, user: { id: "AAAAAAAAAAAAAAAAAAAAAA" }, challenge: "" });
    const unknown = await signInWithPasskey(browser, stranger);
    const wrong = await signInWithPasskey(browser, authenticator, { otherKey: true });
    expect({ ...unknown.json, requestId: "" }).toEqual({ ...wrong.json, requestId: "" });
  });

  test("a captured answer works neither again nor in another browser, and of eight at once one signs in", async () => {
    const browser = httpClient(server.url);
    const passkey = authenticator.get(await challenge(browser));
    const thief = httpClient(server.url);
    await challenge(thief);
    expect((await answer(thief, passkey)).code).toBe("passkey_expired");
    expect((await answer(httpClient(server.url), passkey)).code).toBe("passkey_expired");
    const copies = Array.from({ length: 8 }, () => {
      const copy = httpClient(server.url);
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
      return copy;
    });
    const answers = await Promise.all(copies.map((copy) => answer(copy, passkey)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401, 401, 401, 401]);
    expect((await answer(browser, passkey)).code).toBe("passkey_expired");
  });

  test("several tabs may wait for a passkey at once", async () => {
    const browser = httpClient(server.url);
    const first = await challenge(browser);
    await challenge(browser);
    expect((await answer(browser, authenticator.get(first))).status).toBe(200);
  });

  test("a challenge works for five minutes", async () => {
    const browser = httpClient(server.url);
    const request = await challenge(browser);
    vi.useFakeTimers({ now: Date.now() + 5 * 60_000 + 1_000, toFake: ["Date"] });
    try {
      expect((await answer(browser, authenticator.get(request))).code).toBe("passkey_expired");
    } finally {
      vi.useRealTimers();
    }
  });

  test("a passkey whose counter does not rise signs in, and the server logs it", async () => {
    const { person, authenticator: counting } = await signUpWithPasskey(server, "Lea", { counter: 7 });
    expect((await signInWithPasskey(httpClient(server.url), counting, { counter: 9 })).status).toBe(200);
    logged.length = 0;
    expect((await signInWithPasskey(httpClient(server.url), counting, { counter: 8 })).status).toBe(200);
    expect(logged.join("")).toContain("counter did not rise");
    expect(logged.join("")).toContain(person.accountId);
    const [row] = await server.database.query("select sign_count from passkeys where account_id = $1", [person.accountId]);
    expect(row).toEqual({ sign_count: "9" });
  });

  test("a passkey that was removed no longer works", async () => {
    const { person, authenticator: lost, passkeyId } = await signUpWithPasskey(server, "Max");
    expect((await person.delete(`/api/v1/me/passkeys/${passkeyId}`)).status).toBe(204);
    expect((await signInWithPasskey(httpClient(server.url), lost)).code).toBe("passkey_refused");
  });

  test("wrong passwords and forged passkeys of strangers keep nobody from signing in with a passkey", async () => {
    const { person, authenticator: own } = await signUpWithPasskey(server, "Nia");
    const from = (address: string, path: string, body: object, browser = httpClient(server.url)) =>
      browser.send("POST", path, { body, headers: { "x-forwarded-for": address } });
    for (let guess = 0; guess < 12; guess++) {
      await from("198.51.100.7", "/api/v1/session", { email: person.email, password: "a wrong password" });
    }
    const right = { email: person.email, password: PASSWORD };
    expect((await from("198.51.100.7", "/api/v1/session", right)).code).toBe("rate_limited");
    const attacker = httpClient(server.url);
    for (let guess = 0; guess < 60; guess++) {
      const passkey = own.get(await challenge(attacker), { otherKey: true });
      expect((await from("198.51.100.7", "/api/v1/session/passkey", { passkey }, attacker)).code).toBe("passkey_refused");
    }
    const browser = httpClient(server.url);
    const passkey = own.get(await challenge(browser));
    expect((await from("198.51.100.7", "/api/v1/session/passkey", { passkey }, browser)).status).toBe(200);
    // Nor from signing in with the password.
    expect((await from("203.0.113.9", "/api/v1/session", right)).status).toBe(200);
  });

  test("answers that are too long are refused before any work", async () => {
    const browser = httpClient(server.url);
    const passkey = authenticator.get(await challenge(browser));
    for (const [field, length] of [
      ["credentialId", 1_365],
      ["clientDataJson", 2_001],
      ["authenticatorData", 2_001],
      ["signature", 1_001],
      ["userHandle", 87],
    ] as const) {
      expect((await answer(browser, { ...passkey, [field]: "A".repeat(length) })).code).toBe("invalid_input");
    }
    for (const field of ["authenticatorData", "signature"]) {
      expect((await answer(browser, { ...passkey, [field]: "" })).code).toBe("passkey_refused");
    }
  });
});

describe("the list of passkeys", () => {
  test("a passkey is renamed and removed by its owner alone", async () => {
    const { person, passkeyId } = await signUpWithPasskey(server, "Ola");
    const { person: other } = await signUpWithPasskey(server, "Pia");
    const path = `/api/v1/me/passkeys/${passkeyId}`;
    expect((await other.patch(path, { name: "Mine" })).code).toBe("not_found");
    expect((await other.delete(path)).code).toBe("not_found");
    expect((await person.patch(path, { name: "  My phone " })).status).toBe(204);
    expect((await factors(person)).passkeys).toMatchObject([{ name: "My phone" }]);
    await letAuthenticationAge(server, person);
    expect((await person.delete(path)).code).toBe("reauthentication_required");
  });

  test("removing the last second factor removes the recovery codes and the session's proofs; while another factor is left they stay", async () => {
    const { person, passkeyId } = await signUpWithPasskey(server, "Quin");
    const second = await addPasskey(person, device());
    expect((await person.delete(`/api/v1/me/passkeys/${passkeyId}`)).status).toBe(204);
    expect(await factors(person)).toMatchObject({ recoveryCodes: { left: 10 }, provedSecondFactor: true });
    expect((await person.delete(`/api/v1/me/passkeys/${second.json.passkey.passkeyId}`)).status).toBe(204);
    await server.mailTo(person.email, /A passkey was removed/);
    expect((await server.mailTo(person.email, /last passkey was removed/)).text).toContain("Two-step verification is off now");
    expect(await factors(person)).toEqual({
      totp: null,
      recoveryCodes: null,
      passkeys: [],
      provedSecondFactor: false,
      passwordSuffices: true,
    });
    await signIn(server, person.email);
  });

  test("passkeys of an earlier public URL are dead: listed, not usable, and still asked for after the password", async () => {
    const { person, authenticator, codes } = await signUpWithPasskey(server, "Rob");
    await server.database.query("update passkeys set rp_id = 'old.example' where account_id = $1", [person.accountId]);
    expect((await factors(person)).passkeys).toMatchObject([{ host: "old.example", works: false }]);
    expect((await signInWithPasskey(httpClient(server.url), authenticator)).code).toBe("passkey_refused");
    const browser = httpClient(server.url);
    const first = await browser.post("/api/v1/session", { email: person.email, password: PASSWORD });
    expect(first.json).toEqual({ account: null, secondStep: { totp: false, passkey: false } });
    expect((await browser.post("/api/v1/session/second-step/passkey-challenge")).code).toBe("not_found");
    expect((await browser.post("/api/v1/session/second-step", { code: codes[0] })).status).toBe(200);
    expect((await browser.post("/api/v1/me/passkeys/challenge")).json.excludeCredentials).toEqual([]);
  });
});

test("nobody learns whether an address has an account or a passkey", async () => {
  const { person } = await signUpWithPasskey(server, "Sue");
  const ask = async (email: string) => {
    const { json } = await httpClient(server.url).post("/api/v1/session", { email, password: "a wrong password" });
    return { ...json, requestId: "" };
  };
  expect(await ask(person.email)).toEqual(await ask(freshEmail("nobody")));
});
