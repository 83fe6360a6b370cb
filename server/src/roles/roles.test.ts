import { beforeAll, describe, expect, test } from "vitest";
import { builtInPermissions, isAvailable, type Permission, PERMISSION_NAMES, whatItAllows } from "#contract/permissions.ts";
import {
  freshEmail,
  makeChannel,
  makeRole,
  makeWorkspace,
  addMember,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { addCustomRole } from "../members/testing/rows.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";

const server = useServer();
let owner: Person;
let acme: Workspace;

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  acme = await makeWorkspace(owner);
});

async function holder(name: string, roleId: string, workspace = acme): Promise<Person & { memberId: string }> {
  const person = await signUpPerson(server, name);
  await addMember(server, owner, workspace, person, roleId);
  const { self } = (await person.get(workspace.path)).json;
  return Object.assign(person, { memberId: self.memberId as string });
}

const rolePath = (roleId: string) => `${acme.path}/roles/${roleId}`;
const readRole = async (roleId: string) => (await owner.get(rolePath(roleId))).json;
const remove = (who: Person, roleId: string, replacementRoleId: string | null = null) =>
  who.post(`${rolePath(roleId)}/deletion`, { replacementRoleId });
const lastEntries = (count: number) =>
  server.database.query<{ action: string; target_name: string; changes: unknown }>(
    `select * from (select sequence, action, target_name, changes from audit_log where tenant_id = $1 and action <> 'session.signed_in'
     order by sequence desc limit $2) latest order by sequence`,
    [acme.tenantId, count],
  );

/** Sends the request, and expects the refusal and an unchanged tenant. */
async function refused(send: () => Promise<{ code: string | undefined; json: any }>, code: string, detail?: RegExp) {
  const before = await tenantState(server, acme.tenantId);
  const answer = await send();
  expect([answer.code, answer.json.detail]).toEqual([code, detail ? expect.stringMatching(detail) : expect.any(String)]);
  expect(await tenantState(server, acme.tenantId)).toEqual(before);
}

