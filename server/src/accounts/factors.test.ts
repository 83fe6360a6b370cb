/** Second factors on the real server: set up, sign in with them, use each code once, remove them. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { enrol, makeApp, timeForCodes } from "../testing/factors.ts";
import { type HttpClient, httpClient } from "../testing/http.ts";
import {
  cookieName,
  freshEmail,
  letAuthenticationAge,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  tokenOf,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer({ trustProxy: "127.0.0.1" });

beforeEach(() => timeForCodes());

const NO_FACTORS = { totp: null, recoveryCodes: null, passkeys: [], provedSecondFactor: false, passwordSuffices: true };

const me = (browser: HttpClient) => browser.get("/api/v1/me");
const finish = (browser: HttpClient, code: string) => browser.post("/api/v1/session/second-step", { code });
const confirm = (browser: HttpClient, code: string) => browser.send("PUT", "/api/v1/me/totp", { body: { code } });
const sessionToken = (browser: HttpClient) => browser.cookies.get(`whoot-session-${new URL(server.url).port}`);

/** A browser that has entered the password and is asked for a code. */
async function askedForCode(email: string): Promise<HttpClient> {
  const browser = httpClient(server.url);
  const answer = await browser.post("/api/v1/session", { email, password: PASSWORD });
  expect(answer).toMatchObject({ status: 200, json: { account: null } });
  return browser;
}

/** Lets a test use more than one code within 30 seconds. */
const allowCodesAgain = ({ accountId }: Person) =>
  server.database.query("update totp_factors set last_step = 0 where account_id = $1", [accountId]);

describe("signing in with an authenticator app", () => {
  let ada: Person;
  let app: ReturnType<typeof makeApp>;
  beforeAll(async () => {
    ada = await signUpPerson(server, "Ada");
    ({ app } = await enrol(ada));
  });

  test("the right password alone gives no session; the code after it does", async () => {
    await allowCodesAgain(ada);
    const browser = await askedForCode(ada.email);
    expect((await me(browser)).code).toBe("not_signed_in");
    expect(await finish(browser, app.code())).toMatchObject({ status: 200, json: { account: { email: ada.email } } });
    expect((await me(browser)).status).toBe(200);
    // The waiting sign-in is over.
    expect((await finish(browser, app.code())).code).toBe("sign_in_expired");
  });

  test("the code may be typed with a space", async () => {
    await allowCodesAgain(ada);
    const code = app.code();
    expect((await finish(await askedForCode(ada.email), `${code.slice(0, 3)} ${code.slice(3)}`)).status).toBe(200);
  });

  test("a code works once: the same code and earlier ones are refused", async () => {
    await allowCodesAgain(ada);
    expect((await finish(await askedForCode(ada.email), app.code())).status).toBe(200);
    const browser = await askedForCode(ada.email);
    expect(await finish(browser, app.code())).toMatchObject({ status: 401, code: "wrong_code" });
    expect((await finish(browser, app.code(-1))).code).toBe("wrong_code");
    expect((await me(browser)).code).toBe("not_signed_in");
  });

  test("of eight browsers that send one code at once, one is signed in", async () => {
    await allowCodesAgain(ada);
    const browsers = await Promise.all(Array.from({ length: 8 }, () => askedForCode(ada.email)));
    const code = app.code();
    const answers = await Promise.all(browsers.map((browser) => finish(browser, code)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401, 401, 401, 401]);
  });

  test("a code ahead of the time, and one of two steps ago, are refused", async () => {
    await allowCodesAgain(ada);
    const browser = await askedForCode(ada.email);
    // Two steps ahead, because the next step may begin during this test.
    for (const steps of [2, -2, -3]) expect((await finish(browser, app.code(steps))).code).toBe("wrong_code");
  });

  test("without the cookie of the first step, or with a forged one, a right code signs nobody in", async () => {
    await allowCodesAgain(ada);
    const browser = httpClient(server.url);
    expect(await finish(browser, app.code())).toMatchObject({ status: 401, code: "sign_in_expired" });
    const name = `whoot-second-step-${new URL(server.url).port}`;
    const cookie = (await askedForCode(ada.email)).cookies.get(name) ?? "";
    for (const forged of ["x", "x".repeat(2_000), `${cookie.slice(0, -2)}AA`]) {
      browser.cookies.set(name, forged);
      expect((await finish(browser, app.code())).code).toBe("sign_in_expired");
    }
  });

  test("a sign-in that waits for its code ends when the password changes", async () => {
    await allowCodesAgain(ada);
    const browser = await askedForCode(ada.email);
    const body = { currentPassword: PASSWORD, newPassword: PASSWORD };
    expect((await ada.send("PUT", "/api/v1/me/password", { body })).status).toBe(204);
    expect((await finish(browser, app.code())).code).toBe("sign_in_expired");
  });

  test("a password reset keeps the second factor: no session begins before the code", async () => {
    // Nobody else's wrong codes count against her.
    const rosa = await signUpPerson(server, "Rosa");
    const { app: ownApp } = await enrol(rosa);
    const browser = httpClient(server.url);
    await browser.post("/api/v1/accounts/password-reset-mail", { email: rosa.email });
    const token = tokenOf((await server.mailTo(rosa.email, /Choose a new password/)).link);
    const reset = await browser.post("/api/v1/accounts/password-reset", { token, password: PASSWORD });
    expect(reset).toMatchObject({ status: 200, json: { account: null } });
    expect((await me(browser)).code).toBe("not_signed_in");
    expect(await finish(browser, ownApp.code())).toMatchObject({ status: 200 });
    expect((await me(browser)).status).toBe(200);
  });
});

