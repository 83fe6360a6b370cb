/** Strangers who guess passwords or flood the sign-in must not keep the mailbox's owner out. */
import { beforeAll, expect, test } from "vitest";
import { type HttpClient, httpClient } from "../testing/http.ts";
import { cookieName, freshEmail, PASSWORD, type Person, signUpPerson, tokenOf } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

// Each test hashes more than fifty passwords.
const server = useServer({ trustProxy: "127.0.0.1" });
let ada: Person;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
});

function from(address: string, client: HttpClient, email: string, password: string) {
  return client.send("POST", "/api/v1/session", { body: { email, password }, headers: { "x-forwarded-for": address } });
}

/** A browser that has only the person's device cookie. */
function knownBrowserOf(person: HttpClient): HttpClient {
  const browser = httpClient(server.url);
  const name = cookieName(server, "whoot-device");
  browser.cookies.set(name, person.cookies.get(name) ?? "");
  return browser;
}

/** Tries sixty wrong passwords from eleven IP addresses. @returns the number of answers with each status */
async function attack(email: string): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (let guess = 0; guess < 60; guess++) {
    const { status } = await from(`198.51.100.${guess % 11}`, httpClient(server.url), email, `guess ${guess} of many`);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

test("while strangers guess a password, the account's owner signs in from a known browser, or from a new one by a mailed link", async () => {
  const unknown = freshEmail("nobody");
  for (const email of [unknown, ada.email]) expect(await attack(email)).toEqual({ 401: 50, 429: 10 });

  expect((await from("203.0.113.1", knownBrowserOf(ada), ada.email, PASSWORD)).status).toBe(200);
  const elsewhere = httpClient(server.url);
  const refused = await from("203.0.113.2", elsewhere, ada.email, PASSWORD);
  expect(refused).toMatchObject({ status: 429, code: "rate_limited" });
  expect(refused.json.detail).toMatch(/reset your password/);

  await elsewhere.post("/api/v1/accounts/password-reset-mail", { email: ada.email });
  const token = tokenOf((await server.mailTo(ada.email, /new password/)).link);
  expect((await elsewhere.post("/api/v1/accounts/password-reset", { token, password: PASSWORD })).status).toBe(200);
  expect((await elsewhere.get("/api/v1/me")).json.account.email).toBe(ada.email);
  // That browser is known from now on. The browser from before the reset is a stranger's.
  expect((await from("203.0.113.2", knownBrowserOf(elsewhere), ada.email, PASSWORD)).status).toBe(200);
  expect((await from("203.0.113.1", knownBrowserOf(ada), ada.email, PASSWORD)).status).toBe(429);
});

test("a device cookie helps only its own account, and its guesses are limited too", async () => {
  const [eve, ben] = [await signUpPerson(server, "Eve"), await signUpPerson(server, "Ben")];
  await attack(ben.email);
  expect((await from("203.0.113.3", knownBrowserOf(eve), ben.email, PASSWORD)).status).toBe(429);
  const browser = knownBrowserOf(ben);
  for (let guess = 0; guess < 10; guess++) {
    expect((await from(`203.0.113.${guess}`, browser, ben.email, "a wrong guess")).status).toBe(401);
  }
  expect((await from("203.0.113.200", browser, ben.email, "a wrong guess")).status).toBe(429);
});

test("with 200 strangers signing in at once, the excess gets 503 and a known browser is served before the last of them", async () => {
  const cleo = await signUpPerson(server, "Cleo");
  let answered = 0;
  const crowd = Array.from({ length: 200 }, async (_, index) => {
    const answer = await from(`192.0.2.${index % 250}`, httpClient(server.url), freshEmail("flood"), "a wrong guess");
    answered += 1;
    return answer;
  });
  // The first refusal shows that the queue is full.
  await Promise.race(crowd.map(async (answer) => ((await answer).status === 503 ? null : new Promise(() => {}))));
  const mine = await from("203.0.113.9", knownBrowserOf(cleo), cleo.email, PASSWORD);
  expect(mine.status).toBe(200);
  const [answeredBefore, answers] = [answered, await Promise.all(crowd)];
  const compared = answers.filter(({ status }) => status === 401).length;
  const refused = answers.filter(({ status }) => status === 503);
  expect(compared + refused.length).toBe(200);
  expect(answeredBefore).toBeLessThan(200);
  expect(refused[0]).toMatchObject({ code: "unavailable", headers: { "retry-after": "3" } });
  expect(refused[0]?.json.detail).toMatch(/Too many people are signing in/);
});

test("many browsers that sign in to one account at once share the hashing places of one person", async () => {
  const dan = await signUpPerson(server, "Dan");
  const browsers: HttpClient[] = [];
  for (let host = 0; host < 12; host++) {
    const browser = httpClient(server.url);
    expect((await from(`203.0.113.${host}`, browser, dan.email, PASSWORD)).status).toBe(200);
    browsers.push(browser);
  }
  const answers = await Promise.all(
    browsers.flatMap((browser) => [1, 2, 3].map(() => from("203.0.113.9", browser, dan.email, PASSWORD))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
});