describe("a custom role", () => {
  test("is created with distinct, sorted permissions, its uses, and what the caller may do with it", async () => {
    const created = await owner.post(`${acme.path}/roles`, {
      name: "  Stewards ",
      description: "The floor",
      permissions: ["voice.transmit", "voice.join", "voice.join"],
    });
    expect([created.status, created.json]).toEqual([
      201,
      {
        roleId: expect.any(String),
        name: "Stewards",
        description: "The floor",
        builtIn: null,
        permissions: ["voice.join", "voice.transmit"],
        version: 1,
        uses: { members: 0, invitations: 0, channels: 0 },
        can: { edit: true, editRefusal: null, delete: true, deleteRefusal: null, give: true },
      },
    ]);
    expect(await readRole(created.json.roleId)).toEqual(created.json);
    expect((await lastEntries(1))[0]).toMatchObject({
      action: "role.created",
      target_name: "Stewards",
      changes: { permissions: { to: ["voice.join", "voice.transmit"] }, description: { to: "The floor" } },
    });
    const { items } = (await owner.get(`${acme.path}/roles`)).json;
    expect(items.map(({ name }: { name: string }) => name)).toEqual(["Admin", "Member", "Viewer", "Stewards"]);
  });

  test("when edited, applies at its members' next request, and the audit log has the added and removed permissions", async () => {
    const roleId = await makeRole(owner, acme, ["voice.join", "recording.play", "roles.view"], "Guards");
    const gus = await holder("Gus", roleId);
    expect((await gus.get(`${acme.path}/members`)).code).toBe("forbidden");
    const edited = await owner.patch(rolePath(roleId), {
      version: 1,
      name: "Night guards",
      permissions: ["users.view", "voice.join", "roles.view"],
    });
    expect(edited.json).toMatchObject({ version: 2, name: "Night guards", uses: { members: 1 } });
    expect((await gus.get(`${acme.path}/members`)).status).toBe(200);
    expect((await gus.get(acme.path)).json.self).toMatchObject({ roleName: "Night guards" });
    expect((await lastEntries(1))[0]).toMatchObject({
      action: "role.edited",
      target_name: "Night guards",
      changes: {
        name: { from: "Guards", to: "Night guards" },
        permissionsAdded: { to: ["users.view"] },
        permissionsRemoved: { from: ["recording.play"] },
      },
    });
    await refused(() => owner.patch(rolePath(roleId), { version: 1, permissions: [] }), "role_changed");
  });

  test("keeps its version when an edit changes nothing, and the edit is not audited", async () => {
    const roleId = await makeRole(owner, acme, ["voice.join"], "Still");
    const before = await tenantState(server, acme.tenantId);
    const body = { version: 1, name: "Still", permissions: ["voice.join", "voice.join"] };
    expect((await owner.patch(rolePath(roleId), body)).json).toMatchObject({ version: 1 });
    expect(await tenantState(server, acme.tenantId)).toEqual(before);
  });

  test("is deleted when unused; in use, the refusal names its uses, and a replacement takes its place everywhere", async () => {
    const unused = await makeRole(owner, acme, ["voice.join"]);
    expect((await remove(owner, unused)).status).toBe(204);
    expect((await owner.get(rolePath(unused))).code).toBe("not_found");

    const roleId = await makeRole(owner, acme, ["voice.join", "voice.transmit"], "Dispatchers");
    const dan = await holder("Dan", roleId);
    const email = freshEmail("later");
    await owner.post(`${acme.path}/invitations`, { email, roleId });
    const withdrawn = await owner.post(`${acme.path}/invitations`, { email: freshEmail("never"), roleId });
    await owner.delete(`${acme.path}/invitations/${withdrawn.json.invitationId}`);
    const talkers = { roleIds: [roleId, acme.roles.Admin], memberIds: [] };
    const channelId = await makeChannel(owner, acme, { name: "All hands", transmission: "restricted", talkers });
    const both = await makeChannel(owner, acme, {
      name: "Both",
      transmission: "restricted",
      talkers: { roleIds: [roleId, acme.roles.Member], memberIds: [] },
    });
    expect((await readRole(roleId)).uses).toEqual({ members: 1, invitations: 1, channels: 2 });

    await refused(() => remove(owner, roleId), "role_in_use", /1 member has it, 1 invitation gives it, 2 channels let it talk/);
    await refused(() => remove(owner, roleId, roleId), "invalid_input");
    await refused(() => remove(owner, roleId, unused), "invalid_input");

    expect((await remove(owner, roleId, acme.roles.Member)).status).toBe(204);
    expect((await dan.get(acme.path)).json.self.roleName).toBe("Member");
    const invitations = (await owner.get(`${acme.path}/invitations`)).json.items;
    expect(invitations.find((item: { email: string }) => item.email === email).roleName).toBe("Member");
    const talkersOf = async (id: string) => (await owner.get(`${acme.path}/channels/${id}`)).json.talkers.roleIds.toSorted();
    expect(await talkersOf(channelId)).toEqual([acme.roles.Admin, acme.roles.Member].toSorted());
    expect(await talkersOf(both)).toEqual([acme.roles.Member]);
    const log = await lastEntries(5);
    expect(log.map((entry) => [entry.action, entry.target_name])).toEqual([
      ["role.deleted", "Dispatchers"],
      ["member.role_changed", "Dan"],
      ["channel.edited", "All hands"],
      ["channel.edited", "Both"],
      ["invitation.role_changed", email],
    ]);
    expect(log[0]?.changes).toMatchObject({
      replacedBy: { to: "Member" },
      permissions: { from: ["voice.join", "voice.transmit"] },
    });
    expect(log[1]?.changes).toEqual({ role: { from: "Dispatchers", to: "Member" } });
  });

  test("can be replaced for thousands of members, each with an audit entry, without a gap in the log", async () => {
    const roleId = await makeRole(owner, acme, ["voice.join"], "Crowd");
    await server.database.query(
      `insert into members (tenant_id, member_id, account_id, role_id, name, email)
       select $1, gen_random_uuid(), gen_random_uuid(), $2, 'Person ' || n, 'p' || n || '@example.com' from generate_series(1, 2500) n`,
      [acme.tenantId, roleId],
    );
    const [before] = await server.database.query<{ sequence: string }>("select sequence from audit_heads where tenant_id = $1", [
      acme.tenantId,
    ]);
    expect((await remove(owner, roleId, acme.roles.Viewer)).status).toBe(204);
    const [entries] = await server.database.query(
      `select count(*)::int, count(distinct target_id)::int as members, max(sequence) - min(sequence) + 1 = count(*) as whole,
         max(sequence) = (select sequence from audit_heads where tenant_id = $1) as ends
       from audit_log where tenant_id = $1 and sequence > $2`,
      [acme.tenantId, before?.sequence],
    );
    expect(entries).toEqual({ count: 2501, members: 2501, whole: true, ends: true });
    await server.database.query("delete from members where tenant_id = $1 and name like 'Person %'", [acme.tenantId]);
  });
});