describe("setting up an authenticator app", () => {
  test("the code that confirms it is used up, and a wrong one changes nothing", async () => {
    const ben = await signUpPerson(server, "Ben");
    const { secret, uri } = (await ben.post("/api/v1/me/totp-enrolment")).json;
    expect(uri).toContain(`secret=${secret}`);
    const app = makeApp(secret);
    expect((await confirm(ben, app.code(3))).code).toBe("wrong_code");
    expect((await ben.get("/api/v1/me/factors")).json).toEqual(NO_FACTORS);
    const before = sessionToken(ben);
    const { recoveryCodes } = (await confirm(ben, app.code())).json;
    expect(recoveryCodes).toHaveLength(10);
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/);
    expect(sessionToken(ben)).not.toBe(before);
    expect((await ben.get("/api/v1/me/factors")).json).toMatchObject({ recoveryCodes: { left: 10 }, provedSecondFactor: true });
    expect((await finish(await askedForCode(ben.email), app.code())).code).toBe("wrong_code");
    await server.mailTo(ben.email, /Two-step verification is on/);
  });

  test("a new app replaces the old one only once it is confirmed, and the recovery codes stay", async () => {
    const cleo = await signUpPerson(server, "Cleo");
    const { app: old, recoveryCodes } = await enrol(cleo);
    const { secret } = (await cleo.post("/api/v1/me/totp-enrolment")).json;
    expect((await finish(await askedForCode(cleo.email), old.code())).status).toBe(200);
    const app = makeApp(secret);
    expect((await confirm(cleo, app.code(-1))).json).toEqual({ recoveryCodes: null });
    await server.mailTo(cleo.email, /app was replaced/);
    await allowCodesAgain(cleo);
    const browser = await askedForCode(cleo.email);
    expect((await finish(browser, old.code())).code).toBe("wrong_code");
    expect(await finish(browser, app.code())).toMatchObject({ status: 200 });
    expect((await finish(await askedForCode(cleo.email), recoveryCodes[0] ?? "")).status).toBe(200);
  });

  test("of two confirmations at once with one code, only one succeeds", async () => {
    const dan = await signUpPerson(server, "Dan");
    const app = makeApp((await dan.post("/api/v1/me/totp-enrolment")).json.secret);
    const answers = await Promise.all([confirm(dan, app.code()), confirm(dan, app.code())]);
    expect(answers.map(({ status }) => status).toSorted()[0]).toBe(200);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("a set-up that waited for more than 30 minutes must start again", async () => {
    const eve = await signUpPerson(server, "Eve");
    const app = makeApp((await eve.post("/api/v1/me/totp-enrolment")).json.secret);
    await server.database.query("update pending_totp_factors set created_at = now() - interval '31 minutes'");
    expect(await confirm(eve, app.code())).toMatchObject({ status: 410, code: "enrolment_expired" });
  });

  test("the database holds neither the secret nor a recovery code", async () => {
    const fay = await signUpPerson(server, "Fay");
    const { secret } = (await fay.post("/api/v1/me/totp-enrolment")).json;
    const { recoveryCodes } = (await confirm(fay, makeApp(secret).code())).json;
    const rows = JSON.stringify(
      await server.database.query(
        "select t::text as row from totp_factors t union all select s::text from recovery_code_sets s union all select c::text from recovery_codes c",
      ),
    );
    for (const code of recoveryCodes as string[]) expect(rows).not.toContain(Buffer.from(code.replace("-", "")).toString("hex"));
    expect(rows).not.toContain(secret);
  });
});

describe("recovery codes", () => {
  test("each signs in once, typed in any case, and the mail says how many are left", async () => {
    const gio = await signUpPerson(server, "Gio");
    const { recoveryCodes } = await enrol(gio);
    const [code = ""] = recoveryCodes;
    expect((await finish(await askedForCode(gio.email), code.toLowerCase())).status).toBe(200);
    expect((await server.mailTo(gio.email, /recovery code of your account was used/)).text).toContain("You have 9 left.");
    expect((await finish(await askedForCode(gio.email), code)).code).toBe("wrong_code");
    expect((await gio.get("/api/v1/me/factors")).json.recoveryCodes.left).toBe(9);
  });

  test("recovery codes work when the app's secret was sealed with another master key, and the app's code is refused with a sentence", async () => {
    const una = await signUpPerson(server, "Una");
    const { app, recoveryCodes } = await enrol(una);
    await server.database.query(
      "update totp_factors set secret_sealed = sha256(secret_sealed), last_step = 0 where account_id = $1",
      [una.accountId],
    );
    const refused = await finish(await askedForCode(una.email), app.code());
    expect(refused).toMatchObject({
      status: 401,
      code: "wrong_code",
      json: { detail: expect.stringContaining("Use a recovery code") },
    });
    expect((await finish(await askedForCode(una.email), recoveryCodes[0] ?? "")).status).toBe(200);
  });

  test("of four browsers that send one code at once, one is signed in", async () => {
    const hal = await signUpPerson(server, "Hal");
    const { recoveryCodes } = await enrol(hal);
    const browsers = await Promise.all(Array.from({ length: 4 }, () => askedForCode(hal.email)));
    const answers = await Promise.all(browsers.map((browser) => finish(browser, recoveryCodes[1] ?? "")));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401]);
  });

  test("new recovery codes replace the old ones, and a mail says so", async () => {
    const ida = await signUpPerson(server, "Ida");
    const { recoveryCodes: old } = await enrol(ida);
    const { recoveryCodes } = (await ida.post("/api/v1/me/recovery-codes")).json;
    await server.mailTo(ida.email, /new recovery codes/);
    expect((await finish(await askedForCode(ida.email), old[0] ?? "")).code).toBe("wrong_code");
    expect((await finish(await askedForCode(ida.email), recoveryCodes[0])).status).toBe(200);
  });

  test("there are no recovery codes without an authenticator app", async () => {
    const jan = await signUpPerson(server, "Jan");
    expect((await jan.post("/api/v1/me/recovery-codes")).code).toBe("not_found");
  });
});

