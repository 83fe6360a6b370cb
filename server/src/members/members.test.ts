import { beforeAll, describe, expect, test } from "vitest";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { addCustomRole, addRows, idsByName } from "./testing/rows.ts";

const server = useServer();

let owner: Person;
let acme: Workspace;
let ids: Record<string, string>;
const people: Record<string, Person> = {};

const change = (who: Person, kind: string, names: string[], more: object = {}) =>
  who.post(`${acme.path}/members/${kind}`, { memberIds: names.map((name) => ids[name]), ...more });

async function join(name: string, roleId: string): Promise<Person> {
  const person = await signUpPerson(server, name);
  await addMember(server, owner, acme, person, roleId);
  people[name] = person;
  ids = await idsByName(owner, acme);
  return person;
}

const stateOf = async (name: string) => {
  const { items } = (await owner.get(`${acme.path}/members?search=${name}`)).json;
  return items[0] && [items[0].roleName, items[0].status];
};

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  acme = await makeWorkspace(owner);
  await join("Ada", acme.roles.Admin);
  await join("Ben", acme.roles.Member);
  await join("Vi", acme.roles.Viewer);
});

describe("changing one or many members", () => {
  test("gives a role and audits the old and the new one for each member whose role changed", async () => {
    const answer = await change(people["Ada"] as Person, "role-changes", ["Ben", "Vi", "Ben"], { roleId: acme.roles.Viewer });
    // Vi was already a viewer, so nothing is audited for her.
    expect([answer.status, answer.json]).toEqual([200, { changed: 1 }]);
    expect(await stateOf("Ben")).toEqual(["Viewer", "active"]);
    const [entry, ...more] = await server.database.query(
      "select actor_name, target_id, target_name, changes from audit_log where tenant_id = $1 and action = 'member.role_changed'",
      [acme.tenantId],
    );
    expect([entry, more]).toEqual([
      { actor_name: "Ada", target_id: ids["Ben"], target_name: "Ben", changes: { role: { from: "Member", to: "Viewer" } } },
      [],
    ]);
    await change(owner, "role-changes", ["Ben"], { roleId: acme.roles.Member });
  });

  test("a suspended member gets the refusal suspended at their next request, and is reactivated with their earlier role", async () => {
    const ben = people["Ben"] as Person;
    expect((await change(owner, "suspensions", ["Ben", "Vi"])).json).toEqual({ changed: 2 });
    expect((await change(owner, "suspensions", ["Ben"])).json).toEqual({ changed: 0 });
    expect(await ben.get(acme.path)).toMatchObject({ status: 403, code: "suspended" });
    expect(await ben.get(`${acme.path}/members`)).toMatchObject({ status: 403, code: "suspended" });
    expect((await change(owner, "reactivations", ["Ben", "Vi"])).json).toEqual({ changed: 2 });
    expect(await stateOf("Ben")).toEqual(["Member", "active"]);
    expect((await ben.get(acme.path)).status).toBe(200);
  });

  test("a removed member gets not_found, and can be invited again as a new member", async () => {
    const gone = await join("Gone", acme.roles.Admin);
    const memberId = ids["Gone"];
    expect((await change(owner, "removals", ["Gone"])).json).toEqual({ changed: 1 });
    expect(await gone.get(acme.path)).toMatchObject({ status: 404, code: "not_found" });
    expect((await gone.get("/api/v1/me")).json.tenants).toEqual([]);
    expect(await change(owner, "removals", ["Gone"])).toMatchObject({ status: 404, code: "not_found" });
    await join("Gone", acme.roles.Viewer);
    expect(ids["Gone"]).not.toBe(memberId);
  });

  test("takes 500 members in one request, and refuses 501", async () => {
    const crowd = await addRows(server, acme, 500, { role: acme.roles.Viewer, name: "Crowd" });
    const before = await server.database.query("select count(*)::int as n from audit_log where tenant_id = $1", [acme.tenantId]);
    const answer = await owner.post(`${acme.path}/members/role-changes`, { memberIds: crowd, roleId: acme.roles.Member });
    expect(answer.json).toEqual({ changed: 500 });
    const after = await server.database.query("select count(*)::int as n from audit_log where tenant_id = $1", [acme.tenantId]);
    expect(Number(after[0]?.["n"]) - Number(before[0]?.["n"])).toBe(500);
    const tooMany = await owner.post(`${acme.path}/members/suspensions`, { memberIds: [...crowd, ids["Ben"]] });
    expect(tooMany).toMatchObject({ status: 400, code: "invalid_input" });
    expect((await owner.post(`${acme.path}/members/removals`, { memberIds: crowd })).json).toEqual({ changed: 500 });
  });
});

