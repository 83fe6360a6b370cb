import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { QueuedMail } from "../platform/mail/mail.ts";
import { httpClient } from "../testing/http.ts";
import { waitingJobs } from "../testing/jobs.ts";
import {
  addMember,
  freshEmail,
  makeWorkspace,
  PASSWORD,
  type Person,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { sendMail } from "../deletions/deletions.ts";

const server = useServer();
let owner: Person;
let workspace: Workspace;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
});

interface Invited {
  invitationId: string;
  mailed: string;
  copied: string;
}

const invite = (email: string, roleId = workspace.roles.Member, inviter: Person = owner) =>
  inviter.post(`${workspace.path}/invitations`, { email, roleId });

async function invited(email: string, roleId?: string): Promise<Invited> {
  const { json } = await invite(email, roleId);
  const mailed = tokenOf((await server.mailTo(email)).link);
  const copied = await owner.get(`${workspace.path}/invitations/${json.invitationId}/link`);
  return { invitationId: json.invitationId, mailed, copied: tokenOf(copied.json.url) };
}

const lookUp = (token: string) => httpClient(server.url).post("/api/v1/invitations/lookup", { token });
const accept = (person: { post: Person["post"] }, token: string) => person.post("/api/v1/invitations/acceptance", { token });
const members = async () =>
  (await owner.get(`${workspace.path}/members?limit=200`)).json.items as Array<{ email: string; roleName: string }>;
const membershipsOf = async (email: string) => (await members()).filter((member) => member.email === email);

describe("the mailed link", () => {
  test("proves the address: signing up with it signs the person in at once, and accepting gives them the role", async () => {
    const email = freshEmail("mia");
    const { mailed } = await invited(email, workspace.roles.Viewer);
    expect((await lookUp(mailed)).json).toMatchObject({
      email,
      roleName: "Viewer",
      provesEmail: true,
      hasAccount: false,
      invitedByName: "Olga",
    });
    const browser = httpClient(server.url);
    const signedUp = await browser.post("/api/v1/accounts", { email, name: "Mia", password: PASSWORD, invitationToken: mailed });
    expect(signedUp.json).toEqual({ signedIn: true });
    expect(await accept(browser, mailed)).toMatchObject({ status: 200, json: { slug: workspace.slug } });
    expect((await browser.get(workspace.path)).json.self).toMatchObject({ name: "Mia", roleName: "Viewer", isOwner: false });
    expect(await membershipsOf(email)).toMatchObject([{ roleName: "Viewer" }]);
    expect((await lookUp(mailed)).code).toBe("link_used");
  });

  test("proves no other address: a sign-up with another one still has to be confirmed by mail", async () => {
    const { mailed } = await invited(freshEmail("nia"));
    const other = freshEmail("other");
    const browser = httpClient(server.url);
    const signedUp = await browser.post("/api/v1/accounts", {
      email: other,
      name: "Other",
      password: PASSWORD,
      invitationToken: mailed,
    });
    expect(signedUp.json).toEqual({ signedIn: false });
    expect((await browser.get("/api/v1/me")).status).toBe(401);
  });

  test("signs nobody in to an existing account and does not change its password", async () => {
    const victim = await signUpPerson(server, "Vic");
    const { mailed } = await invited(victim.email);
    const thief = httpClient(server.url);
    const signedUp = await thief.post("/api/v1/accounts", {
      email: victim.email,
      name: "Thief",
      password: "the thief's own one",
      invitationToken: mailed,
    });
    expect(signedUp.json).toEqual({ signedIn: false });
    expect((await thief.get("/api/v1/me")).status).toBe(401);
    expect((await thief.post("/api/v1/session", { email: victim.email, password: "the thief's own one" })).status).toBe(401);
  });
});

