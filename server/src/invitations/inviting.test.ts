/** Inviting many people: previews, batches, and the limits against misuse. */
import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { addMember, freshEmail, makeWorkspace, type Person, signUpPerson, tokenOf, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { until } from "../testing/until.ts";

const server = useServer();
let owner: Person;
let workspace: Workspace;

interface Line {
  line: number;
  read: string;
  email: string | null;
  roleId: string | null;
  roleName: string;
  verdict: string;
  message: string;
  invitationId: string | null;
}

const pathTo = (target: Workspace, what: string) => `${target.path}/invitations/${what}`;
const preview = (who: Person, body: Record<string, unknown>, target = workspace) =>
  who.post(pathTo(target, "preview"), { defaultRoleId: target.roles.Member, ...body });
const batch = (who: Person, emails: string[], roleId?: string, target = workspace) =>
  who.post(pathTo(target, "batch"), {
    lines: emails.map((email, index) => ({ line: index + 1, email, roleId: roleId ?? target.roles.Viewer })),
  });
const verdicts = (lines: Line[]) => lines.map(({ verdict }) => verdict);
const count = async (sql: string, values: unknown[] = [workspace.tenantId]) =>
  Number((await server.database.query<{ count: string }>(`select count(*) as count from ${sql}`, values))[0]?.count);
const actions = async (tenantId: string) =>
  (
    await server.database.query<{ action: string }>("select action from audit_log where tenant_id = $1 order by sequence", [
      tenantId,
    ])
  ).map(({ action }) => action);
const mailsOf = (tenantId: string): number => {
  try {
    return readdirSync(join(server.config.dataFolder, "outbox", tenantId)).filter((name) => name.endsWith(".eml")).length;
  } catch {
    return 0;
  }
};

async function makeRole(target: Workspace, permissions: string[]): Promise<string> {
  const roleId = randomUUID();
  await server.database.query("insert into roles (tenant_id, role_id, name, permissions) values ($1, $2, $3, $4)", [
    target.tenantId,
    roleId,
    `Role ${roleId}`,
    permissions,
  ]);
  return roleId;
}

async function recruiter(target: Workspace, boss: Person, permissions: string[]): Promise<{ person: Person; roleId: string }> {
  const person = await signUpPerson(server, "Rae");
  const roleId = await makeRole(target, permissions);
  await addMember(server, boss, target, person, roleId);
  return { person, roleId };
}

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
});

