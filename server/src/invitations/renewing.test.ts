/** Sending invitations again, withdrawing several, the list, and invitations whose sender may no longer give their role. */
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

describe("sending an invitation again", () => {
  test("replaces the link of the earlier mail, which then answers link_replaced, and keeps the copied link", async () => {
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

    // The replaced link proves no address and lets nobody in.
    const thief = httpClient(server.url);
    const body = { email, name: "Thief", password: PASSWORD, invitationToken: mailed };
    expect((await thief.post("/api/v1/accounts", body)).json).toEqual({ signedIn: false });
    const guest = await signUpPerson(server, "Guest", freshEmail("other"));
    expect((await accept(guest, mailed)).code).toBe("link_replaced");
  });

  test("makes an expired one work again for 7 days", async () => {
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

  test("twice at once leaves one working mailed link", async () => {
    const { email, invitationId } = await invite();
    const answers = await Promise.all([resend([invitationId]), resend([invitationId])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const links = [await server.mailTo(email), await server.mailTo(email)].map(({ link }) => tokenOf(link));
    const codes = await Promise.all(links.map(async (token) => (await lookUp(token)).status));
    expect(codes.sort()).toEqual([200, 410]);
  });

  test("that was withdrawn is skipped and named in the answer, while the others are sent", async () => {
    const [one, two, gone] = [await invite(), await invite(), await invite()];
    await owner.delete(`${workspace.path}/invitations/${gone.invitationId}`);
    const { json } = await resend([gone, one, two].map(({ invitationId }) => invitationId));
    expect(json).toEqual({
      sent: 2,
      skipped: [{ invitationId: gone.invitationId, code: "not_found", message: "Was accepted or withdrawn meanwhile." }],
    });
    for (const { email } of [one, two]) await server.mailTo(email);
  });
});

test("withdrawing several ends all their links, audits each, and returns their number", async () => {
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

test("the list can be searched by a part of the address, filtered by state, and read page by page", async () => {
  const mark = `zz${process.pid}`;
  const invited: Invited[] = [];
  for (let index = 0; index < 4; index++)
    invited.push(await invite(owner, workspace.roles.Viewer, freshEmail(`${mark}_${index}`)));
  await expire(invited[1]?.invitationId ?? "");
  const emails = async (query: string) => (await list(query)).map((item) => item["email"]);
  const all = invited.map(({ email }) => email).reverse();
  expect(await emails(`&search=${mark.toUpperCase()}`)).toEqual(all);
  expect(await emails(`&search=${mark}_2`)).toEqual([invited[2]?.email]);
  // A wildcard of SQL patterns is an ordinary character.
  expect(await emails(`&search=${mark}%25`)).toEqual([]);
  expect(await emails(`&search=${mark}&status=expired`)).toEqual([invited[1]?.email]);
  expect(await emails(`&search=${mark}&status=pending`)).toEqual(all.filter((email) => email !== invited[1]?.email));
  const first = await owner.get(`${workspace.path}/invitations?limit=3&search=${mark}`);
  const rest = await owner.get(`${workspace.path}/invitations?limit=3&search=${mark}&cursor=${first.json.nextCursor}`);
  expect([...first.json.items, ...rest.json.items].map((item) => item.email)).toEqual(all);
});

test("a search finds an address by the name in it, in any spelling", async () => {
  const beside = await makeWorkspace(owner);
  const searches = {
    "bjorn.hansen": ["bjorn", "Bjørn", "BJØRN hansen", "Hansen, Bjørn"],
    "lukasz.w": ["lukasz", "Łukasz"],
    grossmann: ["GROSSMANN", "Großmann"],
    "baris.yilmaz": ["BARIŞ", "yılmaz", "barış yılmaz"],
    "o'connor": ["oconnor", "O’Connor", "o'connor"],
    "anne-marie": ["marie", "Anne‑Marie", "annemarie", "Anne Marie"],
    aegir: ["Ægir", "aegir"],
    dorde: ["Đorđe"],
    zoe: ["Zoë"],
    mueller: ["Müller", "mueller"],
    a_b: ["a_b"],
  };
  const domain = `p${process.pid}.example.com`;
  for (const local of Object.keys(searches)) {
    await owner.post(`${beside.path}/invitations`, { email: `${local}@${domain}`, roleId: beside.roles.Viewer });
  }
  for (const [local, spellings] of Object.entries(searches)) {
    for (const typed of spellings) {
      const { json } = await owner.get(`${beside.path}/invitations?search=${encodeURIComponent(typed)}`);
      const found = json.items.map(({ email }: { email: string }) => email.split("@")[0]);
      expect([typed, found]).toEqual([typed, [local]]);
    }
  }
});

describe("an invitation works only while its sender may give its role:", () => {
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
  ])("it lapses when its sender is %s, until somebody else sends it again", async (_, sql) => {
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

    // It counts as lapsed, and not as pending, in every list and count.
    const ids = async (status: string) =>
      (await owner.get(`${workspace.path}/invitations?limit=200&status=${status}`)).json.items.map(
        (item: { invitationId: string }) => item.invitationId,
      );
    expect([await ids("pending"), await ids("expired")].flat()).not.toContain(invitationId);
    expect(await ids("needs_sending")).toContain(invitationId);
    const lapsed = (await ids("needs_sending")).length - (await ids("expired")).length;
    const { attention } = (await owner.get("/api/v1/me/tenants")).json.items.find(
      (tenant: { slug: string }) => tenant.slug === workspace.slug,
    );
    expect(attention).toContainEqual({ kind: "invitations_lapsed", count: lapsed });
    const preview = await owner.post(`${workspace.path}/invitations/preview`, {
      defaultRoleId: workspace.roles.Viewer,
      text: guest.email,
    });
    expect(preview.json.lines).toMatchObject([
      { verdict: "invite", message: "The invitation by Ina lapsed. Will be invited again in your name, as Viewer." },
    ]);

    // After Olga sent it again she is its sender, and it works.
    await resend([invitationId]);
    expect(await lastEntry()).toMatchObject({ changes: { invitedBy: { from: "Ina", to: "Olga" } } });
    expect(await listed(invitationId)).toMatchObject({ status: "pending", invitedByName: "Olga" });
    expect((await accept(guest, tokenOf((await server.mailTo(guest.email)).link))).status).toBe(200);
  });

  test("the count of invitations that would lapse with a change of their senders matches those that then lapse", async () => {
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
    // This role may invite, but lacks a permission of the invited role.
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

  test("it lapses when its role gains a permission that the sender lacks, and a reduced role is given as it is now", async () => {
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
    expect((await guest.get(workspace.path)).json.can.givePermissions).toEqual([]);
  });
});

describe("an old link", () => {
  test("opened again by a suspended member does not reactivate them", async () => {
    const guest = await signUpPerson(server, "Guest");
    const { mailed } = await invite(owner, workspace.roles.Viewer, guest.email);
    await accept(guest, mailed);
    await server.database.query("update members set status = 'suspended' where account_id = $1", [guest.accountId]);
    expect(await accept(guest, mailed)).toMatchObject({ status: 200, json: { slug: workspace.slug } });
    expect(await guest.get(workspace.path)).toMatchObject({ status: 403, code: "suspended" });
  });

  test("of a deleted workspace gets the same answer as an unknown link", async () => {
    const workspaceToDelete = await makeWorkspace(owner);
    const guest = await signUpPerson(server, "Guest");
    await owner.post(`${workspaceToDelete.path}/invitations`, { email: guest.email, roleId: workspaceToDelete.roles.Viewer });
    const token = tokenOf((await server.mailTo(guest.email)).link);
    await owner.post(`${workspaceToDelete.path}/deletion`, { slug: workspaceToDelete.slug });
    const never = "x".repeat(43);
    for (const use of [lookUp, (link: string) => accept(guest, link)]) {
      const [deleted, unknown] = [await use(token), await use(never)];
      expect(deleted).toMatchObject({ status: 404, code: "not_found" });
      expect({ ...deleted.json, requestId: "" }).toEqual({ ...unknown.json, requestId: "" });
    }
  });
});

test("an inviter who may not see addresses cannot copy a link, because its page shows the address", async () => {
  const { invitationId, email } = await invite();
  const eve = await signUpPerson(server, "Eve");
  await addMember(server, owner, workspace, eve, await makeRole(owner, workspace, ["users.invite", "roles.view"]));
  const [shown] = (await list("", eve)).filter((item) => item["invitationId"] === invitationId);
  expect(shown?.["email"]).toBeNull();
  const refused = await eve.get(`${workspace.path}/invitations/${invitationId}/link`);
  expect([refused.code, refused.text.includes(email)]).toEqual(["forbidden", false]);
});