describe("the copied link", () => {
  test("does not prove the address: a sign-up with it still needs the mail that goes to the real owner", async () => {
    const email = freshEmail("target");
    const { copied } = await invited(email, workspace.roles.Admin);
    expect((await lookUp(copied)).json).toMatchObject({ provesEmail: false, hasAccount: null });
    const thief = httpClient(server.url);
    const signedUp = await thief.post("/api/v1/accounts", {
      email,
      name: "Thief",
      password: "the thief's own one",
      invitationToken: copied,
    });
    expect(signedUp.json).toEqual({ signedIn: false });
    expect((await accept(thief, copied)).code).toBe("not_signed_in");
    expect(await server.database.query("select 1 from accounts where email = $1", [email])).toEqual([]);
    // If the real owner opens the mail, the link asks for the thief's password, and no account is created.
    const mail = await server.mailTo(email);
    expect((await httpClient(server.url).post("/api/v1/accounts/verification", { token: tokenOf(mail.link) })).code).toBe(
      "password_required",
    );
    expect(await membershipsOf(email)).toEqual([]);
  });

  test("leads the invited person into the workspace after they confirmed their address", async () => {
    const email = freshEmail("pia");
    const { copied } = await invited(email);
    const browser = httpClient(server.url);
    await browser.post("/api/v1/accounts", { email, name: "Pia", password: PASSWORD, invitationToken: copied });
    const verified = await browser.post("/api/v1/accounts/verification", { token: tokenOf((await server.mailTo(email)).link) });
    expect(verified.json.invitationToken).toBe(copied);
    expect(await accept(browser, copied)).toMatchObject({ status: 200 });
  });

  test("is the same at each request and differs from the mailed one; the database contains neither", async () => {
    const email = freshEmail("ria");
    const { invitationId, mailed, copied } = await invited(email);
    const again = await owner.get(`${workspace.path}/invitations/${invitationId}/link`);
    expect(tokenOf(again.json.url)).toBe(copied);
    expect(mailed).not.toBe(copied);
    const rows = await server.database.query<{ row: string }>(
      "select t::text as row from invitations t union all select t::text from directory_invitations t",
    );
    for (const secret of [mailed, copied]) {
      expect(rows.some(({ row }) => row.includes(secret) || row.includes(Buffer.from(secret).toString("hex")))).toBe(false);
    }
  });
});

describe("an invitation that does not work says why:", () => {
  test("expired, after which the address can be invited again while the old links stay invalid", async () => {
    const email = freshEmail("exa");
    const { invitationId, mailed, copied } = await invited(email);
    expect((await invite(email)).code).toBe("already_invited");
    await server.database.query("update invitations set expires_at = now() - interval '1 second' where invitation_id = $1", [
      invitationId,
    ]);
    const guest = await signUpPerson(server, "Exa", email);
    for (const token of [mailed, copied]) {
      expect((await lookUp(token)).code).toBe("link_expired");
      expect((await accept(guest, token)).code).toBe("link_expired");
    }
    expect((await owner.get(`${workspace.path}/invitations/${invitationId}/link`)).code).toBe("link_expired");
    const again = await invited(email);
    expect((await accept(guest, mailed)).code).toBe("invitation_revoked");
    expect((await accept(guest, again.mailed)).status).toBe(200);
    expect((await invite(email)).code).toBe("already_member");
  });

  test("withdrawn, with both links, and it leaves the list", async () => {
    const { invitationId, mailed, copied } = await invited(freshEmail("rex"));
    expect((await owner.delete(`${workspace.path}/invitations/${invitationId}`)).status).toBe(204);
    expect((await owner.delete(`${workspace.path}/invitations/${invitationId}`)).code).toBe("not_found");
    for (const token of [mailed, copied]) expect((await lookUp(token)).code).toBe("invitation_revoked");
    expect((await owner.get(`${workspace.path}/invitations`)).text).not.toContain(invitationId);
    expect((await owner.get(`${workspace.path}/invitations/${invitationId}/link`)).code).toBe("not_found");
  });

  test("unknown, or with an incomplete token", async () => {
    expect((await lookUp("x".repeat(43))).code).toBe("not_found");
    expect((await accept(owner, "x".repeat(43))).code).toBe("not_found");
    expect((await lookUp("x".repeat(42))).code).toBe("invalid_input");
  });

  test("for another address: the refusal names the invited one, and the person does not become a member", async () => {
    const email = freshEmail("una");
    const { mailed } = await invited(email);
    const other = await signUpPerson(server, "Other");
    const refused = await accept(other, mailed);
    expect(refused).toMatchObject({ status: 403, code: "invitation_other_address" });
    expect(refused.json.detail).toContain(email);
    expect(await membershipsOf(other.email)).toEqual([]);
    expect((await lookUp(mailed)).status).toBe(200);
  });

  test("used: it lets in nobody else, nor the same person after they were removed", async () => {
    const guest = await signUpPerson(server, "Guest");
    const { mailed, copied } = await invited(guest.email);
    expect((await accept(guest, mailed)).status).toBe(200);
    const other = await signUpPerson(server, "Other");
    for (const token of [mailed, copied]) expect((await accept(other, token)).status).toBeGreaterThanOrEqual(400);
    await server.database.query("delete from members where account_id = $1", [guest.accountId]);
    await server.database.query("delete from directory_memberships where account_id = $1", [guest.accountId]);
    for (const token of [mailed, copied]) expect((await accept(guest, token)).code).toBe("link_used");
  });
});