describe("a preview", () => {
  test("gives for each line the verdict that inviting then gives, and changes nothing", async () => {
    const guest = await signUpPerson(server, "Fay");
    const [fresh, waiting] = [guest.email, freshEmail("waiting")];
    await owner.post(`${workspace.path}/invitations`, { email: waiting, roleId: workspace.roles.Member });
    await server.mailTo(waiting);
    const before = await tenantState(server, workspace.tenantId);
    const csv = [
      "Name;Role;Email",
      `Fay;VIEWER;Fay <${fresh.toUpperCase()}>`,
      `Olga;;${owner.email}`,
      `Wil;Admin;${waiting}`,
      `Fay again;Member;${fresh}`,
      "Nobody;Member;not an address",
      `Long;Member;${"x".repeat(300)}@example.com`,
      `Bob;Boss;${freshEmail("bob")}`,
    ].join("\r\n");
    const { status, json } = await preview(owner, { csv: `\ufeff${csv}` });
    expect(status).toBe(200);
    const lines = json.lines as Line[];
    expect(lines.map(({ line, verdict, roleName }) => [line, verdict, roleName])).toEqual([
      [2, "invite", "Viewer"],
      [3, "already_member", "Member"],
      [4, "already_invited", "Admin"],
      [5, "duplicate", "Member"],
      [6, "not_an_address", "Member"],
      [7, "too_long", "Member"],
      [8, "no_such_role", "Boss"],
    ]);
    expect(lines[0]).toMatchObject({ email: fresh, message: "Will be invited as Viewer.", roleId: workspace.roles.Viewer });
    expect(lines[3]?.message).toBe("The same address as in line 2.");
    expect(lines[6]).toMatchObject({ roleId: null, message: "This workspace has no role called Boss." });
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);

    const chosen = lines.slice(0, 5).map(({ line, email, read, roleId }) => ({ line, email: email ?? read, roleId }));
    const done = (await owner.post(pathTo(workspace, "batch"), { lines: chosen })).json.lines as Line[];
    expect(verdicts(done)).toEqual(verdicts(lines).slice(0, 5));
    expect(done[0]).toMatchObject({ message: "Invited as Viewer.", invitationId: expect.any(String) });
    const token = tokenOf((await server.mailTo(fresh)).link);
    expect((await guest.post("/api/v1/invitations/acceptance", { token })).json).toEqual({ slug: workspace.slug });
    expect((await guest.get(workspace.path)).json.self.roleName).toBe("Viewer");
  });

  test("reads pasted text, and accepts edited lines of an earlier preview", async () => {
    const [ada, ben] = [freshEmail("ada"), freshEmail("ben")];
    const { json } = await preview(owner, { text: `"Okafor, Ada" <${ada}>; ${ben},\n\nnobody` });
    expect(json.lines.map((line: Line) => [line.line, line.email, line.verdict])).toEqual([
      [1, ada, "invite"],
      [1, ben, "invite"],
      [3, null, "not_an_address"],
    ]);
    const edited = { line: 3, email: ` ${ada} `, roleId: workspace.roles.Admin };
    const lines = [{ line: 1, email: ada, roleId: workspace.roles.Viewer }, edited];
    expect(verdicts((await preview(owner, { lines })).json.lines)).toEqual(["invite", "duplicate"]);
  });

  test.each([
    ["nothing", {}],
    ["two sources", { text: "a@example.com", csv: "email\na@example.com" }],
    ["NUL bytes, as in a workbook", { csv: "PK\u0003\u0004\u0000" }],
    ["NUL bytes in pasted text", { text: "a@example.com\u0000" }],
    ["text that was not UTF-8", { csv: "email,role\na@example.com,Pr\ufffdfer" }],
    ["1,001 addresses", { text: Array.from({ length: 1_001 }, (_, index) => `p${index}@example.com`).join("\n") }],
    ["a line of 200 KiB", { csv: `email\n${"x".repeat(200 * 1024)}` }],
    ["more than 512 KiB", { text: "x".repeat(512 * 1024 + 1) }],
    ["1,001 lines", { lines: Array.from({ length: 1_001 }, () => ({ line: 1, email: "a@example.com", roleId: randomUUID() })) }],
  ])("of %s is refused with a sentence", async (_, body) => {
    const answer = await preview(owner, body);
    expect(answer).toMatchObject({ status: 400, code: "invalid_input" });
    expect(answer.json.fields[0].message).toMatch(/[.]$/);
  });

  test("of 10 MB is refused before it is read, and a stranger's body is not read at all", async () => {
    const huge = { defaultRoleId: workspace.roles.Member, csv: `email\n${"a@example.com\n".repeat(750_000)}` };
    expect(await preview(owner, huge)).toMatchObject({ status: 413, code: "body_too_large" });
    const stranger = await signUpPerson(server, "Stranger");
    expect(await preview(stranger, { text: "x".repeat(900_000) })).toMatchObject({ status: 404, code: "not_found" });
  });

  test("of spreadsheet formulas finds neither addresses nor roles", async () => {
    const { json } = await preview(owner, {
      csv: 'email,role\n"=HYPERLINK(""http://evil.example"")",Member\na@example.com,=1+1\n',
    });
    expect(verdicts(json.lines)).toEqual(["not_an_address", "no_such_role"]);
  });
});

