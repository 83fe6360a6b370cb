/** A change of address: asked for, confirmed by a mailed link, told to both addresses, and followed by every workspace. */
import { expect, test } from "vitest";
import {
  addMember,
  freshEmail,
  letAuthenticationAge,
  makeWorkspace,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "../testing/people.ts";
import { httpClient } from "../testing/http.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
const ask = (who: Person, email: string) => who.send("PUT", "/api/v1/me/email-change", { body: { email } });
const confirm = (token: string) => httpClient(server.url).post("/api/v1/accounts/email-change", { token });
const linkTo = async (email: string) => tokenOf((await server.mailTo(email, /Confirm your new address/)).link);
const emailOf = async (who: Person) => (await who.get("/api/v1/me")).json.account.email as string;
const memberEmails = async (who: Person, { path }: Workspace) =>
  ((await who.get(`${path}/members`)).json.items as Array<{ name: string; email: string }>).map(({ email }) => email);

test("opening the link changes the address in the account and every workspace, mails both addresses and is in each audit log", async () => {
  const [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  const [own, other] = [await makeWorkspace(ada), await makeWorkspace(ben)];
  await addMember(server, ben, other, ada, other.roles.Member);
  const [before, after] = [ada.email, freshEmail("ada.new")];
  expect(await ask(ada, ` ${after.toUpperCase()} `)).toMatchObject({ status: 200, json: { pending: { email: after } } });
  await server.mailTo(before, /asked to change the address/);
  const token = await linkTo(after);
  expect(await emailOf(ada)).toBe(before);

  expect(await confirm(token)).toMatchObject({ status: 200, json: { email: after } });
  for (const to of [before, after]) await server.mailTo(to, /address of your whoot account was changed/);
  expect(await emailOf(ada)).toBe(after);
  expect((await ada.get("/api/v1/me/email-change")).json).toEqual({ pending: null });
  expect(await memberEmails(ada, own)).toEqual([after]);
  expect(await memberEmails(ben, other)).toContain(after);
  // Found by the new address.
  expect((await ben.get(`${other.path}/members?search=${after}`)).json.items).toHaveLength(1);
  for (const [who, { path }] of [
    [ada, own],
    [ben, other],
  ] as const) {
    const [entry] = (await who.get(`${path}/audit-log?group=membership`)).json.items;
    expect(entry).toMatchObject({ action: "member.email_changed", changes: { email: { from: before, to: after } } });
  }
  await signIn(server, after);
  expect((await httpClient(server.url).post("/api/v1/session", { email: before, password: PASSWORD })).status).toBe(401);
  expect((await confirm(token)).code).toBe("not_found");
});

test("after a change of address, the person sees invitations to the new address", async () => {
  const [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  const workspace = await makeWorkspace(ben);
  const after = freshEmail("ada.new");
  await ben.post(`${workspace.path}/invitations`, { email: after, roleId: workspace.roles.Viewer });
  expect((await ada.get("/api/v1/me/invitations")).json.items).toEqual([]);
  await ask(ada, after);
  await confirm(await linkTo(after));
  expect((await ada.get("/api/v1/me/invitations")).json.items).toHaveLength(1);
});

test("a change to an address that has an account gets the same answer but no link, and the owner of the address gets a mail", async () => {
  const [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  const [taken, free] = [await ask(ada, ben.email), await ask(ada, freshEmail("free"))];
  const shape = ({ status, json }: typeof taken) => [status, Object.keys(json.pending)];
  expect(shape(taken)).toEqual(shape(free));
  expect((await server.mailTo(ben.email, /in use for a whoot account/)).link).not.toContain("#");
});

test("an address that got an account before the confirmation stays with that account", async () => {
  const ada = await signUpPerson(server, "Ada");
  const after = freshEmail("wanted");
  await ask(ada, after);
  const token = await linkTo(after);
  const other = await signUpPerson(server, "Other", after);
  expect((await confirm(token)).code).toBe("link_used");
  expect([await emailOf(ada), await emailOf(other)]).toEqual([ada.email, after]);
});

test("a change of address needs a recent authentication; the present address and hostile lengths are refused", async () => {
  const ada = await signUpPerson(server, "Ada");
  expect(await ask(ada, ada.email)).toMatchObject({ code: "invalid_input" });
  for (const email of ["", "x", `${"x".repeat(2_000)}@example.com`, "a@b\u0000.example"])
    expect((await ask(ada, email)).code).toBe("invalid_input");
  expect((await confirm("x".repeat(500))).code).toBe("invalid_input");
  expect((await confirm("x".repeat(43))).code).toBe("not_found");
  await letAuthenticationAge(server, ada);
  expect((await ask(ada, freshEmail("late"))).code).toBe("reauthentication_required");
});

test("only the newest link for a change of address works, for an hour, until the change is cancelled or the password changes", async () => {
  const ada = await signUpPerson(server, "Ada");
  const [first, second] = [freshEmail("first"), freshEmail("second")];
  await ask(ada, first);
  const replaced = await linkTo(first);
  await ask(ada, second);
  expect((await confirm(replaced)).code).toBe("not_found");

  const late = await linkTo(second);
  await server.database.query("update email_changes set expires_at = now() where account_id = $1", [ada.accountId]);
  expect((await confirm(late)).code).toBe("link_expired");
  expect((await ada.get("/api/v1/me/email-change")).json.pending).toBeNull();

  await ask(ada, first);
  expect((await ada.delete("/api/v1/me/email-change")).status).toBe(204);
  expect((await ada.delete("/api/v1/me/email-change")).status).toBe(204);
  expect((await ada.get("/api/v1/me/email-change")).json.pending).toBeNull();

  const third = freshEmail("third");
  await ask(ada, third);
  const stopped = await linkTo(third);
  const newPassword = "another four words make one";
  await ada.send("PUT", "/api/v1/me/password", { body: { currentPassword: PASSWORD, newPassword } });
  expect((await confirm(stopped)).code).toBe("not_found");
  expect(await emailOf(ada)).toBe(ada.email);
});

test("of two confirmations at once, and of two accounts that want one address, only one succeeds", async () => {
  const [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  const email = freshEmail("shared");
  await ask(ada, email);
  const adas = await linkTo(email);
  const twice = await Promise.all([confirm(adas), confirm(adas)]);
  expect(twice.map(({ status }) => status).sort()).toEqual([200, 404]);

  const another = freshEmail("shared");
  await ask(ada, another);
  const first = await linkTo(another);
  await ask(ben, another);
  const second = await server.database.query<{ count: string }>("select count(*) from email_changes where email = $1", [another]);
  expect(second[0]?.count).toBe("2");
  expect((await confirm(first)).status).toBe(200);
  expect(await emailOf(ben)).toBe(ben.email);
});

test("links for a new password in the earlier mailbox no longer work", async () => {
  const ada = await signUpPerson(server, "Ada");
  await ada.post("/api/v1/accounts/password-reset-mail", { email: ada.email });
  const token = tokenOf((await server.mailTo(ada.email, /Choose a new password/)).link);
  const after = freshEmail("ada.new");
  await ask(ada, after);
  await confirm(await linkTo(after));
  const reset = await httpClient(server.url).post("/api/v1/accounts/password-reset", { token, password: PASSWORD });
  expect(reset.code).toBe("link_used");
});
