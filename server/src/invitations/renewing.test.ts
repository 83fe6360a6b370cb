/** Sending again, withdrawing several, the list, and who must still vouch for an invitation when it is accepted. */
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import {
  addMember,
  freshEmail,
  makeRole,
  makeWorkspace,
  PASSWORD,
  type Person,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
let owner: Person;
let workspace: Workspace;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
});

interface Invited {
  email: string;
  invitationId: string;
  mailed: string;
  copied: string;
}

async function invite(inviter: Person = owner, roleId = workspace.roles.Viewer, email = freshEmail("guest")): Promise<Invited> {
  const { json } = await inviter.post(`${workspace.path}/invitations`, { email, roleId });
  const mailed = tokenOf((await server.mailTo(email)).link);
  const copied = tokenOf((await owner.get(`${workspace.path}/invitations/${json.invitationId}/link`)).json.url);
  return { email, invitationId: json.invitationId, mailed, copied };
}

const resend = (invitationIds: string[], who: Person = owner) =>
  who.post(`${workspace.path}/invitations/resend`, { invitationIds });
const lookUp = (token: string) => httpClient(server.url).post("/api/v1/invitations/lookup", { token });
const accept = (person: { post: Person["post"] }, token: string) => person.post("/api/v1/invitations/acceptance", { token });
const list = async (query = "", who: Person = owner) =>
  (await who.get(`${workspace.path}/invitations?limit=200${query}`)).json.items as Array<Record<string, any>>;
const listed = async (invitationId: string) => (await list()).find((item) => item["invitationId"] === invitationId);
const daysLeft = async (invitationId: string) =>
  (Date.parse((await listed(invitationId))?.["expiresAt"] as string) - Date.now()) / 86_400_000;
const expire = (invitationId: string) =>
  server.database.query("update invitations set expires_at = now() - interval '1 second' where invitation_id = $1", [
    invitationId,
  ]);
const lastEntry = async () =>
  (
    await server.database.query(
      "select action, target_id, target_name, changes from audit_log where tenant_id = $1 order by sequence desc limit 1",
      [workspace.tenantId],
    )
  )[0];