describe("a batch", () => {
  test("of 1,000 creates two links, an audit entry and a mail for each, and its mails do not delay others'", async () => {
    const target = await makeWorkspace(owner);
    const emails = Array.from({ length: 1_000 }, (_, index) => `person.${index}.${process.pid}@example.com`);
    const { status, json } = await batch(owner, emails, undefined, target);
    expect(status).toBe(200);
    expect(new Set(verdicts(json.lines))).toEqual(new Set(["invite"]));
    expect(json.lines.map(({ email }: Line) => email)).toEqual(emails);
    expect(await count("invitations where tenant_id = $1", [target.tenantId])).toBe(1_000);
    expect(await count("directory_invitations where tenant_id = $1", [target.tenantId])).toBe(2_000);
    expect((await actions(target.tenantId)).filter((action) => action === "invitation.created")).toHaveLength(1_000);
    // A person who signs up meanwhile gets their mail before most of the batch.
    await signUpPerson(server, "Hasty");
    expect(mailsOf(target.tenantId)).toBeLessThan(1_000);
    await until("a thousand mails", () => mailsOf(target.tenantId) === 1_000);
    const repeated = await batch(owner, emails, undefined, target);
    expect(new Set(verdicts(repeated.json.lines))).toEqual(new Set(["already_invited"]));
    expect((await owner.post(pathTo(target, "batch"), { lines: [] })).code).toBe("invalid_input");
  });

  test("of the same addresses by two inviters at once, in opposite order, invites each address once", async () => {
    const { person: other } = await recruiter(workspace, owner, ["users.invite", "users.view_contact"]);
    const roleId = await makeRole(workspace, []);
    const emails = Array.from({ length: 60 }, () => freshEmail("both"));
    const answers = await Promise.all([
      batch(owner, emails, roleId),
      batch(other, [...emails].reverse(), roleId),
      batch(owner, [...emails].reverse(), roleId),
    ]);
    const lines = answers.flatMap(({ json }) => json.lines as Line[]);
    expect(
      lines
        .filter(({ verdict }) => verdict === "invite")
        .map(({ email }) => email)
        .sort(),
    ).toEqual([...emails].sort());
    expect(new Set(verdicts(lines))).toEqual(new Set(["invite", "already_invited"]));
    for (const email of emails) await server.mailTo(email);
    expect(await count("invitations where email = any($1)", [emails])).toBe(60);
  });

  test("that fails in the middle leaves no invitation, link, audit entry or mail", async () => {
    const target = await makeWorkspace(owner);
    await server.database.query(`create function fail_now() returns trigger language plpgsql as $$
      begin if new.tenant_id = '${target.tenantId}' then raise 'broken'; end if; return new; end $$;
      create trigger fail_now before insert on audit_log for each row execute function fail_now()`);
    try {
      expect((await batch(owner, [freshEmail("a"), freshEmail("b")], undefined, target)).status).toBe(500);
    } finally {
      await server.database.query("drop trigger fail_now on audit_log; drop function fail_now");
    }
    for (const table of ["invitations", "directory_invitations", "invitation_mails"]) {
      expect([table, await count(`${table} where tenant_id = $1`, [target.tenantId])]).toEqual([table, 0]);
    }
    expect(mailsOf(target.tenantId)).toBe(0);
  });

  test("with an unknown role is refused as a whole and changes nothing", async () => {
    const before = await tenantState(server, workspace.tenantId);
    const lines = [
      { line: 1, email: freshEmail("a"), roleId: workspace.roles.Member },
      { line: 2, email: freshEmail("b"), roleId: randomUUID() },
    ];
    const answer = await owner.post(pathTo(workspace, "batch"), { lines });
    expect(answer).toMatchObject({ status: 400, code: "invalid_input" });
    expect(answer.json.fields).toEqual([{ path: "lines.1.roleId", message: "Choose one of the workspace's roles." }]);
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
  });
});

