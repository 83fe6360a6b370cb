/** What people may change in their own account. */
import { beforeAll, describe, expect, test } from "vitest";
import { type HttpClient, httpClient } from "../testing/http.ts";
import {
  addMember,
  cookieName,
  freshEmail,
  makeWorkspace,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { jobFor, mailPasswordReset } from "./password-reset.ts";
import { openServices } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";

const server = useServer();
const NEW = "another horse battery";

let ada: Person;
let ben: Person;
let here: Workspace;
let there: Workspace;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  here = await makeWorkspace(ada);
  ben = await signUpPerson(server, "Ben");
  there = await makeWorkspace(ben);
  await addMember(server, ben, there, ada, there.roles.Viewer);
});

/** The names of actor and target in each such entry of the workspace's audit log. */
async function auditedNames({ tenantId }: Workspace, action: string): Promise<string[]> {
  const rows = await server.database.query<{ names: string }>(
    "select actor_name || ' ' || target_name as names from audit_log where tenant_id = $1 and action = $2 order by sequence",
    [tenantId, action],
  );
  return rows.map(({ names }) => names);
}

const isSignedIn = async (browser: HttpClient) => (await browser.get("/api/v1/me")).status === 200;

/** Signs in with a new browser and opens the workspace, so that its audit log has the session. */
async function enterFromNewBrowser(email: string, workspace: Workspace): Promise<HttpClient> {
  const browser = await signIn(server, email);
  expect((await browser.get(workspace.path)).status).toBe(200);
  return browser;
}

describe("signing in while signed in", () => {
  test("ends the browser's previous session, so that a copied cookie stops working, and audits its end", async () => {
    const browser = await enterFromNewBrowser(ada.email, here);
    const copy = httpClient(server.url);
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    const before = (await auditedNames(here, "session.signed_out")).length;
    expect((await browser.post("/api/v1/session", { email: ada.email, password: PASSWORD })).status).toBe(200);
    expect([await isSignedIn(browser), await isSignedIn(copy)]).toEqual([true, false]);
    expect(await auditedNames(here, "session.signed_out")).toHaveLength(before + 1);
  });

  test("as another person ends the first person's session", async () => {
    const browser = await enterFromNewBrowser(ada.email, here);
    const copy = httpClient(server.url);
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    const eve = await signUpPerson(server, "Eve");
    expect((await browser.post("/api/v1/session", { email: eve.email, password: PASSWORD })).status).toBe(200);
    expect((await browser.get("/api/v1/me")).json.account.email).toBe(eve.email);
    expect(await isSignedIn(copy)).toBe(false);
  });

  test("with a wrong password keeps the current session", async () => {
    const browser = await enterFromNewBrowser(ada.email, here);
    expect((await browser.post("/api/v1/session", { email: ada.email, password: "a wrong one" })).status).toBe(401);
    expect(await isSignedIn(browser)).toBe(true);
  });
});

test("signing out everywhere ends every session, and each workspace audits the end of those that were used in it", async () => {
  const kim = await signUpPerson(server, "Kim");
  const own = await makeWorkspace(kim);
  await addMember(server, ben, there, kim, there.roles.Viewer);
  const [first, second] = [await enterFromNewBrowser(kim.email, own), await enterFromNewBrowser(kim.email, own)];
  const third = await enterFromNewBrowser(kim.email, there);
  expect((await first.delete("/api/v1/me/sessions")).status).toBe(204);
  expect(first.cookies.has(cookieName(server, "whoot-session"))).toBe(false);
  expect(await Promise.all([first, second, third, kim, ada].map(isSignedIn))).toEqual([false, false, false, false, true]);
  expect(await auditedNames(own, "session.signed_out")).toEqual(["Kim Kim", "Kim Kim", "Kim Kim"]);
  expect((await auditedNames(there, "session.signed_out")).filter((names) => names === "Kim Kim")).toHaveLength(1);
  expect((await httpClient(server.url).delete("/api/v1/me/sessions")).code).toBe("not_signed_in");
});

