import { beforeAll, describe, expect, test, vi } from "vitest";
import { httpClient } from "../testing/http.ts";
import { cookieName, freshEmail, PASSWORD, type Person, signIn, signUpPerson, tokenOf } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

/** Counts argon2's verifications, which an unknown address must cost too. */
const verifications = vi.hoisted(() => ({ count: 0 }));
vi.mock("@node-rs/argon2", async (original) => {
  const real = await original<typeof import("@node-rs/argon2")>();
  return { ...real, verify: (...args: Parameters<typeof real.verify>) => (verifications.count++, real.verify(...args)) };
});

const server = useServer();
let ada: Person;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
});

const session = () => cookieName(server, "whoot-session");
const signUp = (email: string, browser = httpClient(server.url)) =>
  browser.post("/api/v1/accounts", { email, name: "Somebody", password: PASSWORD });
const accounts = (email: string) => server.database.query("select 1 from accounts where email = $1", [email]);

describe("signing up", () => {
  test("gives the same answer for a new address as for one with an account, whose owner gets a mail", async () => {
    const [fresh, existing] = [await signUp(freshEmail("new")), await signUp(ada.email.toUpperCase())];
    const visible = ({ status, text, headers }: typeof fresh) => ({ status, text, names: Object.keys(headers).sort() });
    expect(visible(fresh)).toEqual(visible(existing));
    expect(fresh.json).toEqual({ signedIn: false });
    expect((await server.mailTo(ada.email)).subject).toMatch(/already have/);
    expect(await accounts(ada.email)).toHaveLength(1);
  });

  test("creates no account until the mailed link is opened, and the link works once", async () => {
    const email = freshEmail("bea");
    const browser = httpClient(server.url);
    await signUp(email, browser);
    expect(await accounts(email)).toHaveLength(0);
    expect(browser.cookies.has(session())).toBe(false);
    const token = tokenOf((await server.mailTo(email)).link);
    const [first, second] = await Promise.all([1, 2].map(() => browser.post("/api/v1/accounts/verification", { token })));
    expect([first?.status, second?.status].sort()).toEqual([200, 410]);
    expect(await browser.post("/api/v1/accounts/verification", { token })).toMatchObject({ status: 410, code: "link_used" });
    expect(await accounts(email)).toHaveLength(1);
  });

  test("in another browser the confirmation link asks for the password and refuses a wrong one", async () => {
    const email = freshEmail("cleo");
    await signUp(email);
    const token = tokenOf((await server.mailTo(email)).link);
    const other = httpClient(server.url);
    const open = (password?: string) => other.post("/api/v1/accounts/verification", { token, ...(password ? { password } : {}) });
    expect(await open()).toMatchObject({ status: 403, code: "password_required" });
    expect(await open("another password")).toMatchObject({ status: 401, code: "wrong_credentials" });
    expect(await accounts(email)).toHaveLength(0);
    expect(await open(PASSWORD)).toMatchObject({ status: 200, json: { account: { email } } });
  });

  test("a stranger who signs up with my address gets no account, whether or not I open the mailed link", async () => {
    const email = freshEmail("dan");
    const stranger = httpClient(server.url);
    await stranger.post("/api/v1/accounts", { email, name: "Evil", password: "the stranger's own" });
    const token = tokenOf((await server.mailTo(email)).link);
    // Opening the link does nothing without the stranger's password.
    expect((await httpClient(server.url).post("/api/v1/accounts/verification", { token })).code).toBe("password_required");
    const mine = await signUpPerson(server, "Dan", email);
    expect((await mine.get("/api/v1/me")).json.account.name).toBe("Dan");
    expect((await stranger.post("/api/v1/session", { email, password: "the stranger's own" })).status).toBe(401);
    expect((await stranger.post("/api/v1/accounts/verification", { token })).code).toBe("link_used");
  });

  test("a confirmation link answers link_expired when expired, not_found when unknown, invalid_input when malformed", async () => {
    const email = freshEmail("eve");
    const browser = httpClient(server.url);
    await signUp(email, browser);
    const token = tokenOf((await server.mailTo(email)).link);
    await server.database.query("update sign_ups set expires_at = now() - interval '1 second' where email = $1", [email]);
    expect(await browser.post("/api/v1/accounts/verification", { token })).toMatchObject({ status: 410, code: "link_expired" });
    expect((await browser.post("/api/v1/accounts/verification", { token: "x".repeat(43) })).code).toBe("not_found");
    expect((await browser.post("/api/v1/accounts/verification", { token: "x" })).code).toBe("invalid_input");
  });

  test("another confirmation mail has a new link, and the answer is the same for any address", async () => {
    const email = freshEmail("fay");
    const browser = httpClient(server.url);
    await signUp(email, browser);
    const old = tokenOf((await server.mailTo(email)).link);
    const again = await browser.post("/api/v1/accounts/verification-mail", { email });
    const unknown = await browser.post("/api/v1/accounts/verification-mail", { email: freshEmail("none") });
    expect([again.status, again.text]).toEqual([unknown.status, unknown.text]);
    const token = tokenOf((await server.mailTo(email)).link);
    expect((await browser.post("/api/v1/accounts/verification", { token: old })).code).toBe("not_found");
    expect((await browser.post("/api/v1/accounts/verification", { token })).status).toBe(200);
  });
});

