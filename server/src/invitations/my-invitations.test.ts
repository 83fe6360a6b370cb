import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { addMember, freshEmail, makeWorkspace, type Person, signUpPerson, tokenOf, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";

const server = useServer();
let owner: Person;
let acme: Workspace;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  acme = await makeWorkspace(owner);
});

const MINE = "/api/v1/me/invitations";
const listOf = async (person: Person): Promise<Array<{ invitationId: string; tenantName: string }>> =>
  (await person.get(MINE)).json.items;
const idsOf = async (person: Person) => (await listOf(person)).map(({ invitationId }) => invitationId);

async function invite(workspace: Workspace, email: string, role: keyof Workspace["roles"] = "Member"): Promise<string> {
  return (await owner.post(`${workspace.path}/invitations`, { email, roleId: workspace.roles[role] })).json.invitationId;
}

test("lists invitations from all workspaces, newest first, with workspace, role, inviter and dates only", async () => {
  const ada = await signUpPerson(server, "Ada");
  const other = await makeWorkspace(owner);
  const first = await invite(acme, ada.email);
  // The inviter may type the address in another form.
  const second = await invite(other, `  ${ada.email.toUpperCase()} `, "Viewer");
  await invite(acme, freshEmail("somebody-else"));
  const { items } = (await ada.get(MINE)).json;
  expect(items).toEqual([
    {
      invitationId: second,
      tenantName: `Workspace ${other.slug}`,
      roleName: "Viewer",
      invitedByName: "Olga",
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    },
    expect.objectContaining({ invitationId: first, tenantName: `Workspace ${acme.slug}`, roleName: "Member" }),
  ]);
});

test("an invitation sent before the person had an account is listed once they confirmed their address", async () => {
  const email = freshEmail("later");
  const invitationId = await invite(acme, email);
  await server.mailTo(email);
  expect(await idsOf(await signUpPerson(server, "Later", email))).toEqual([invitationId]);
});

describe("an invitation leaves the list", () => {
  let person: Person;
  let invitationId: string;

  async function invited(): Promise<void> {
    person = await signUpPerson(server, "Ida");
    invitationId = await invite(acme, person.email);
    expect(await idsOf(person)).toEqual([invitationId]);
  }

  test("when it is withdrawn", async () => {
    await invited();
    await owner.delete(`${acme.path}/invitations/${invitationId}`);
    expect(await idsOf(person)).toEqual([]);
    for (const what of ["acceptance", "refusal"]) {
      expect((await person.post(`${MINE}/${invitationId}/${what}`)).code).toBe("invitation_revoked");
    }
  });

  test("when it expires", async () => {
    await invited();
    await server.database.query("update invitations set expires_at = now() where invitation_id = $1", [invitationId]);
    expect(await idsOf(person)).toEqual([]);
    expect(await person.post(`${MINE}/${invitationId}/acceptance`)).toMatchObject({ status: 410, code: "link_expired" });
    expect(await person.post(`${MINE}/${invitationId}/refusal`)).toMatchObject({ status: 410, code: "link_expired" });
    expect((await person.get(acme.path)).status).toBe(404);
  });

  test("when it was accepted by its mailed link", async () => {
    await invited();
    const mail = await server.mailTo(person.email);
    await person.post("/api/v1/invitations/acceptance", { token: tokenOf(mail.link) });
    expect(await idsOf(person)).toEqual([]);
  });

  test("when its workspace is deleted", async () => {
    person = await signUpPerson(server, "Ida");
    const doomed = await makeWorkspace(owner);
    invitationId = await invite(doomed, person.email);
    await owner.post(`${doomed.path}/deletion`, { slug: doomed.slug });
    expect(await idsOf(person)).toEqual([]);
    expect((await person.post(`${MINE}/${invitationId}/acceptance`)).status).toBe(404);
  });
});

test("accepting from the list, even twice at once, creates one membership with the invited role", async () => {
  const ben = await signUpPerson(server, "Ben");
  const invitationId = await invite(acme, ben.email, "Viewer");
  const answers = await Promise.all([1, 2].map(() => ben.post(`${MINE}/${invitationId}/acceptance`)));
  expect(answers.map(({ status, json }) => [status, json])).toEqual([
    [200, { slug: acme.slug }],
    [200, { slug: acme.slug }],
  ]);
  expect((await ben.get("/api/v1/me")).json.tenants).toMatchObject([{ slug: acme.slug, roleName: "Viewer" }]);
  const joined = await server.database.query("select 1 from members where account_id = $1", [ben.accountId]);
  expect(joined).toHaveLength(1);
});

