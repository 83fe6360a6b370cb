import { expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { freshEmail, PASSWORD, signUpPerson, tokenOf } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer({ url: "https://voice.example.com", secureCookies: true, loopbackOnly: false, trustProxy: "127.0.0.1" });

test("behind https, cookies have the prefix __Host- and Secure, and only the public address is the same origin", async () => {
  const browser = httpClient(server.url);
  const email = freshEmail("ada");
  const signUp = (origin: string) =>
    browser.send("POST", "/api/v1/accounts", { body: { email, name: "Ada", password: PASSWORD }, headers: { origin } });
  expect((await signUp(server.url)).code).toBe("cross_site");
  const answer = await signUp("https://voice.example.com");
  expect(answer.status).toBe(202);
  expect(answer.headers["set-cookie"]?.[0]).toMatch(/^__Host-whoot-sign-up=.*Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  expect(answer.headers["strict-transport-security"]).toMatch(/max-age=31536000/);

  // The API shows no outbox on a server that others can reach; the operator reads the folder.
  expect((await browser.get("/api/v1/outbox")).code).toBe("not_found");
  const { link } = await server.mailTo(email);
  expect(link).toMatch(/^https:\/\/voice\.example\.com\/verify#/);
  const verified = await browser.post("/api/v1/accounts/verification", { token: tokenOf(link) });
  expect(verified.headers["set-cookie"]?.[0]).toMatch(/^__Host-whoot-session=.*Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  // A cookie without the prefix could have been planted by another site.
  const value = browser.cookies.get("__Host-whoot-session") ?? "";
  const planted = httpClient(server.url);
  planted.cookies.set("whoot-session", value);
  planted.cookies.set(`whoot-session-${server.config.port}`, value);
  expect((await planted.get("/api/v1/me")).code).toBe("not_signed_in");
  expect((await browser.get("/api/v1/me")).status).toBe(200);
});

const [one, other] = [useServer(), useServer()];

test("two servers on one machine share a browser, and signing in to one leaves the other signed in", async () => {
  const person = await signUpPerson(one, "Ada");
  const elsewhere = await signUpPerson(other, "Ada");
  // A browser keeps one set of cookies for the host name, whatever the port.
  const both = [httpClient(one.url), httpClient(other.url)];
  for (const browser of both) {
    for (const [name, value] of [...person.cookies, ...elsewhere.cookies]) browser.cookies.set(name, value);
  }
  const emails = await Promise.all(both.map(async (browser) => (await browser.get("/api/v1/me")).json.account.email));
  expect(emails).toEqual([person.email, elsewhere.email]);
});