describe("signing in", () => {
  test("a wrong password and an unknown address get the same answer after the same work", async () => {
    const browser = httpClient(server.url);
    const attempts = [];
    for (const email of [ada.email, freshEmail("unknown")]) {
      const before = verifications.count;
      const { status, json, headers } = await browser.post("/api/v1/session", { email, password: "wrong password" });
      attempts.push({
        status,
        json: { ...json, requestId: "" },
        names: Object.keys(headers).sort(),
        work: verifications.count - before,
      });
    }
    expect(attempts[0]).toEqual(attempts[1]);
    expect(attempts[0]).toMatchObject({ status: 401, json: { code: "wrong_credentials" }, work: 1 });
  });

  test("accepts the email address in any case, and the password in any Unicode normalization form", async () => {
    const email = freshEmail("gio");
    const browser = httpClient(server.url);
    await browser.post("/api/v1/accounts", { email, name: "Gio", password: "crème brûlée forever".normalize("NFD") });
    await browser.post("/api/v1/accounts/verification", { token: tokenOf((await server.mailTo(email)).link) });
    await signIn(server, email.toUpperCase(), "crème brûlée forever".normalize("NFC"));
  });

  test("answers 429 with Retry-After once ten guesses for one email address have failed; other addresses are unaffected", async () => {
    const email = freshEmail("target");
    const browser = httpClient(server.url);
    const attempt = (to: string) => browser.post("/api/v1/session", { email: to, password: "guess" });
    for (let count = 0; count < 10; count++) expect((await attempt(email)).status).toBe(401);
    const limited = await attempt(email.toUpperCase());
    expect(limited).toMatchObject({ status: 429, code: "rate_limited" });
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
    expect(limited.json.retryAfter).toBe(Number(limited.headers["retry-after"]));
    expect((await attempt(freshEmail("else"))).status).toBe(401);
  });
});

describe("a session", () => {
  test("ends on the server at sign-out, while the person's other sessions go on", async () => {
    const [here, there] = [await signIn(server, ada.email), await signIn(server, ada.email)];
    const stolen = httpClient(server.url);
    stolen.cookies.set(session(), here.cookies.get(session()) ?? "");
    expect((await stolen.get("/api/v1/me")).status).toBe(200);
    expect((await here.delete("/api/v1/session")).status).toBe(204);
    expect(here.cookies.has(session())).toBe(false);
    expect((await stolen.get("/api/v1/me")).code).toBe("not_signed_in");
    expect((await there.get("/api/v1/me")).status).toBe(200);
    expect((await here.delete("/api/v1/session")).status).toBe(204);
  });

  test("is an HttpOnly, SameSite cookie, and the database has only its hash", async () => {
    const answer = await httpClient(server.url).post("/api/v1/session", { email: ada.email, password: PASSWORD });
    const [cookie = ""] = answer.headers["set-cookie"] as string[];
    expect(cookie).toMatch(/^whoot-session-\d+=[\w-]{43}; /);
    for (const attribute of ["HttpOnly", "SameSite=Lax", "Path=/"]) expect(cookie).toContain(attribute);
    expect(cookie).not.toMatch(/Domain|Secure/);
    expect(answer.headers["cache-control"]).toBe("no-store");
    const token = /=([\w-]{43})/.exec(cookie)?.[1] ?? "";
    const rows = await server.database.query<{ row: string }>("select s::text as row from sessions s");
    expect(rows.some(({ row }) => row.includes(token) || row.includes(Buffer.from(token).toString("hex")))).toBe(false);
  });

  test("is refused once it has expired, and so is a token that was never issued", async () => {
    const browser = await signIn(server, ada.email);
    await server.database.query("update sessions set expires_at = now() - interval '1 second'");
    expect((await browser.get("/api/v1/me")).code).toBe("not_signed_in");
    for (const token of ["x".repeat(43), "%00", "'; drop table sessions; --", "a=b", "%"]) {
      browser.cookies.set(session(), token);
      expect((await browser.get("/api/v1/me")).code).toBe("not_signed_in");
    }
  });
});

describe("limiting sign-in attempts by IP address", () => {
  const proxied = useServer({ trustProxy: "127.0.0.1" });
  const tryFrom = (address: string, email: string) =>
    httpClient(proxied.url).send("POST", "/api/v1/session", {
      body: { email, password: "wrong" },
      headers: { "x-forwarded-for": address },
    });

  test("counts all addresses of an IPv6 /64 together, since one client has them all", async () => {
    const email = freshEmail("six");
    for (let host = 1; host <= 10; host++) expect((await tryFrom(`2001:db8:0:1:${host}::${host}`, email)).status).toBe(401);
    expect((await tryFrom("2001:db8:0:1:ffff::1", email)).status).toBe(429);
    expect((await tryFrom("2001:db8:0:2::1", email)).status).toBe(401);
  });

  test("ignores X-Forwarded-For entries that the client put before the proxy's", async () => {
    const email = freshEmail("forged");
    for (let host = 1; host <= 10; host++) expect((await tryFrom(`192.0.2.${host}, 198.51.100.7`, email)).status).toBe(401);
    expect((await tryFrom("192.0.2.99, 198.51.100.7", email)).status).toBe(429);
  });
});

test("refuses an eleventh sign-up with one email address, so that nobody can flood its mailbox", async () => {
  const email = freshEmail("bombed");
  for (let count = 0; count < 10; count++) expect((await signUp(email)).status).toBe(202);
  expect(await signUp(email)).toMatchObject({ status: 429, code: "rate_limited" });
});

test("a sign-up deletes everybody's sign-ups that expired without confirmation", async () => {
  const email = freshEmail("never-came");
  await signUp(email);
  await server.database.query("update sign_ups set expires_at = now() - interval '1 minute' where email = $1", [email]);
  await signUp(freshEmail("next"));
  expect(await server.database.query("select 1 from sign_ups where email = $1", [email])).toEqual([]);
});