describe("authenticating again", () => {
  const again = (browser: HttpClient, body: object) => browser.post("/api/v1/session/authentication", body);

  test("is needed after five minutes to change factors, by password; the session gets a new token and the old one stops working", async () => {
    const kim = await signUpPerson(server, "Kim");
    await letAuthenticationAge(server, kim);
    expect(await kim.post("/api/v1/me/totp-enrolment")).toMatchObject({ status: 403, code: "reauthentication_required" });
    const thief = httpClient(server.url);
    for (const [name, value] of kim.cookies) thief.cookies.set(name, value);
    const [before] = await server.database.query("select session_id from sessions where account_id = $1", [kim.accountId]);
    expect((await again(kim, { password: "not the password" })).code).toBe("wrong_credentials");
    expect((await again(kim, {})).code).toBe("invalid_input");
    expect((await again(kim, { password: PASSWORD })).status).toBe(204);
    expect((await me(thief)).code).toBe("not_signed_in");
    expect(await server.database.query("select session_id from sessions where account_id = $1", [kim.accountId])).toEqual([
      before,
    ]);
    expect((await kim.post("/api/v1/me/totp-enrolment")).status).toBe(200);
  });

  test("a session that has proved a second factor may use the password, a code or a recovery code", async () => {
    const lea = await signUpPerson(server, "Lea");
    const { app, recoveryCodes } = await enrol(lea);
    for (const body of [{ password: PASSWORD }, { code: app.code() }, { code: recoveryCodes[0] }]) {
      await letAuthenticationAge(server, lea);
      expect((await lea.post("/api/v1/me/recovery-codes")).code).toBe("reauthentication_required");
      expect((await again(lea, body)).status).toBe(204);
    }
    expect((await again(lea, { code: app.code() })).code).toBe("wrong_code");
    expect((await lea.post("/api/v1/me/recovery-codes")).status).toBe(200);
  });

  test("a session from before the second factor needs a code to change factors; the password is not enough", async () => {
    const max = await signUpPerson(server, "Max");
    const other = await signIn(server, max.email);
    const { app } = await enrol(max);
    expect((await other.delete("/api/v1/me/totp")).code).toBe("reauthentication_required");
    expect((await again(other, { password: PASSWORD })).code).toBe("reauthentication_required");
    expect((await again(other, { code: app.code() })).status).toBe(204);
    expect((await other.delete("/api/v1/me/totp")).status).toBe(204);
  });
});