test("an invitation accepted five times at once by both links creates one membership, and each answer has the workspace", async () => {
  const guest = await signUpPerson(server, "Twice");
  const { mailed, copied } = await invited(guest.email);
  const answers = await Promise.all([mailed, copied, mailed, copied, mailed].map((token) => accept(guest, token)));
  expect(answers.map((answer) => [answer.status, answer.json.slug])).toEqual(answers.map(() => [200, workspace.slug]));
  expect(await membershipsOf(guest.email)).toHaveLength(1);
});

test("one address invited five times at once gets one invitation and one mail", async () => {
  const email = freshEmail("once");
  const answers = await Promise.all(Array.from({ length: 5 }, () => invite(email)));
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
  await server.mailTo(email);
  expect(await server.database.query("select 1 from invitations where email = $1", [email])).toHaveLength(1);
  expect(
    await server.database.query(
      "select 1 from directory_invitations d join invitations i using (invitation_id) where email = $1",
      [email],
    ),
  ).toHaveLength(2);
});

describe("permissions to invite:", () => {
  async function withRole(name: string, permissions: string[]): Promise<Person> {
    const person = await signUpPerson(server, name);
    const roleId = randomUUID();
    await server.database.query("insert into roles values ($1, $2, $3, null, $4)", [
      workspace.tenantId,
      roleId,
      `${name} ${roleId}`,
      permissions,
    ]);
    await addMember(server, owner, workspace, person, roleId);
    return person;
  }

  test("a member without users.invite cannot invite, or list, copy or withdraw invitations", async () => {
    const person = await signUpPerson(server, "Plain");
    await addMember(server, owner, workspace, person, workspace.roles.Member);
    const { invitationId } = await invited(freshEmail("waiting"));
    const path = `${workspace.path}/invitations`;
    for (const answer of [
      await invite(freshEmail("x"), undefined, person),
      await person.get(path),
      await person.get(`${path}/${invitationId}/link`),
      await person.delete(`${path}/${invitationId}`),
    ]) {
      expect(answer).toMatchObject({ status: 403, code: "forbidden" });
      expect(answer.json.detail).toContain("invite people");
    }
  });

  test("nobody can give a role with a permission that they lack", async () => {
    const recruiter = await withRole("Recruiter", ["users.invite", "users.view", "voice.join"]);
    const email = freshEmail("promoted");
    for (const roleId of [workspace.roles.Admin, workspace.roles.Member]) {
      expect(await invite(email, roleId, recruiter)).toMatchObject({ status: 403, code: "forbidden" });
    }
    const subset = randomUUID();
    await server.database.query("insert into roles values ($1, $2, $3, null, '{voice.join}')", [
      workspace.tenantId,
      subset,
      subset,
    ]);
    expect((await invite(email, subset, recruiter)).status).toBe(201);
    expect(await server.database.query("select role_id from invitations where email = $1", [email])).toEqual([
      { role_id: subset },
    ]);
  });

  test("the lists of invitations and members show addresses only with users.view_contact", async () => {
    const recruiter = await withRole("Recruiter", ["users.invite", "users.view"]);
    await invited(freshEmail("hidden"));
    for (const list of ["invitations", "members"]) {
      const { json } = await recruiter.get(`${workspace.path}/${list}?limit=200`);
      expect(json.items.length).toBeGreaterThan(1);
      const shown = json.items.filter((item: { email: string | null; isSelf?: boolean }) => item.email !== null);
      expect(shown.every((item: { isSelf?: boolean }) => item.isSelf === true)).toBe(true);
      expect(
        (await owner.get(`${workspace.path}/${list}?limit=200`)).json.items.every((item: { email: string | null }) => item.email),
      ).toBe(true);
    }
  });
});