describe("a permission that is not available yet", () => {
  const NOT_YET = PERMISSION_NAMES.filter((permission) => !isAvailable(permission));

  test("cannot be given to a new or existing role, even by the owner, and the refusal names it", async () => {
    const roleId = await makeRole(owner, acme, ["voice.join"]);
    const before = await tenantState(server, acme.tenantId);
    for (const early of [NOT_YET, ["voice.broadcast"], ["messaging.read"]] as Permission[][]) {
      const permissions = ["voice.join", ...early];
      for (const { status, code, json } of [
        await owner.post(`${acme.path}/roles`, { name: "Too early", permissions }),
        await owner.patch(rolePath(roleId), { version: 1, permissions }),
      ]) {
        const message = `Not available yet, so no role can be given it: ${early.map(whatItAllows).join("; ")}.`;
        expect([status, code, json.detail, json.fields]).toEqual([
          400,
          "invalid_input",
          message,
          [{ path: "permissions", message }],
        ]);
      }
    }
    expect(await tenantState(server, acme.tenantId)).toEqual(before);
  });

  test("can be kept or removed in a role that already holds it, but not added again", async () => {
    const roleId = await addCustomRole(server, acme, "From before", ["messaging.send", "voice.priority", "voice.join"]);
    const edit = (version: number, permissions: string[]) => owner.patch(rolePath(roleId), { version, permissions });
    const kept = await edit(1, ["messaging.send", "voice.join", "voice.transmit"]);
    expect([kept.status, kept.json.permissions]).toEqual([200, ["messaging.send", "voice.join", "voice.transmit"]]);
    await refused(() => edit(2, ["messaging.send", "voice.priority", "voice.join"]), "invalid_input", /interrupt a talker/);
    expect((await owner.patch(rolePath(roleId), { version: 2, name: "Renamed, and no more" })).status).toBe(200);
  });

  test("is not needed to give the role Member, and Admin can be given by Admins only", async () => {
    const recruiter = await holder(
      "Rae",
      await makeRole(owner, acme, [
        ...[...builtInPermissions("member")].filter(isAvailable),
        "users.invite",
        "users.change_role",
      ]),
    );
    const mia = await holder("Mia", acme.roles.Member);
    const give = (roleId: string) => recruiter.post(`${acme.path}/members/role-changes`, { memberIds: [mia.memberId], roleId });
    expect((await give(acme.roles.Viewer)).status).toBe(200);
    expect((await give(acme.roles.Member)).status).toBe(200);
    await refused(() => give(acme.roles.Admin), "forbidden", /You can't give what you don't have/);

    const email = freshEmail("newcomer");
    expect((await recruiter.post(`${acme.path}/invitations`, { email, roleId: acme.roles.Member })).status).toBe(201);
    const { items } = (await owner.get(`${acme.path}/invitations`)).json;
    expect(items.find((item: { email: string }) => item.email === email)).toMatchObject({ status: "pending" });
    const everything = await makeRole(owner, acme, PERMISSION_NAMES.filter(isAvailable));
    const nearly = await holder("Nea", everything);
    const toAdmin = { memberIds: [mia.memberId], roleId: acme.roles.Admin };
    await refused(() => nearly.post(`${acme.path}/members/role-changes`, toAdmin), "forbidden");
  });
});