describe("sent again", () => {
  test("its new mail works, the mail before it doesn't any more and says why, and the copied link stays", async () => {
    const { email, invitationId, mailed, copied } = await invite();
    expect(await daysLeft(invitationId)).toBeCloseTo(7, 2);
    await server.database.query("update invitations set expires_at = now() + interval '1 hour' where invitation_id = $1", [
      invitationId,
    ]);
    expect((await resend([invitationId])).json).toEqual({ sent: 1, skipped: [] });
    expect(await lastEntry()).toMatchObject({ action: "invitation.resent", target_id: invitationId, target_name: email });
    const fresh = tokenOf((await server.mailTo(email)).link);
    expect(await lookUp(mailed)).toMatchObject({ status: 410, code: "link_replaced" });
    expect((await lookUp(fresh)).json).toMatchObject({ provesEmail: true });
    expect((await lookUp(copied)).json).toMatchObject({ provesEmail: false });
    expect(await daysLeft(invitationId)).toBeCloseTo(7, 2);

    // What was replaced proves no address, and admits nobody.
    const thief = httpClient(server.url);
    const body = { email, name: "Thief", password: PASSWORD, invitationToken: mailed };
    expect((await thief.post("/api/v1/accounts", body)).json).toEqual({ signedIn: false });
    const guest = await signUpPerson(server, "Guest", freshEmail("other"));
    expect((await accept(guest, mailed)).code).toBe("link_replaced");
  });

  test("an expired one works again for 7 days", async () => {
    const guest = await signUpPerson(server, "Guest");
    const { invitationId, mailed, copied } = await invite(owner, workspace.roles.Viewer, guest.email);
    await expire(invitationId);
    expect((await accept(guest, mailed)).code).toBe("link_expired");
    expect(await listed(invitationId)).toMatchObject({ status: "expired" });
    await resend([invitationId]);
    expect(await listed(invitationId)).toMatchObject({ status: "pending" });
    const fresh = tokenOf((await server.mailTo(guest.email)).link);
    expect((await lookUp(copied)).status).toBe(200);
    expect((await accept(guest, fresh)).status).toBe(200);
    expect((await resend([invitationId])).code).toBe("not_found");
    for (const token of [mailed, fresh, copied]) expect((await lookUp(token)).code).toBe("link_used");
  });

  test("twice at once, one mail's link works: the newest", async () => {
    const { email, invitationId } = await invite();
    const answers = await Promise.all([resend([invitationId]), resend([invitationId])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const links = [await server.mailTo(email), await server.mailTo(email)].map(({ link }) => tokenOf(link));
    const codes = await Promise.all(links.map(async (token) => (await lookUp(token)).status));
    expect(codes.sort()).toEqual([200, 410]);
  });

  test("several, with some that are gone: the others are sent, and those are named", async () => {
    const [one, two, gone] = [await invite(), await invite(), await invite()];
    await owner.delete(`${workspace.path}/invitations/${gone.invitationId}`);
    const { json } = await resend([gone, one, two].map(({ invitationId }) => invitationId));
    expect(json).toEqual({
      sent: 2,
      skipped: [{ invitationId: gone.invitationId, message: "Was accepted or withdrawn meanwhile." }],
    });
    for (const { email } of [one, two]) await server.mailTo(email);
  });
});

test("withdrawing several ends every link of each at once, one entry each, and says how many", async () => {
  const invited = [await invite(), await invite(), await invite()];
  const ids = invited.map(({ invitationId }) => invitationId);
  await resend([ids[0] as string]);
  const fresh = tokenOf((await server.mailTo(invited[0]?.email ?? "")).link);
  await owner.delete(`${workspace.path}/invitations/${ids[2]}`);
  const withdraw = (invitationIds: string[]) => owner.post(`${workspace.path}/invitations/revocation`, { invitationIds });
  expect((await withdraw(ids)).json).toEqual({ revoked: 2 });
  expect(await withdraw(ids)).toMatchObject({ status: 404, code: "not_found" });
  const tokens = [fresh, ...invited.flatMap(({ mailed, copied }) => [mailed, copied])];
  for (const token of tokens) expect((await lookUp(token)).code).toBe("invitation_revoked");
  const entries = await server.database.query(
    "select target_id from audit_log where tenant_id = $1 and action = 'invitation.revoked' and target_id = any($2)",
    [workspace.tenantId, ids],
  );
  expect(entries).toHaveLength(3);
  expect((await list()).map((item) => item["invitationId"])).not.toEqual(expect.arrayContaining([ids[0]]));
});

test("the list is searched by a part of the address and filtered by state, page by page", async () => {
  const mark = `zz${process.pid}`;
  const invited: Invited[] = [];
  for (let index = 0; index < 4; index++)
    invited.push(await invite(owner, workspace.roles.Viewer, freshEmail(`${mark}_${index}`)));
  await expire(invited[1]?.invitationId ?? "");
  const emails = async (query: string) => (await list(query)).map((item) => item["email"]);
  const all = invited.map(({ email }) => email).reverse();
  expect(await emails(`&search=${mark.toUpperCase()}`)).toEqual(all);
  expect(await emails(`&search=${mark}_2`)).toEqual([invited[2]?.email]);
  // A sign that would mean "anything" in a pattern is a sign.
  expect(await emails(`&search=${mark}%25`)).toEqual([]);
  expect(await emails(`&search=${mark}&status=expired`)).toEqual([invited[1]?.email]);
  expect(await emails(`&search=${mark}&status=pending`)).toEqual(all.filter((email) => email !== invited[1]?.email));
  const first = await owner.get(`${workspace.path}/invitations?limit=3&search=${mark}`);
  const rest = await owner.get(`${workspace.path}/invitations?limit=3&search=${mark}&cursor=${first.json.nextCursor}`);
  expect([...first.json.items, ...rest.json.items].map((item) => item.email)).toEqual(all);
});

describe("an invitation is worth what whoever vouches for it may still give:", () => {
  async function inviter(permissions: string[]): Promise<{ person: Person; memberId: string; roleId: string }> {
    const person = await signUpPerson(server, "Ina");
    const roleId = randomUUID();
    await server.database.query("insert into roles (tenant_id, role_id, name, permissions) values ($1, $2, $3, $4)", [
      workspace.tenantId,
      roleId,
      `Role ${roleId}`,
      permissions,
    ]);
    await addMember(server, owner, workspace, person, roleId);
    return { person, roleId, memberId: (await person.get(workspace.path)).json.self.memberId };
  }

  const HOLDS = ["users.invite", "users.view_contact", "voice.join"];

  test.each([
    ["removed", "delete from members where member_id = $1"],
    ["suspended", "update members set status = 'suspended' where member_id = $1"],
    [
      "given a role that may not invite",
      "update members set role_id = (select role_id from roles r where r.tenant_id = members.tenant_id and built_in = 'viewer') where member_id = $1",
    ],
  ])("an inviter who was %s leaves no way in", async (_, sql) => {
    const { person, memberId, roleId } = await inviter(HOLDS);
    const guest = await signUpPerson(server, "Guest");
    const { invitationId, mailed, copied } = await invite(person, roleId, guest.email);
    await server.database.query(sql, [memberId]);
    for (const token of [mailed, copied]) {
      expect(await lookUp(token)).toMatchObject({ status: 410, code: "invitation_lapsed" });
      expect((await accept(guest, token)).code).toBe("invitation_lapsed");
    }
    expect((await guest.get(workspace.path)).status).toBe(404);
    expect((await owner.get(`${workspace.path}/invitations/${invitationId}/link`)).code).toBe("invitation_lapsed");
    expect(await listed(invitationId)).toMatchObject({ status: "lapsed", invitedByName: "Ina", can: { resend: true } });

    // It is none that waits, in no list and no count.
    const ids = async (status: string) =>
      (await owner.get(`${workspace.path}/invitations?limit=200&status=${status}`)).json.items.map(
        (of: { invitationId: string }) => of.invitationId,
      );
    expect([await ids("pending"), await ids("expired")].flat()).not.toContain(invitationId);
    expect(await ids("needs_sending")).toContain(invitationId);
    const lapsed = (await ids("needs_sending")).length - (await ids("expired")).length;
    const { attention } = (await owner.get("/api/v1/me/tenants")).json.items.find(
      (of: { slug: string }) => of.slug === workspace.slug,
    );
    expect(attention).toContainEqual({ kind: "invitations_lapsed", count: lapsed });
    const preview = await owner.post(`${workspace.path}/invitations/preview`, {
      defaultRoleId: workspace.roles.Viewer,
      text: guest.email,
    });
    expect(preview.json.lines).toMatchObject([
      { verdict: "invite", message: "The invitation by Ina lapsed. Will be invited anew in your name, as Viewer." },
    ]);

    // Sent again by somebody who may, it is theirs, and works.
    await resend([invitationId]);
    expect(await lastEntry()).toMatchObject({ changes: { invitedBy: { from: "Ina", to: "Olga" } } });
    expect(await listed(invitationId)).toMatchObject({ status: "pending", invitedByName: "Olga" });
    expect((await accept(guest, tokenOf((await server.mailTo(guest.email)).link))).status).toBe(200);
  });

  test("before an inviter goes or changes it is said how many of theirs stop working, and then as many do", async () => {
    const { person, memberId, roleId } = await inviter(HOLDS);
    const other = await inviter(HOLDS);
    const [first] = [await invite(person, roleId), await invite(person, roleId), await invite(other.person, other.roleId)];
    const { invitationId } = await invite(person, roleId);
    await expire(invitationId);
    const ask = (memberIds: string[], becomes: string | null, who = owner) =>
      who.post(`${workspace.path}/invitations/lapsing`, { memberIds, roleId: becomes });
    const both = [memberId, other.memberId];
    expect((await ask([memberId], null)).json).toEqual({ count: 2 });
    expect((await ask(both, null)).json).toEqual({ count: 3 });
    expect((await ask(both, workspace.roles.Viewer)).json).toEqual({ count: 3 });
    expect((await ask(both, workspace.roles.Admin)).json).toEqual({ count: 0 });
    // May invite, but not to all that the role holds.
    expect((await ask(both, await makeRole(owner, workspace, ["users.invite"]))).json).toEqual({ count: 3 });
    expect((await ask([memberId, randomUUID()], null)).code).toBe("not_found");

    const eve = await signUpPerson(server, "Eve");
    await addMember(server, owner, workspace, eve, await makeRole(owner, workspace, ["users.view", "users.invite"]));
    for (const becomes of [null, workspace.roles.Viewer]) {
      expect(await ask(both, becomes, eve)).toMatchObject({ status: 403, code: "forbidden" });
    }

    const lapsed = async () => (await list()).filter(({ status }) => status === "lapsed").length;
    const before = await lapsed();
    await owner.post(`${workspace.path}/members/removals`, { memberIds: [memberId] });
    expect((await lapsed()) - before).toBe(2);
    expect((await lookUp(first.mailed)).code).toBe("invitation_lapsed");
    expect((await ask([memberId], null)).code).toBe("not_found");
  });

  test("a role that was raised above its inviter since is not given; one that was lowered is given as it is now", async () => {
    const { person } = await inviter(HOLDS);
    const roleId = randomUUID();
    await server.database.query("insert into roles (tenant_id, role_id, name, permissions) values ($1, $2, $3, '{voice.join}')", [
      workspace.tenantId,
      roleId,
      `Role ${roleId}`,
    ]);
    const become = (permissions: string[]) =>
      server.database.query("update roles set permissions = $2 where role_id = $1", [roleId, permissions]);
    const guest = await signUpPerson(server, "Guest");
    const { mailed } = await invite(person, roleId, guest.email);
    await become(["voice.join", "roles.edit"]);
    expect((await accept(guest, mailed)).code).toBe("invitation_lapsed");
    await become([]);
    expect((await accept(guest, mailed)).status).toBe(200);
    expect((await guest.get(workspace.path)).json.self.permissions).toEqual([]);
  });
});

describe("an old link", () => {
  test("opened again by a member who is suspended now tells them so, and reactivates nobody", async () => {
    const guest = await signUpPerson(server, "Guest");
    const { mailed } = await invite(owner, workspace.roles.Viewer, guest.email);
    await accept(guest, mailed);
    await server.database.query("update members set status = 'suspended' where account_id = $1", [guest.accountId]);
    expect(await accept(guest, mailed)).toMatchObject({ status: 200, json: { slug: workspace.slug } });
    expect(await guest.get(workspace.path)).toMatchObject({ status: 403, code: "suspended" });
  });

  test("of a workspace that was deleted meanwhile is unknown, like one that never was", async () => {
    const at = await makeWorkspace(owner);
    const guest = await signUpPerson(server, "Guest");
    await owner.post(`${at.path}/invitations`, { email: guest.email, roleId: at.roles.Viewer });
    const token = tokenOf((await server.mailTo(guest.email)).link);
    await owner.post(`${at.path}/deletion`, { slug: at.slug, password: PASSWORD });
    const never = "x".repeat(43);
    for (const ask of [lookUp, (of: string) => accept(guest, of)]) {
      const [dead, unknown] = [await ask(token), await ask(never)];
      expect(dead).toMatchObject({ status: 404, code: "not_found" });
      expect({ ...dead.json, requestId: "" }).toEqual({ ...unknown.json, requestId: "" });
    }
  });
});

test("who may invite and not see addresses gets no link, in which the address can be read", async () => {
  const { invitationId, email } = await invite();
  const eve = await signUpPerson(server, "Eve");
  await addMember(server, owner, workspace, eve, await makeRole(owner, workspace, ["users.invite", "roles.view"]));
  const [shown] = (await list("", eve)).filter((item) => item["invitationId"] === invitationId);
  expect(shown?.["email"]).toBeNull();
  const refused = await eve.get(`${workspace.path}/invitations/${invitationId}/link`);
  expect([refused.code, refused.text.includes(email)]).toEqual(["forbidden", false]);
});