describe("changing the password", () => {
  test("requires the current password, ends every other session, sends a mail, and invalidates earlier reset links", async () => {
    const cleo = await signUpPerson(server, "Cleo");
    const other = await signIn(server, cleo.email);
    await other.post("/api/v1/accounts/password-reset-mail", { email: cleo.email });
    const link = tokenOf((await server.mailTo(cleo.email, /Choose a new password/)).link);
    const change = (currentPassword: string, newPassword: string) =>
      cleo.send("PUT", "/api/v1/me/password", { body: { currentPassword, newPassword } });

    const wrong = await change("a wrong one", NEW);
    expect(wrong).toMatchObject({ status: 401, code: "wrong_credentials" });
    expect(wrong.json.fields[0].path).toBe("currentPassword");
    expect((await change(PASSWORD, "too short")).json.fields[0].path).toBe("newPassword");
    expect(await isSignedIn(other)).toBe(true);

    expect((await change(PASSWORD, NEW)).status).toBe(204);
    expect([await isSignedIn(cleo), await isSignedIn(other)]).toEqual([true, false]);
    expect((await server.mailTo(cleo.email, /was changed/)).text).toMatch(/If it wasn't, choose a new password at once/);
    expect((await other.post("/api/v1/session", { email: cleo.email, password: PASSWORD })).status).toBe(401);
    expect((await other.post("/api/v1/session", { email: cleo.email, password: NEW })).status).toBe(200);
    expect((await other.post("/api/v1/accounts/password-reset", { token: link, password: PASSWORD })).code).toBe("link_used");
  });

  test("twice at once with the same current password succeeds once", async () => {
    const dan = await signUpPerson(server, "Dan");
    const change = (newPassword: string) =>
      dan.send("PUT", "/api/v1/me/password", { body: { currentPassword: PASSWORD, newPassword } });
    const answers = await Promise.all([change(NEW), change(`${NEW} too`)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
  });
});

describe("a forgotten password", () => {
  const requestMail = (email: string, browser = httpClient(server.url)) =>
    browser.post("/api/v1/accounts/password-reset-mail", { email });
  const reset = (token: string, password = NEW, browser = httpClient(server.url)) =>
    browser.post("/api/v1/accounts/password-reset", { token, password });
  const mailedToken = async (email: string) => tokenOf((await server.mailTo(email, /Choose a new password/)).link);

  test("is replaced once by a mailed link, which ends every session, starts one, and sends a mail", async () => {
    const person = await signUpPerson(server, "Fay");
    await requestMail(person.email);
    const mail = await server.mailTo(person.email, /Choose a new password/);
    expect(mail.link).toMatch(/^http:\/\/localhost:\d+\/reset-password#[\w-]{43}$/);
    expect(mail.text).toMatch(/If it wasn't you, ignore this mail/);
    const token = tokenOf(mail.link);
    const browser = httpClient(server.url);
    expect((await reset(token, "too short", browser)).json.fields[0].path).toBe("password");
    const [first, second] = await Promise.all([reset(token, NEW, browser), reset(token, `${NEW} too`)]);
    expect([first.status, second.status].sort()).toEqual([200, 410]);
    expect((await reset(token)).code).toBe("link_used");
    expect(await isSignedIn(person)).toBe(false);
    expect((await server.mailTo(person.email, /was changed/)).link).toMatch(/\/forgot-password$/);
    expect((await person.post("/api/v1/session", { email: person.email, password: PASSWORD })).status).toBe(401);
  });

  test("gets the same answer for an address without an account, which gets no mail", async () => {
    const unknown = freshEmail("unknown");
    const [known, nobody] = [await requestMail(ada.email.toUpperCase()), await requestMail(unknown)];
    const visible = ({ status, text, headers }: typeof known) => ({ status, text, names: Object.keys(headers).sort() });
    expect(visible(known)).toEqual(visible(nobody));
    expect(known.status).toBe(204);
    await mailedToken(ada.email);
    const rows = await server.database.query("select payload::text from graphile_worker._private_jobs");
    expect(JSON.stringify(rows)).not.toContain(unknown);
    expect((await reset("x".repeat(43))).code).toBe("not_found");
    expect((await reset("x")).code).toBe("invalid_input");
  });

  test("a mailed reset link stops working once its owner signs out everywhere", async () => {
    const person = await signUpPerson(server, "Uma");
    await requestMail(person.email);
    const token = await mailedToken(person.email);
    expect((await person.delete("/api/v1/me/sessions")).status).toBe(204);
    expect((await reset(token)).code).toBe("link_used");
  });

  test("can be replaced by the mailed link for 30 minutes, then the answer is link_expired", async () => {
    const person = await signUpPerson(server, "Gil");
    await requestMail(person.email);
    const token = await mailedToken(person.email);
    const [row] = await server.database.query<{ minutes: number }>(
      "select extract(epoch from expires_at - created_at)::int / 60 as minutes from password_resets where account_id = $1",
      [person.accountId],
    );
    expect(row?.minutes).toBe(30);
    await server.database.query("update password_resets set expires_at = now() - interval '1 second'");
    expect((await reset(token)).code).toBe("link_expired");
    expect(await isSignedIn(person)).toBe(true);
  });

  test("that strangers request again and again sends few mails, and always leaves the owner a link that works", async () => {
    const person = await signUpPerson(server, "Hal");
    const minutesPass = (minutes: number) =>
      server.database.query(
        "update password_resets set created_at = created_at - make_interval(mins => $1), expires_at = expires_at - make_interval(mins => $1)",
        [minutes],
      );
    const linkCount = async () =>
      Number(
        (await server.database.query("select count(*) from password_resets where account_id = $1", [person.accountId]))[0]?.count,
      );
    const services = await openServices(server);
    for (let minute = 0; minute < 4 * 60; minute++) {
      // The job of a stranger's request, from any IP address.
      await mailPasswordReset(services, jobFor(services, { email: person.email, deviceEpoch: null }));
      const [row] = await server.database.query<{ left: number }>(
        "select extract(epoch from max(expires_at) - now())::int / 60 as left from password_resets where account_id = $1 and used_at is null",
        [person.accountId],
      );
      expect(row?.left).toBeGreaterThanOrEqual(9);
      await minutesPass(1);
    }
    expect(await linkCount()).toBeLessThan(20);
    // The owner's own browser need not wait for the pause after the strangers' mails.
    const before = await linkCount();
    await requestMail(person.email, person);
    await until("another link", async () => (await linkCount()) === before + 1);
    // A browser with another device epoch is a stranger's.
    await mailPasswordReset(services, jobFor(services, { email: person.email, deviceEpoch: 99 }));
    expect(await linkCount()).toBe(before + 1);
    await services.close();
  });

  test("lets one caller request at most five reset mails an hour for one mailbox", async () => {
    const email = freshEmail("often");
    for (let count = 0; count < 5; count++) expect((await requestMail(email)).status).toBe(204);
    expect(await requestMail(email)).toMatchObject({ status: 429, code: "rate_limited" });
  });
});

describe("a person's name", () => {
  test("changes in each of their workspaces, whose audit log names the actor by the old name", async () => {
    const ira = await signUpPerson(server, "Ira");
    const own = await makeWorkspace(ira);
    const owner = await signUpPerson(server, "Owner");
    const other = await makeWorkspace(owner);
    await addMember(server, owner, other, ira, other.roles.Viewer);
    expect((await ira.patch("/api/v1/me", { name: "  Ira Levin " })).json).toEqual({
      account: { accountId: ira.accountId, email: ira.email, name: "Ira Levin" },
    });
    expect((await ira.get("/api/v1/me")).json.account.name).toBe("Ira Levin");
    for (const workspace of [own, other]) expect(await auditedNames(workspace, "member.renamed")).toEqual(["Ira Ira Levin"]);
    const { items } = (await owner.get(`${other.path}/members?search=levin`)).json;
    expect(items.map(({ name }: { name: string }) => name)).toEqual(["Ira Levin"]);
    expect((await owner.get(`${other.path}/members?search=ira`)).json.items).toHaveLength(1);

    // Saving the same name again audits nothing.
    await ira.patch("/api/v1/me", { name: "Ira Levin" });
    expect(await auditedNames(own, "member.renamed")).toHaveLength(1);
  });

  test.each(["", "https://evil.example", "www.evil.example", "x".repeat(81), "a\nb"])("cannot be %j", async (name) => {
    const jo = await signUpPerson(server, "Jo");
    expect((await jo.patch("/api/v1/me", { name })).json.fields[0].path).toBe("name");
  });
});