describe("creating roles", () => {
  test("refuses a name that differs from another only in case, spaces or invisible characters, or that looks built-in", async () => {
    const roleId = await makeRole(owner, acme, [], "Ramp agents");
    for (const name of ["ramp AGENTS", "Ramp\u200d agents", "Rampagents", "Admin", "mem\u200cber", "Аdmin"]) {
      await refused(() => owner.post(`${acme.path}/roles`, { name, permissions: [] }), "role_name_taken");
    }
    const other = await makeRole(owner, acme, [], "Ramp leads");
    await refused(() => owner.patch(rolePath(other), { version: 1, name: "Ramp Agents" }), "role_name_taken");
    expect((await owner.patch(rolePath(roleId), { version: 1, name: "RAMP agents" })).json.name).toBe("RAMP agents");
    for (const name of ["", "  ", "\u200b", "x".repeat(61), "a\u202eb"]) {
      await refused(() => owner.post(`${acme.path}/roles`, { name, permissions: [] }), "invalid_input");
    }
  });

  test("refuses unknown permissions", async () => {
    for (const permissions of [["tenant.delete"], ["voice.join", ""], "voice.join", [null], Array(66).fill("voice.join")]) {
      await refused(() => owner.post(`${acme.path}/roles`, { name: "Odd", permissions }), "invalid_input");
    }
  });

  test("is refused beyond the workspace's quota of custom roles", async () => {
    const crowded = await makeWorkspace(owner);
    await server.database.query(
      "insert into roles (tenant_id, role_id, name, permissions) select $1, gen_random_uuid(), 'Role ' || n, '{}' from generate_series(1, 99) n",
      [crowded.tenantId],
    );
    const body = (name: string) => ({ name, permissions: [] });
    expect((await owner.post(`${crowded.path}/roles`, body("The last"))).status).toBe(201);
    expect((await owner.post(`${crowded.path}/roles`, body("One more"))).code).toBe("quota_reached");
  });
});