test("pages of invitations and members contain each item once and in order", async () => {
  for (const list of ["invitations", "members"]) {
    const whole = (await owner.get(`${workspace.path}/${list}?limit=200`)).json.items;
    const seen = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { items: unknown[]; nextCursor: string | null } = (
        await owner.get(`${workspace.path}/${list}?limit=2${cursor && `&cursor=${cursor}`}`)
      ).json;
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(whole);
  }
});

test("inviting and withdrawing again and again is limited, so that nobody's mailbox is flooded", async () => {
  const email = freshEmail("bombed");
  for (let count = 0; count < 10; count++) {
    const { status, json } = await invite(email);
    expect(status).toBe(201);
    await owner.delete(`${workspace.path}/invitations/${json.invitationId}`);
  }
  expect(await invite(email)).toMatchObject({ status: 429, code: "rate_limited" });
  expect((await invite(freshEmail("else"))).status).toBe(201);
});

test("the database, and so a backup, contains no working link while mails wait to be sent", async () => {
  const email = freshEmail("waiting");
  // Delays all jobs, as when the mail server is down.
  await server.database.query(`create function hold_jobs() returns trigger language plpgsql as $$
    begin new.run_at = now() + interval '1 year'; return new; end $$;
    create trigger hold_jobs before insert on graphile_worker._private_jobs for each row execute function hold_jobs()`);
  try {
    expect((await invite(email)).status).toBe(201);
    await httpClient(server.url).post("/api/v1/accounts", { email: freshEmail("signs-up"), name: "Sue Ng", password: PASSWORD });
    const mails = (await waitingJobs(server.database, "sendMail")) as QueuedMail[];
    expect(mails.map(({ tenantId }) => tenantId).sort()).toEqual([workspace.tenantId, null]);
    expect(JSON.stringify(mails)).not.toMatch(/https?:|#|example\.com|Sue Ng|Olga/);
    const services = await openServices(server);
    for (const mail of mails) await sendMail(services, mail);
    await services.close();
  } finally {
    await server.database.query(
      "drop trigger hold_jobs on graphile_worker._private_jobs; delete from graphile_worker._private_jobs",
    );
  }
  expect((await server.mailTo(email)).link).toMatch(/\/invitation#[\w-]{43}$/);
});

test("copying a link is audited; a refused attempt, or one from another site's page, is not", async () => {
  const email = freshEmail("copied");
  const { json } = await owner.post(`${workspace.path}/invitations`, { email, roleId: workspace.roles.Viewer });
  const link = `${workspace.path}/invitations/${json.invitationId}/link`;
  const entries = () =>
    server.database.query("select actor_name, target_name, changes from audit_log where action = $1 and target_id = $2", [
      "invitation.link_copied",
      json.invitationId,
    ]);
  expect(await owner.get(link, { "sec-fetch-site": "cross-site" })).toMatchObject({ status: 403, code: "cross_site" });
  expect(await entries()).toEqual([]);
  expect((await owner.get(link)).status).toBe(200);
  // The entry has actor and address, and not the link itself.
  expect(await entries()).toEqual([{ actor_name: owner.name, target_name: email, changes: {} }]);
  await owner.delete(`${workspace.path}/invitations/${json.invitationId}`);
  expect((await owner.get(link)).code).toBe("not_found");
  expect((await entries()).length).toBe(1);
});