describe("a refused change changes nothing:", () => {
  const cases: Array<[why: string, who: string, kind: string, names: string[], code: string, says: RegExp]> = [
    ["an actor on themselves", "Ada", "removals", ["Ben", "Ada"], "not_yourself", /Leave the workspace/],
    ["a new role for oneself", "Ada", "role-changes", ["Ada"], "not_yourself", /own role/],
    ["suspending the owner", "Ada", "suspensions", ["Ben", "Olga"], "owner_protected", /^Nothing was changed. Olga: The owner/],
    ["demoting the owner", "Ada", "role-changes", ["Olga"], "owner_protected", /always an Admin/],
    ["removing the owner", "Ada", "removals", ["Olga"], "owner_protected", /can't be removed/],
    ["without the permission", "Ben", "removals", ["Vi"], "forbidden", /remove a member/],
    ["without the permission", "Vi", "role-changes", ["Ben"], "forbidden", /change a member's role/],
  ];
  test.each(cases)("%s (%s: %s of %s)", async (_why, who, kind, names, code, says) => {
    const before = await tenantState(server, acme.tenantId);
    const answer = await change(people[who] as Person, kind, names, kind === "role-changes" ? { roleId: acme.roles.Viewer } : {});
    expect(answer.code).toBe(code);
    expect(answer.json.detail).toMatch(says);
    expect(await tenantState(server, acme.tenantId)).toEqual(before);
  });

  test("the refusal has a field for each member who cannot be changed, by their index in the request", async () => {
    const answer = await change(people["Ada"] as Person, "suspensions", ["Ben", "Olga", "Vi", "Ada"]);
    expect(answer.code).toMatch(/not_yourself|owner_protected/);
    expect(answer.json.detail).toContain("1 more of them");
    expect(answer.json.fields.map(({ path }: { path: string }) => path).sort()).toEqual(["memberIds.1", "memberIds.3"]);
  });

  test("an id of nobody and an id of another tenant's member get the same refusal", async () => {
    const foreigner = await signUpPerson(server, "Eve");
    const theirs = await makeWorkspace(foreigner);
    const eve = (await foreigner.get(theirs.path)).json.self.memberId;
    const before = [await tenantState(server, acme.tenantId), await tenantState(server, theirs.tenantId)];
    for (const [kind, more] of [
      ["suspensions", {}],
      ["reactivations", {}],
      ["removals", {}],
      ["role-changes", { roleId: acme.roles.Viewer }],
    ] as const) {
      const answers = [];
      for (const stranger of [eve, "0198c0de-0000-7000-8000-000000000000"]) {
        const { requestId: _, ...problem } = (
          await owner.post(`${acme.path}/members/${kind}`, { memberIds: [ids["Ben"], stranger], ...more })
        ).json;
        answers.push(problem);
      }
      expect(answers[0]).toMatchObject({ status: 404, code: "not_found" });
      expect(answers[0]).toEqual(answers[1]);
    }
    const theirRole = await owner.post(`${acme.path}/members/role-changes`, {
      memberIds: [ids["Ben"]],
      roleId: theirs.roles.Viewer,
    });
    expect(theirRole).toMatchObject({ status: 400, code: "invalid_input" });
    expect([await tenantState(server, acme.tenantId), await tenantState(server, theirs.tenantId)]).toEqual(before);
  });

  test("nobody can act on a member, or give a role, with permissions that they lack", async () => {
    const steward = await addCustomRole(server, acme, "Steward", [
      "users.view",
      "users.change_role",
      "users.suspend",
      "users.remove",
    ]);
    const sam = await join("Sam", steward);
    const tim = await addCustomRole(server, acme, "Timekeeper", ["users.view"]);
    await join("Tim", tim);
    await join("Edith", await addCustomRole(server, acme, "Editor", ["voice.join", "voice.transmit", "channels.edit"]));
    const before = await tenantState(server, acme.tenantId);
    for (const kind of ["suspensions", "reactivations", "removals"]) {
      const answer = await change(sam, kind, ["Tim", "Ada"]);
      expect(answer).toMatchObject({ status: 403, code: "outranked" });
      expect(answer.json.detail).toContain("Their role, Admin, lets them");
      const editor = await change(sam, kind, ["Edith"]);
      expect(editor).toMatchObject({ status: 403, code: "outranked" });
      // Sam may not talk either, but the sentence names the permission that matters.
      expect(editor.json.detail).toContain(
        "Their role, Editor, lets them edit a channel's name, description and settings, and yours doesn't.",
      );
    }
    // Ben's role Member holds voice.join, which Steward does not.
    expect(await change(sam, "role-changes", ["Ben"], { roleId: tim })).toMatchObject({ status: 403, code: "outranked" });
    expect(await change(sam, "role-changes", ["Tim"], { roleId: acme.roles.Admin })).toMatchObject({
      status: 403,
      code: "forbidden",
    });
    expect(await tenantState(server, acme.tenantId)).toEqual(before);
    // Sam may not talk, and still can suspend a member who may do nothing more than talk.
    expect((await change(sam, "suspensions", ["Tim", "Ben"])).json).toEqual({ changed: 2 });
    expect((await change(sam, "reactivations", ["Ben"])).json).toEqual({ changed: 1 });

    const { items } = (await sam.get(`${acme.path}/members?limit=200`)).json;
    const can = Object.fromEntries(items.map((member: { name: string; can: object }) => [member.name, member.can]));
    expect(can).toMatchObject({
      Tim: { changeRole: true, suspend: true, remove: true },
      Ben: { changeRole: false, suspend: true, remove: true },
      Edith: { changeRole: false, suspend: false, remove: false },
      Sam: { changeRole: false, suspend: false, remove: false },
      Ada: { changeRole: false, suspend: false, remove: false },
      Olga: { changeRole: false, suspend: false, remove: false },
    });
    const olga = items.find((member: { isOwner: boolean }) => member.isOwner);
    expect(olga.why.remove).toContain("owner");
  });
});