describe("a member who may edit and give roles, with few other permissions,", () => {
  const OWN: Permission[] = [
    "roles.view",
    "roles.create",
    "roles.edit",
    "roles.delete",
    "users.view",
    "users.change_role",
    "users.invite",
    "voice.join",
  ];
  let eve: Person;
  let ownRole: string;
  let above: string;
  let below: string;

  beforeAll(async () => {
    ownRole = await makeRole(owner, acme, OWN, "Role keepers");
    above = await makeRole(owner, acme, ["voice.join", "audit.view"], "Auditors");
    below = await makeRole(owner, acme, ["voice.join"], "Listeners");
    eve = await holder("Eve", ownRole);
  });

  test("gets the abilities that match what the server allows", async () => {
    const { items } = (await eve.get(`${acme.path}/roles`)).json;
    const can = (roleId: string) => items.find((role: { roleId: string }) => role.roleId === roleId).can;
    expect(can(above)).toEqual({
      edit: false,
      editRefusal: "holds_more",
      delete: false,
      deleteRefusal: "holds_more",
      give: false,
    });
    expect(can(below)).toEqual({ edit: true, editRefusal: null, delete: true, deleteRefusal: null, give: true });
    expect(can(ownRole)).toMatchObject({ editRefusal: "own_role", deleteRefusal: "own_role", give: true });
    expect(can(acme.roles.Admin)).toMatchObject({ editRefusal: "built_in", give: false });
  });

  test("cannot create a role with permissions that they lack, or add such permissions to one", async () => {
    const body = { name: "Ladder", permissions: ["voice.join", "audit.view"] };
    await refused(() => eve.post(`${acme.path}/roles`, body), "forbidden", /read the audit log/);
    await refused(
      () => eve.patch(rolePath(below), { version: 1, permissions: body.permissions }),
      "forbidden",
      /read the audit log/,
    );
    const missing = PERMISSION_NAMES.filter((permission) => isAvailable(permission) && !OWN.includes(permission));
    for (const permission of missing) {
      expect([permission, (await eve.post(`${acme.path}/roles`, { name: "Ladder", permissions: [permission] })).code]).toEqual([
        permission,
        "forbidden",
      ]);
    }
  });

  test("cannot change or delete a role that holds more, not even its name", async () => {
    for (const change of [{ permissions: ["voice.join"] }, { permissions: [] }, { name: "Mine" }, { description: "x" }, {}]) {
      await refused(() => eve.patch(rolePath(above), { version: 1, ...change }), "forbidden", /above your own role/);
    }
    await refused(() => remove(eve, above), "forbidden", /above your own role/);
    await refused(() => remove(eve, above, below), "forbidden", /above your own role/);
  });

  test("cannot change their own role; and nobody, not even the owner, can change a built-in one", async () => {
    await refused(() => eve.patch(rolePath(ownRole), { version: 1, permissions: OWN.slice(1) }), "forbidden", /your own role/);
    await refused(() => remove(eve, ownRole, below), "forbidden", /your own role/);
    for (const roleId of Object.values(acme.roles)) {
      for (const who of [eve, owner]) {
        await refused(() => who.patch(rolePath(roleId), { version: 1, name: "Mine" }), "role_built_in");
        await refused(() => remove(who, roleId, below), "role_built_in");
      }
    }
  });

  test("cannot replace a role by Admin, and a member who may only delete roles cannot move members to another", async () => {
    const roleId = await makeRole(owner, acme, ["voice.join"], "Stepping stone");
    await holder("Sam", roleId);
    await refused(() => remove(eve, roleId, acme.roles.Admin), "forbidden", /You can't give what you don't have/);
    await refused(() => remove(eve, roleId, above), "forbidden");
    const deleter = await holder("Del", await makeRole(owner, acme, ["roles.view", "roles.delete", "voice.join"]));
    await refused(() => remove(deleter, roleId, below), "forbidden", /change a member's role/);
    expect((await remove(eve, roleId, below)).status).toBe(204);
  });

  test("cannot let anybody talk on a restricted channel by replacing a role", async () => {
    const roleId = await makeRole(owner, acme, ["voice.join"], "Dispatchers");
    const talkers = { roleIds: [roleId], memberIds: [] };
    await makeChannel(owner, acme, { name: "Restricted", transmission: "restricted", talkers });
    await refused(() => remove(eve, roleId, ownRole), "forbidden", /choose who may talk on a channel/);
    await refused(() => remove(eve, roleId, below), "forbidden", /choose who may talk on a channel/);
    expect((await remove(owner, roleId, below)).status).toBe(204);
  });

  test("differs from a Member and a Viewer, who cannot create, change or delete roles", async () => {
    for (const role of ["Member", "Viewer"] as const) {
      const who = await holder(role, acme.roles[role]);
      await refused(() => who.post(`${acme.path}/roles`, { name: "Mine", permissions: [] }), "forbidden");
      await refused(() => who.patch(rolePath(below), { version: 1, permissions: [] }), "forbidden");
      await refused(() => remove(who, below), "forbidden");
    }
  });

  test("cannot do anything with another workspace's role, and neither can the owner", async () => {
    const globex = await makeWorkspace(owner);
    const theirs = await makeRole(owner, globex, ["voice.join"]);
    const ours = await makeRole(owner, acme, ["voice.join"]);
    await holder("Una", ours);
    await refused(() => owner.patch(rolePath(theirs), { version: 1, name: "Ours" }), "not_found");
    await refused(() => remove(owner, theirs), "not_found");
    await refused(() => remove(owner, ours, theirs), "invalid_input");
  });
});

describe("concurrently", () => {
  test("the second of two edits of one role is refused with role_changed, and the first is kept", async () => {
    const roleId = await makeRole(owner, acme, ["voice.join"]);
    const answers = await Promise.all(
      [
        ["voice.join", "voice.transmit"],
        ["voice.join", "recording.play"],
      ].map((permissions) => owner.patch(rolePath(roleId), { version: 1, permissions })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.code).toBe("role_changed");
    expect((await readRole(roleId)).permissions).toEqual(answers.find(({ status }) => status === 200)?.json.permissions);
  });

  test("when two members take roles.edit from each other's role, exactly one succeeds", async () => {
    const rights: Permission[] = ["roles.view", "roles.edit", "voice.join"];
    const roles = await Promise.all(["Left", "Right"].map((name) => makeRole(owner, acme, rights, name)));
    const [left, right] = [await holder("Lea", roles[0] ?? ""), await holder("Rob", roles[1] ?? "")];
    const answers = await Promise.all([
      left.patch(rolePath(roles[1] ?? ""), { version: 1, permissions: ["voice.join"] }),
      right.patch(rolePath(roles[0] ?? ""), { version: 1, permissions: ["voice.join"] }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
  });

  test("a role that is deleted while it is being invited to, joined with and chosen on channels leaves no reference behind", async () => {
    for (let round = 0; round < 8; round += 1) {
      const roleId = await makeRole(owner, acme, [
        "voice.join",
        "users.invite",
        "channels.create",
        "channels.set_transmission",
        "channels.edit",
      ]);
      const inviter = await holder("Ivy", roleId);
      const joiner = await signUpPerson(server, "Joe");
      await owner.post(`${acme.path}/invitations`, { email: joiner.email, roleId });
      const token = (await server.mailTo(joiner.email)).link?.split("#")[1];
      const channelId = await makeChannel(owner, acme, { name: `Race ${round}`, transmission: "restricted" });
      // The inviter's next request then also writes when they were seen.
      await server.database.query("update member_sessions set last_seen_at = now() - interval '1 hour' where member_id = $1", [
        inviter.memberId,
      ]);
      const talkers = { roleIds: [roleId], memberIds: [] };
      const answers = await Promise.all([
        inviter.post(`${acme.path}/invitations`, { email: freshEmail("raced"), roleId }),
        joiner.post("/api/v1/invitations/acceptance", { token }),
        inviter.patch(`${acme.path}/channels/${channelId}`, { talkers }),
        owner.post(`${acme.path}/channels`, { name: `Raced ${round}`, transmission: "restricted", talkers }),
        remove(owner, roleId, acme.roles.Viewer),
      ]);
      expect(answers.filter(({ status }) => status >= 500).map(({ text }) => text)).toEqual([]);
      expect(answers[4]?.status).toBe(204);
      expect(answers[1]?.status).toBe(200);
      for (const table of ["members", "invitations", "channel_talker_roles", "roles"]) {
        const rows = await server.database.query(`select 1 from ${table} where role_id = $1`, [roleId]);
        expect([table, rows]).toEqual([table, []]);
      }
      expect((await joiner.get(acme.path)).json.self.roleName).toBe("Viewer");
    }
  });
});

test("the serving role of the database cannot write roles.built_in", async () => {
  expect(builtInPermissions("admin").size).toBe(PERMISSION_NAMES.length);
  for (const [column, allowed] of [
    ["built_in", false],
    ["permissions", true],
  ] as const) {
    const [may] = await server.database.query(
      "select has_column_privilege('whoot_app', 'roles', $1, 'INSERT') as insert, has_column_privilege('whoot_app', 'roles', $1, 'UPDATE') as update",
      [column],
    );
    expect([column, may]).toEqual([column, { insert: allowed, update: allowed }]);
  }
});