describe("an inviter with few permissions", () => {
  test("cannot give a role with permissions that they lack: such lines are skipped with a reason", async () => {
    const { person, roleId } = await recruiter(workspace, owner, ["users.invite", "voice.join"]);
    const emails = [freshEmail("strong"), freshEmail("weak")];
    const lines = [
      { line: 1, email: emails[0], roleId: workspace.roles.Admin },
      { line: 2, email: emails[1], roleId },
    ];
    const { json } = await person.post(pathTo(workspace, "batch"), { lines });
    expect(verdicts(json.lines)).toEqual(["role_not_yours", "invite"]);
    expect(json.lines[0].message).toContain("You can't give what you don't have");
    expect(await count("invitations where email = $1", [emails[0]])).toBe(0);
    const csv = `email,role\n${freshEmail("x")},admin`;
    expect(verdicts((await preview(person, { csv, defaultRoleId: roleId })).json.lines)).toEqual(["role_not_yours"]);
  });

  test("learns nothing about addresses from a preview, and from inviting not the reason why an address was skipped", async () => {
    const target = await makeWorkspace(owner);
    const { person, roleId } = await recruiter(target, owner, ["users.invite"]);
    const known = [freshEmail("waiting"), freshEmail("pestered"), freshEmail("dead"), owner.email];
    const [waiting, pestered, dead] = known;
    for (const email of [waiting, pestered, dead]) await owner.post(`${target.path}/invitations`, { email, roleId });
    await server.database.query(
      `insert into invitation_mails select tenant_id, gen_random_uuid(), invitation_id, now() from invitations, generate_series(1, 9)
        where tenant_id = $1 and email = $2`,
      [target.tenantId, pestered],
    );
    await server.database.query(
      "update invitations set revoked_at = case when email = $2 then now() end, expires_at = case when email = $3 then now() else expires_at end where tenant_id = $1",
      [target.tenantId, pestered, dead],
    );
    const everybody = [...known, freshEmail("stranger")];
    await person.get(target.path);
    const before = await tenantState(server, target.tenantId);
    const withoutAddress = ({ email: _, read: __, line: ___, ...rest }: Line) => rest;
    for (const source of [
      { text: everybody.join("\n") },
      { csv: `email\n${everybody.join("\n")}` },
      { lines: everybody.map((email, index) => ({ line: index + 1, email, roleId })) },
    ]) {
      const { lines } = (await preview(person, { ...source, defaultRoleId: roleId }, target)).json;
      const [first, ...others] = lines.map(withoutAddress);
      expect(first).toMatchObject({ verdict: "invite", invitationId: null });
      expect(first.message).toMatch(/unless they are already a member or invited\.$/);
      for (const other of others) expect(other).toEqual(first);
    }
    expect(await tenantState(server, target.tenantId)).toEqual(before);

    const refusals = [];
    for (const email of [waiting, pestered, owner.email]) {
      const { requestId: _, ...refusal } = (await person.post(`${target.path}/invitations`, { email, roleId })).json;
      refusals.push(refusal);
    }
    expect(refusals[0]).toMatchObject({ status: 409, code: "member_or_invited" });
    expect(refusals).toEqual([refusals[0], refusals[0], refusals[0]]);

    const lines = (await batch(person, [waiting, pestered, owner.email, freshEmail("stranger")] as string[], roleId, target)).json
      .lines;
    expect(verdicts(lines)).toEqual(["member_or_invited", "member_or_invited", "member_or_invited", "invite"]);
    expect(withoutAddress(lines[1])).toEqual(withoutAddress(lines[0]));
    expect(withoutAddress(lines[2])).toEqual(withoutAddress(lines[0]));
    // A guess that turns out to be a stranger's address is audited as an invitation.
    expect((await actions(target.tenantId)).at(-1)).toBe("invitation.created");

    // Over the limit, members and strangers get the same verdict.
    await server.database.query(
      `insert into invitation_mails select tenant_id, gen_random_uuid(), invitation_id, now() from invitations, generate_series(1, 2000)
        where tenant_id = $1 and email = $2`,
      [target.tenantId, dead],
    );
    const spent = (await batch(person, [...known, freshEmail("another")], roleId, target)).json.lines;
    expect(new Set(verdicts(spent))).toEqual(new Set(["over_limit"]));
  });

  test("does not learn which invitation belongs to which address", async () => {
    const { person, roleId } = await recruiter(workspace, owner, ["users.invite"]);
    const waiting = freshEmail("secret");
    await owner.post(`${workspace.path}/invitations`, { email: waiting, roleId });
    const text = `${owner.email}, ${waiting}`;
    const lines = (await preview(person, { text, defaultRoleId: roleId })).json.lines as Line[];
    expect(lines.map(({ invitationId }) => invitationId)).toEqual([null, null]);
    expect((await preview(owner, { text })).json.lines[1].invitationId).toEqual(expect.any(String));
    const search = await person.get(`${workspace.path}/invitations?search=${waiting}`);
    expect(search).toMatchObject({ status: 403, code: "forbidden" });
    expect(search.text).not.toContain(waiting);
  });

  test("cannot send an invitation again whose role holds more than theirs, and its links stay valid", async () => {
    const { person } = await recruiter(workspace, owner, ["users.invite"]);
    const email = freshEmail("chief");
    const { invitationId } = (await owner.post(`${workspace.path}/invitations`, { email, roleId: workspace.roles.Admin })).json;
    const { link } = await server.mailTo(email);
    const listed = (await person.get(`${workspace.path}/invitations?limit=200`)).json.items as Array<Record<string, unknown>>;
    expect(listed.find((item) => item["invitationId"] === invitationId)).toMatchObject({
      can: { resend: false, copyLink: false },
      email: null,
    });
    const answer = await person.post(pathTo(workspace, "resend"), { invitationIds: [invitationId] });
    expect(answer).toMatchObject({ status: 403, code: "forbidden" });
    expect((await httpClient(server.url).post("/api/v1/invitations/lookup", { token: tokenOf(link) })).status).toBe(200);
  });
});

