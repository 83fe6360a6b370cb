/** Concurrent changes: the second is checked against the result of the first. And rules that the database enforces by itself. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareDatabase } from "../platform/db/prepare.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { idsByName } from "./testing/rows.ts";

const server = useServer();
let owner: Person;
let acme: Workspace;
let ada: Person;
let ben: Person;
let ids: Record<string, string>;

const membersOf = (workspace: Workspace) =>
  server.database.query<{ name: string; role: string; status: string }>(
    `select members.name, roles.name as role, status from members join roles using (tenant_id, role_id)
     where members.tenant_id = $1 order by members.name`,
    [workspace.tenantId],
  );

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  acme = await makeWorkspace(owner);
  [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  await addMember(server, owner, acme, ada, acme.roles.Admin);
  await addMember(server, owner, acme, ben, acme.roles.Admin);
  ids = await idsByName(owner, acme);
});

describe("two admins who act on each other at once: exactly one succeeds", () => {
  test.each([
    ["demote", "role-changes", 12, () => ({ roleId: acme.roles.Viewer })],
    ["suspend", "suspensions", 12, () => ({})],
    // Fewer rounds: the removed one is invited again, and nobody can be invited more than ten times an hour.
    ["remove", "removals", 9, () => ({})],
  ] as const)("when both %s, in many rounds", async (_what, kind, rounds, more) => {
    for (let round = 0; round < rounds; round += 1) {
      // In some rounds each request also writes its session or when its member was seen, which are rows that the other one changes.
      if (round % 3 === 0) await server.database.query("delete from member_sessions");
      if (round % 3 === 1) await server.database.query("update member_sessions set last_seen_at = now() - interval '1 hour'");
      const at = (target: string) => ({ memberIds: [ids[target]], ...more() });
      const answers = await Promise.all([
        ada.post(`${acme.path}/members/${kind}`, at("Ben")),
        ben.post(`${acme.path}/members/${kind}`, at("Ada")),
      ]);
      const [won, lost] = answers.sort((a, b) => a.status - b.status);
      expect([won?.status, won?.json]).toEqual([200, { changed: 1 }]);
      expect(["forbidden", "suspended", "not_found"]).toContain(lost?.code);
      const admins = (await membersOf(acme)).filter(({ role, status }) => role === "Admin" && status === "active");
      expect(admins.length).toBe(2);

      await owner.post(`${acme.path}/members/role-changes`, {
        memberIds: Object.values(await idsByName(owner, acme)).filter((id) => id !== ids["Olga"]),
        roleId: acme.roles.Admin,
      });
      await owner.post(`${acme.path}/members/reactivations`, {
        memberIds: Object.values(await idsByName(owner, acme)).filter((id) => id !== ids["Olga"]),
      });
      if (kind === "removals") {
        const gone = (await membersOf(acme)).some(({ name }) => name === "Ada") ? ben : ada;
        await addMember(server, owner, acme, gone, acme.roles.Admin);
        ids = await idsByName(owner, acme);
      }
    }
  });
});

test("many admins who act on each other at once all get an answer, and the audit log has no gaps", async () => {
  const crowd = await Promise.all(Array.from({ length: 6 }, (_, index) => signUpPerson(server, `Crowd${index}`)));
  for (const person of crowd) await addMember(server, owner, acme, person, acme.roles.Admin);
  ids = await idsByName(owner, acme);
  const answers = await Promise.all(
    crowd.flatMap((person, index) =>
      crowd
        .filter((other) => other !== person)
        .map((other) =>
          person.post(`${acme.path}/members/${index % 2 ? "suspensions" : "removals"}`, {
            memberIds: [ids[other.name], ids["Ada"]],
          }),
        ),
    ),
  );
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  const entries = await server.database.query<{ sequence: string }>(
    "select sequence from audit_log where tenant_id = $1 order by sequence",
    [acme.tenantId],
  );
  expect(entries.map(({ sequence }) => Number(sequence))).toEqual(entries.map((_, index) => index + 1));
  expect((await membersOf(acme)).find(({ name }) => name === "Olga")).toEqual({ name: "Olga", role: "Admin", status: "active" });
});

describe("raw SQL past the server's code", () => {
  let app: pg.Client;
  beforeAll(async () => {
    app = new pg.Client({ connectionString: (await prepareDatabase(server.database.ownerUrl, MASTER_KEY)).app });
    await app.connect();
  });
  afterAll(() => app.end());

  async function attempt(sql: string): Promise<string> {
    await app.query(`begin; select set_config('whoot.tenant_id', '${acme.tenantId}', true)`);
    try {
      await app.query(sql.replaceAll("$OWNER", `(select owner_member_id from tenants)`));
      await app.query("commit");
      return "done";
    } catch (error) {
      await app.query("rollback");
      return (error as { code: string }).code;
    }
  }

  test.each([
    ["demoted", "update members set role_id = (select role_id from roles where built_in = 'viewer') where member_id = $OWNER"],
    ["suspended", "update members set status = 'suspended' where member_id = $OWNER"],
    ["removed", "delete from members where member_id = $OWNER"],
    ["suspended together with everybody else", "update members set status = 'suspended'"],
  ])("the serving role cannot have the owner %s", async (_what, sql) => {
    const before = await membersOf(acme);
    // Foreign key violation at the commit.
    expect(await attempt(sql)).toBe("23503");
    expect(await membersOf(acme)).toEqual(before);
  });

  test.each([
    ["somebody who does not exist", "update tenants set owner_member_id = gen_random_uuid() where tenant_id = $TENANT"],
    [
      "a member who is demoted in the same statement",
      `update tenants set owner_member_id = (select member_id from members where name = 'Ben') where tenant_id = $TENANT;
       update members set role_id = (select role_id from roles where built_in = 'viewer') where name = 'Ben'`,
    ],
  ])("not even the database owner can replace the owner by %s", async (_what, sql) => {
    await expect(server.database.query(sql.replaceAll("$TENANT", `'${acme.tenantId}'`))).rejects.toMatchObject({ code: "23503" });
  });

  test("the serving role cannot write the admin role, or a member's account, address or join date", async () => {
    for (const sql of [
      "update tenants set admin_role_id = gen_random_uuid()",
      "update members set account_id = gen_random_uuid()",
      "update members set email = 'mine@example.com'",
      "update members set joined_at = now()",
    ]) {
      expect([sql, await attempt(sql)]).toEqual([sql, "42501"]);
    }
  });

  test("when an admin becomes owner and is suspended at the same time, one of the two transactions fails", async () => {
    const other = new pg.Client({ connectionString: server.database.ownerUrl });
    await other.connect();
    try {
      const enter = `begin; select set_config('whoot.tenant_id', '${acme.tenantId}', true)`;
      await app.query(enter);
      await other.query(enter);
      await other.query("update tenants set owner_member_id = (select member_id from members where name = 'Ben')");
      await app.query("update members set status = 'suspended' where name = 'Ben'");
      const codes = await Promise.all(
        [app, other].map((client) =>
          client.query("commit").then(
            () => "done",
            (error: { code: string }) => error.code,
          ),
        ),
      );
      expect(codes.sort()).toEqual(["23503", "done"]);
    } finally {
      await other.end();
    }
  });
});

test("even if the owner were not an Admin, the last Admin could not be demoted, suspended or removed", async () => {
  const chief = await signUpPerson(server, "Chief");
  const inc = await makeWorkspace(chief);
  const last = await signUpPerson(server, "Last");
  await addMember(server, chief, inc, last, inc.roles.Admin);
  const steward = await server.database.query<{ id: string }>(
    "insert into roles (tenant_id, role_id, name, permissions) select $1, gen_random_uuid(), 'Steward', $2 returning role_id as id",
    [inc.tenantId, (await chief.get(inc.path)).json.can.givePermissions],
  );
  await server.database.query("alter table tenants drop constraint tenants_owner_is_active_admin");
  await server.database.query("update members set role_id = $2 where tenant_id = $1 and name = 'Chief'", [
    inc.tenantId,
    steward[0]?.id,
  ]);
  const memberIds = [(await idsByName(chief, inc))["Last"]];
  for (const [kind, more] of [
    ["role-changes", { roleId: inc.roles.Viewer }],
    ["suspensions", {}],
    ["removals", {}],
  ] as const) {
    const answer = await chief.post(`${inc.path}/members/${kind}`, { memberIds, ...more });
    expect([kind, answer.code]).toEqual([kind, "last_admin"]);
  }
  expect((await membersOf(inc)).find(({ name }) => name === "Last")).toEqual({ name: "Last", role: "Admin", status: "active" });
});