describe("turning two-step verification off", () => {
  test("removes the app, the recovery codes and the sessions' proofs, and a mail says so", async () => {
    const nia = await signUpPerson(server, "Nia");
    const { recoveryCodes } = await enrol(nia);
    expect((await nia.delete("/api/v1/me/totp")).status).toBe(204);
    await server.mailTo(nia.email, /Two-step verification is off/);
    expect((await nia.get("/api/v1/me/factors")).json).toEqual(NO_FACTORS);
    await signIn(server, nia.email);
    expect((await nia.delete("/api/v1/me/totp")).code).toBe("not_found");
    expect(recoveryCodes).toHaveLength(10);
  });

  test("lets the person end every other session and keep this one", async () => {
    const ola = await signUpPerson(server, "Ola");
    const other = await signIn(server, ola.email);
    expect((await ola.delete("/api/v1/me/other-sessions")).status).toBe(204);
    expect((await me(other)).code).toBe("not_signed_in");
    expect((await me(ola)).status).toBe(200);
  });
});

test("an attacker who knows the password and guesses codes does not keep the person out of a known browser", async () => {
  const pia = await signUpPerson(server, "Pia");
  const { app } = await enrol(pia);
  const from = (address: string, browser: HttpClient, code: string) =>
    browser.send("POST", "/api/v1/session/second-step", { body: { code }, headers: { "x-forwarded-for": address } });
  const attacker = await askedForCode(pia.email);
  const statuses: number[] = [];
  for (let guess = 0; guess < 60; guess++) statuses.push((await from(`198.51.100.${guess % 11}`, attacker, app.code(5))).status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(50);
  expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  const stranger = await askedForCode(pia.email);
  expect((await from("203.0.113.1", stranger, app.code())).status).toBe(429);

  const known = httpClient(server.url);
  const name = cookieName(server, "whoot-device");
  known.cookies.set(name, pia.cookies.get(name) ?? "");
  await known.post("/api/v1/session", { email: pia.email, password: PASSWORD });
  expect((await from("203.0.113.2", known, app.code())).status).toBe(200);
});

test("an unknown address and a wrong password get the same answer whether or not the account has a second factor", async () => {
  const quinn = await signUpPerson(server, "Quinn");
  await enrol(quinn);
  const browser = httpClient(server.url);
  const answers = await Promise.all(
    [quinn.email, freshEmail("nobody")].map((email) => browser.post("/api/v1/session", { email, password: "wrong password" })),
  );
  for (const answer of answers) expect(answer).toMatchObject({ status: 401, code: "wrong_credentials" });
  expect(browser.cookies.size).toBe(0);
});