describe("limits count addresses, not requests:", () => {
  /** Invites the address, and records that it got this many mails in the last hour. */
  async function mailed(target: Workspace, email: string, times: number): Promise<void> {
    const { invitationId } = (await owner.post(`${target.path}/invitations`, { email, roleId: target.roles.Viewer })).json;
    await server.database.query(
      `insert into invitation_mails select $1, gen_random_uuid(), $2, now() - interval '1 hour' from generate_series(1, $3)`,
      [target.tenantId, invitationId, times - 1],
    );
  }

  test("a workspace can mail 2,000 a day; further lines get over_limit, in previews too, and other workspaces are not affected", async () => {
    const [target, elsewhere] = [await makeWorkspace(owner), await makeWorkspace(owner)];
    await mailed(target, freshEmail("many"), 1_997);
    const emails = Array.from({ length: 5 }, () => freshEmail("late"));
    const expected = ["invite", "invite", "invite", "over_limit", "over_limit"];
    expect(verdicts((await preview(owner, { text: emails.join("\n") }, target)).json.lines)).toEqual(expected);
    const { json } = await batch(owner, emails, undefined, target);
    expect(verdicts(json.lines)).toEqual(expected);
    expect(json.lines[4].message).toBe("Over the limit of 2,000 invitations a day. Try again tomorrow.");
    const single = await owner.post(`${target.path}/invitations`, { email: freshEmail("later"), roleId: target.roles.Viewer });
    expect(single).toMatchObject({ status: 429, code: "rate_limited" });
    expect(verdicts((await batch(owner, emails, undefined, elsewhere)).json.lines)).toEqual(emails.map(() => "invite"));
    // A day later the mails no longer count, and their rows are deleted.
    await server.database.query("update invitation_mails set asked_at = asked_at - interval '1 day' where tenant_id = $1", [
      target.tenantId,
    ]);
    expect(verdicts((await batch(owner, emails.slice(3), undefined, target)).json.lines)).toEqual(["invite", "invite"]);
    expect(await count("invitation_mails where tenant_id = $1", [target.tenantId])).toBe(2);
  });

  test("concurrent batches together stay within the limit", async () => {
    const target = await makeWorkspace(owner);
    await mailed(target, freshEmail("many"), 1_990);
    const lists = [1, 2, 3].map(() => Array.from({ length: 6 }, () => freshEmail("race")));
    const answers = await Promise.all(lists.map((emails) => batch(owner, emails, undefined, target)));
    const all = answers.flatMap(({ json }) => verdicts(json.lines));
    expect(all.filter((verdict) => verdict === "invite")).toHaveLength(10);
    expect(all.filter((verdict) => verdict === "over_limit")).toHaveLength(8);
  });

  test("an address gets at most 10 mails a day from a workspace, by inviting and sending again together", async () => {
    const target = await makeWorkspace(owner);
    const email = freshEmail("pestered");
    await mailed(target, email, 9);
    const { items } = (await owner.get(`${target.path}/invitations`)).json;
    const repeated = { invitationIds: [items[0].invitationId] };
    expect((await owner.post(pathTo(target, "resend"), repeated)).json).toEqual({ sent: 1, skipped: [] });
    expect(await owner.post(pathTo(target, "resend"), repeated)).toMatchObject({ status: 429, code: "rate_limited" });
    await owner.delete(`${target.path}/invitations/${items[0].invitationId}`);
    expect(verdicts((await batch(owner, [email], undefined, target)).json.lines)).toEqual(["too_often"]);
  });

  test("an address gets at most 20 mails a day from all workspaces, and the refusal reads like that of a workspace's own limit", async () => {
    const other = await signUpPerson(server, "Otto");
    const email = freshEmail("hunted");
    const senders = Array.from({ length: 8 }, (_, index) => (index % 2 ? owner : other));
    const places = await Promise.all(senders.map((who) => makeWorkspace(who)));
    const invited = await Promise.all(places.map((target, index) => batch(senders[index] as Person, [email], undefined, target)));
    const ids = invited.map(({ json }) => json.lines[0].invitationId);
    const resend = () =>
      Promise.all(
        places.map((target, index) => (senders[index] as Person).post(pathTo(target, "resend"), { invitationIds: [ids[index]] })),
      );
    expect((await resend()).map((answer) => answer.status)).toEqual(places.map(() => 200));
    const last = await resend();
    expect(last.filter((answer) => answer.status === 200)).toHaveLength(4);
    const refused = last.flatMap((answer) => (answer.status === 429 ? [answer.json.detail] : []));
    expect(refused).toEqual(Array.from({ length: 4 }, () => "Got too many invitations within a day. Try again tomorrow."));
    // A new invitation to it is refused as well and leaves no row. Another address in the same list is invited.
    const target = await makeWorkspace(owner);
    const { json } = await batch(owner, [email, freshEmail("else")], undefined, target);
    expect(verdicts(json.lines)).toEqual(["too_often", "invite"]);
    expect(await count("invitations where email = $1", [email])).toBe(8);
  });
});
