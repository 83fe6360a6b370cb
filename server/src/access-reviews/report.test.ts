import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { PERMISSION_NAMES } from "#contract/permissions.ts";
import { addMember, makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { addCustomRole } from "../members/testing/rows.ts";
import { useServer } from "../testing/server.ts";
import { beginDownload } from "../testing/slow-download.ts";

const server = useServer();

/** A name from before sign-up refused web addresses. The report still shows it. */
const OLD = '=HYPERLINK("http://evil.example","Ben")';
const HOSTILE = [
  '=HYPERLINK("mailto:ben@evil.example","Ben")',
  "+1;2",
  "-cmd|' /C calc'!A0",
  "@SUM(A1:A9)",
  'Quo"ted, name',
  "＝1+1",
];

async function report(review: string, by: Person) {
  const answer = await by.get(`${review}/report`);
  expect(answer.status).toBe(200);
  const lines = parse(answer.bytes, { bom: true });
  const [header = [], ...rest] = lines;
  return {
    answer,
    header,
    rows: rest.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ""]))),
  };
}

async function startIn({ path }: Workspace, by: Person): Promise<string> {
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  const { json } = await by.post(`${path}/access-reviews`, { name: '=1+1", "x', dueAt });
  return `${path}/access-reviews/${json.reviewId}`;
}

test("the report can be parsed whatever people's names are, and no cell starts a formula", async () => {
  const olga = await signUpPerson(server, "Olga");
  const acme = await makeWorkspace(olga);
  await makeChannel(olga, acme, { name: "=Ops" });
  for (const name of HOSTILE) {
    await addMember(
      server,
      olga,
      acme,
      await signUpPerson(server, name, `m${HOSTILE.indexOf(name)}@example.com`),
      acme.roles.Viewer,
    );
  }
  const old = await signUpPerson(server, "Ben");
  await addMember(server, olga, acme, old, acme.roles.Viewer);
  await server.database.query("update members set name = $1 where account_id = $2", [OLD, old.accountId]);
  const review = await startIn(acme, olga);
  const { json } = await olga.get(`${review}/members`);
  const { memberId, now } = json.items.find((item: { name: string }) => item.name === "@SUM(A1:A9)");
  await olga.post(`${review}/decisions`, {
    members: [{ memberId, seen: now.seen }],
    decision: "revoke",
    note: "=2+2 now",
  });

  const { answer, header, rows } = await report(review, olga);
  expect(answer.headers).toMatchObject({
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": expect.stringMatching(/^attachment; filename="access-review-[a-z0-9-]+-\d{4}-\d\d-\d\d\.csv"$/),
    "cache-control": "no-store",
  });
  expect(answer.bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  expect(rows.map((row) => row["Name"]?.replace(/^'/, "")).sort()).toEqual(["Olga", OLD, ...HOSTILE].sort());
  for (const cell of [...header, ...rows.flatMap((row) => Object.values(row))]) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
  const olgas = rows.find((row) => row["Name"] === "Olga");
  expect(olgas).toMatchObject({
    "No.": "1",
    Email: olga.email,
    Owner: "yes",
    "Role at the start": "Admin",
    "Stands out": "powerful role",
    "May at the start": `everything (${PERMISSION_NAMES.length} permissions)`,
    "Channels to listen to at the start": "1",
    "Channels to talk on at the start": "'=Ops (open)",
    Decision: "Not decided",
  });
  const revoked = rows.find((row) => row["Name"]?.includes("SUM"));
  expect(revoked).toMatchObject({
    Decision: "Revoked",
    Note: "'=2+2 now",
    "Decided by": "Olga",
    "Role when decided": "",
    "May when decided": "",
  });
  expect(revoked?.["May at the start"]).toContain("join channels and listen; ");
});

test("the report lists everybody in order over many batches, and has no addresses for reviewers who may not see them", async () => {
  const olga = await signUpPerson(server, "Olga");
  const acme = await makeWorkspace(olga);
  const rita = await signUpPerson(server, "Rita");
  await server.database.query(
    `with role as (insert into roles (tenant_id, role_id, name, built_in, permissions)
      values ($1, gen_random_uuid(), 'Reviewer', null, '{security.run_access_reviews}') returning role_id)
    insert into members (tenant_id, member_id, account_id, role_id, name, email)
      select $1, gen_random_uuid(), $2, role_id, 'Rita', 'rita@example.com' from role`,
    [acme.tenantId, rita.accountId],
  );
  await server.database.query("insert into directory_memberships (account_id, tenant_id) values ($1, $2)", [
    rita.accountId,
    acme.tenantId,
  ]);
  await server.database.query(
    `insert into members (tenant_id, member_id, account_id, role_id, name, email)
      select $1, gen_random_uuid(), gen_random_uuid(), $2, 'Person ' || to_char(i, 'FM0000'), 'p' || i || '@example.com'
      from generate_series(1, 1200) i`,
    [acme.tenantId, acme.roles.Member],
  );
  const review = await startIn(acme, olga);
  const whole = await report(review, olga);
  expect(whole.rows.map((row) => Number(row["No."]))).toEqual(Array.from({ length: 1_202 }, (_, index) => index + 1));
  expect(whole.rows.filter((row) => row["Email"]?.endsWith("@example.com")).length).toBe(1_202);
  const hidden = await report(review, rita);
  expect(hidden.header).not.toContain("Email");
  expect(hidden.answer.text).not.toContain("@example.com");
  expect(hidden.rows.length).toBe(1_202);
});

test("a download of the report is audited, and breaks off when the reviewer loses the permission", async () => {
  const olga = await signUpPerson(server, "Olga");
  const acme = await makeWorkspace(olga);
  // Many permissions make the report larger than socket buffers, so that it cannot be sent whole before the reader reads it.
  const roleId = await addCustomRole(server, acme, "All but one", PERMISSION_NAMES.slice(1));
  await server.database.query(
    `insert into members (tenant_id, member_id, account_id, role_id, name, email)
      select $1, gen_random_uuid(), gen_random_uuid(), $2, 'Person ' || i, 'p' || i || '@example.com' from generate_series(1, 5000) i`,
    [acme.tenantId, roleId],
  );
  const reviewer = await signUpPerson(server, "Rene");
  await addMember(server, olga, acme, reviewer, acme.roles.Admin);
  const review = await startIn(acme, olga);
  const exporters = async () =>
    (
      await server.database.query<{ actor_name: string }>(
        "select actor_name from audit_log where tenant_id = $1 and action = 'access_review.exported' order by sequence",
        [acme.tenantId],
      )
    ).map(({ actor_name }) => actor_name);
  expect((await olga.get(`${review}/report`, { "sec-fetch-site": "cross-site" })).code).toBe("cross_site");
  expect(await exporters()).toEqual([]);

  const whole = await beginDownload(server, reviewer, `${review}/report`);
  expect(await whole.goOn()).toBe("whole");
  const demoted = await beginDownload(server, reviewer, `${review}/report`);
  await server.database.query("update members set role_id = $2 where account_id = $1", [reviewer.accountId, acme.roles.Viewer]);
  expect(await demoted.goOn()).toBe("broken off");
  expect(await exporters()).toEqual(["Rene", "Rene"]);
});