test("declining ends the links and is audited with the person's name, and they can be invited again", async () => {
  const cid = await signUpPerson(server, "Cid");
  const invitationId = await invite(acme, cid.email);
  const { link } = await server.mailTo(cid.email);
  expect((await cid.post(`${MINE}/${invitationId}/refusal`)).status).toBe(204);
  expect(await idsOf(cid)).toEqual([]);
  expect((await cid.post("/api/v1/invitations/acceptance", { token: tokenOf(link) })).code).toBe("invitation_revoked");
  expect((await owner.get(`${acme.path}/invitations`)).text).not.toContain(invitationId);
  const [entry] = await server.database.query(
    "select action, actor_member_id, actor_name, target_name from audit_log where target_id = $1 order by sequence desc limit 1",
    [invitationId],
  );
  expect(entry).toEqual({ action: "invitation.declined", actor_member_id: null, actor_name: "Cid", target_name: cid.email });
  expect(await idsOf(cid)).toEqual([]);
  const newInvitationId = await invite(acme, cid.email);
  expect(await idsOf(cid)).toEqual([newInvitationId]);
});

test("accepting and declining at the same time does exactly one of the two", async () => {
  const dan = await signUpPerson(server, "Dan");
  const invitationId = await invite(acme, dan.email);
  const [accepted, declined] = await Promise.all(
    ["acceptance", "refusal"].map((what) => dan.post(`${MINE}/${invitationId}/${what}`)),
  );
  const isMember = (await dan.get(acme.path)).status === 200;
  expect([accepted?.status, declined?.status]).toEqual(isMember ? [200, 410] : [410, 204]);
});

test("another person's invitation gets the same answer as one that never existed, and is not changed", async () => {
  const eve = await signUpPerson(server, "Eve");
  const target = await signUpPerson(server, "Target");
  const invitationId = await invite(acme, target.email);
  const member = await signUpPerson(server, "Member");
  await addMember(server, owner, acme, member, acme.roles.Admin);
  const before = await tenantState(server, acme.tenantId);
  const strip = (text: string) => text.replace(/"requestId":"[^"]*"/, "");
  for (const person of [eve, member, owner]) {
    for (const what of ["acceptance", "refusal"]) {
      const [tried, never] = [invitationId, randomUUID()].map((id) => person.post(`${MINE}/${id}/${what}`));
      const [answer, imagined] = [await tried!, await never!];
      expect([answer.status, strip(answer.text)]).toEqual([404, strip(imagined.text)]);
    }
    expect(await idsOf(person)).not.toContain(invitationId);
  }
  const nobody = httpClient(server.url);
  expect((await nobody.get(MINE)).code).toBe("not_signed_in");
  expect((await nobody.post(`${MINE}/${invitationId}/acceptance`)).code).toBe("not_signed_in");
  expect(await tenantState(server, acme.tenantId)).toEqual(before);
  expect(await idsOf(target)).toEqual([invitationId]);
});

test("a workspace that invites and withdraws again and again does not hide another's invitation", async () => {
  const ida = await signUpPerson(server, "Ida");
  const invitationId = await invite(acme, ida.email);
  const hostile = await makeWorkspace(owner);
  await server.database.query(
    `with made as (insert into invitations (tenant_id, invitation_id, email, role_id, invited_by_name, invited_by_member_id,
        token_sealed, mailed_at, expires_at, revoked_at)
      select $1, ('ffffffff-ffff-7fff-bfff-' || lpad(n::text, 12, '0'))::uuid, $2, $3, 'Eve', gen_random_uuid(), '', now(), now(), now()
      from generate_series(1, 300) n returning *)
    insert into directory_invitees select sha256(convert_to(email, 'UTF8')), tenant_id, invitation_id from made`,
    [hostile.tenantId, ida.email, hostile.roles.Viewer],
  );
  expect(await idsOf(ida)).toEqual([invitationId]);
});
