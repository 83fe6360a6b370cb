import { v7 as uuidv7 } from "uuid";
import { beforeAll, describe, expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import {
  addMember,
  freshEmail,
  makeChannel,
  makeWorkspace,
  type Person,
  signIn,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { principalOf } from "../testing/principal.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { openServices } from "../testing/transmissions.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";
import { becomePerson } from "../voice/testing/person.ts";
import { listMyTenants } from "./my-tenants.ts";

const server = useServer();
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
});

interface Overview {
  slug: string;
  access: string;
  members: number | null;
  channels: number | null;
  attention: Array<{ kind: string; count: number }>;
}
interface Activity {
  slug: string;
  newRecordings: number;
  talking: unknown[];
}
const overviewOf = async (person: Person): Promise<Overview[]> => (await person.get("/api/v1/me/tenants")).json.items;
const activityOf = async (person: Person): Promise<Activity[]> => (await person.get("/api/v1/me/activity")).json.items;
const slugsOf = (items: Array<{ slug: string }>) => items.map(({ slug }) => slug);
const visit = (person: Person, { path }: Workspace) => person.send("PUT", `${path}/visit`);
const query = (sql: string, values: unknown[]) => server.database.query(sql, values);

/** Changes the role in the database, past all checks. */
const giveRole = ({ tenantId }: Workspace, { accountId }: Person, roleId: string) =>
  query("update members set role_id = $1 where account_id = $2 and tenant_id = $3", [roleId, accountId, tenantId]);

/** Inserts a recorded transmission that starts this many seconds from now, without a speaker by default. */
async function addRecording(
  { tenantId }: Workspace,
  channelId: string,
  seconds: number,
  memberId: string | null = null,
): Promise<void> {
  await query(
    `insert into transmissions (tenant_id, transmission_id, channel_id, member_id, speaker_name, started_at, status)
      values ($1, $2, $3, $4, 'Somebody', now() + make_interval(secs => $5), 'complete')`,
    [tenantId, uuidv7(), channelId, memberId, seconds],
  );
}

describe("the overview", () => {
  let a: Workspace;
  let b: Workspace;
  let c: Workspace;
  let ada: Person;
  beforeAll(async () => {
    [a, b, c] = [await makeWorkspace(owner), await makeWorkspace(owner), await makeWorkspace(owner)];
    ada = await signUpPerson(server, "Ada");
    await addMember(server, owner, a, ada, a.roles.Admin);
    await addMember(server, owner, b, ada, b.roles.Member);
    await makeChannel(owner, a, { name: "Ops" });
    await makeChannel(owner, c, { name: "Secret" });
  });

  test("has the person's own workspaces with what each role shows, and no other's", async () => {
    const answer = await ada.get("/api/v1/me/tenants");
    expect(answer.json.items).toHaveLength(2);
    expect(answer.json.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ slug: a.slug, access: "open", roleName: "Admin", members: 2, channels: 1, attention: [] }),
        expect.objectContaining({ slug: b.slug, access: "open", roleName: "Member", members: 2, channels: 0, attention: [] }),
      ]),
    );
    expect(answer.text).not.toContain(c.slug);
    expect(answer.text).not.toContain(c.tenantId);
  });

  test("without users.view has no number of members and no attention item that would reveal it", async () => {
    const roleId = uuidv7();
    await query("insert into roles values ($1, $2, 'Blind', null, '{voice.join,users.invite,users.change_role}')", [
      a.tenantId,
      roleId,
    ]);
    const blind = await signUpPerson(server, "Blind");
    await addMember(server, owner, a, blind, a.roles.Viewer);
    await giveRole(a, blind, roleId);
    await giveRole(a, ada, a.roles.Member);
    expect(await overviewOf(blind)).toMatchObject([{ slug: a.slug, members: null, channels: 1, attention: [] }]);
    await giveRole(a, ada, a.roles.Admin);
  });

  test("shows the state of billing, and what to do about it, to people who may see billing", async () => {
    const stop = (state: string | null, until: string | null) =>
      query("update tenants set billing_state = $1, billing_until = $2 where tenant_id = $3", [state, until, a.tenantId]);
    await stop("past_due", "2027-01-19T00:00:00Z");
    const billing = { state: "past_due", until: "2027-01-19T00:00:00.000Z" };
    const attention = [{ kind: "invoice_overdue", count: 1 }];
    expect((await overviewOf(ada)).find(({ slug }) => slug === a.slug)).toMatchObject({ billing, attention });
    await giveRole(a, ada, a.roles.Member);
    expect((await overviewOf(ada)).find(({ slug }) => slug === a.slug)).toMatchObject({ billing: null, attention: [] });
    await giveRole(a, ada, a.roles.Admin);
    await stop(null, null);
  });

  test("shows a suspended member only that they are suspended, and a removed member nothing", async () => {
    const ben = await signUpPerson(server, "Ben");
    await addMember(server, owner, a, ben, a.roles.Admin);
    await addMember(server, owner, c, ben, c.roles.Admin);
    await query("update members set status = 'suspended' where account_id = $1 and tenant_id = $2", [ben.accountId, a.tenantId]);
    expect((await ben.get("/api/v1/me")).json.tenants).toContainEqual(
      expect.objectContaining({ slug: a.slug, status: "suspended" }),
    );
    expect((await overviewOf(ben)).find(({ slug }) => slug === a.slug)).toMatchObject({
      access: "suspended",
      members: null,
      channels: null,
      attention: [],
    });
    expect(slugsOf(await activityOf(ben))).toEqual([c.slug]);
    expect((await visit(ben, a)).code).toBe("suspended");
    await query("delete from members where account_id = $1 and tenant_id = $2", [ben.accountId, a.tenantId]);
    expect(slugsOf(await overviewOf(ben))).toEqual([c.slug]);
  });

  test("still has the other workspaces when one cannot be read", async () => {
    const services = await openServices(server);
    try {
      const { withTenant } = services.database;
      const broken = {
        ...services,
        database: {
          ...services.database,
          withTenant: (tenantId: string, work: never) =>
            tenantId === b.tenantId ? Promise.reject(new Error("broken")) : withTenant(tenantId, work),
        },
      } as typeof services;
      const principal = principalOf(ada, uuidv7());
      const origin = { ipAddress: null, userAgent: null };
      const { items } = await listMyTenants({ services: broken, principal, origin }, { limit: 50 });
      expect(items.map(({ slug, access }) => [slug, access]).toSorted()).toEqual(
        [
          [a.slug, "open"],
          [b.slug, "unavailable"],
        ].toSorted(),
      );
    } finally {
      await services.close();
    }
  });

  test("changes nothing in the workspaces when it is read: no sign-in, no visit", async () => {
    const logo = await owner.send("PUT", `${a.path}/logo`, {
      body: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'),
      headers: { "content-type": "image/svg+xml" },
    });
    expect(logo.status).toBe(200);
    const elsewhere = await signIn(server, ada.email);
    const before = await Promise.all([a, b].map(({ tenantId }) => tenantState(server, tenantId)));
    for (const path of [
      "/api/v1/me",
      "/api/v1/me/tenants",
      "/api/v1/me/activity",
      "/api/v1/me/invitations",
      `${a.path}/logos/${logo.json.logoId}`,
    ]) {
      expect((await elsewhere.get(path)).status).toBe(200);
    }
    expect(await Promise.all([a, b].map(({ tenantId }) => tenantState(server, tenantId)))).toEqual(before);
  });

  test("is refused to somebody who is not signed in", async () => {
    for (const path of ["/api/v1/me/tenants", "/api/v1/me/activity"]) {
      expect((await httpClient(server.url).get(path)).code).toBe("not_signed_in");
    }
  });
});

describe("what needs attention", () => {
  const attention = async (person: Person, { slug }: Workspace) =>
    (await overviewOf(person)).find((item) => item.slug === slug)?.attention;

  test("includes a workspace with a single admin, for members who can add one", async () => {
    const acme = await makeWorkspace(owner);
    // There is nobody else who could be made an admin.
    expect(await attention(owner, acme)).toEqual([]);
    const cid = await signUpPerson(server, "Cid");
    await addMember(server, owner, acme, cid, acme.roles.Member);
    expect(await attention(owner, acme)).toEqual([{ kind: "no_second_admin", count: 1 }]);
    expect(await attention(cid, acme)).toEqual([]);
    await giveRole(acme, cid, acme.roles.Admin);
    expect(await attention(owner, acme)).toEqual([]);
    const eve = await signUpPerson(server, "Eve");
    await addMember(server, owner, acme, eve, acme.roles.Member);
    // A suspended admin does not count.
    await query("update members set status = 'suspended' where account_id = $1", [cid.accountId]);
    expect(await attention(owner, acme)).toEqual([{ kind: "no_second_admin", count: 1 }]);
  });

  test("includes invitations that expire within two days, for members who may invite", async () => {
    const acme = await makeWorkspace(owner);
    const dan = await signUpPerson(server, "Dan");
    await addMember(server, owner, acme, dan, acme.roles.Admin);
    const eve = await signUpPerson(server, "Eve");
    await addMember(server, owner, acme, eve, acme.roles.Member);
    for (const hours of [-1, 1, 47, 49]) {
      const body = { email: freshEmail("guest"), roleId: acme.roles.Viewer };
      const { invitationId } = (await owner.post(`${acme.path}/invitations`, body)).json;
      await query("update invitations set expires_at = now() + make_interval(hours => $1) where invitation_id = $2", [
        hours,
        invitationId,
      ]);
    }
    expect(await attention(owner, acme)).toEqual([{ kind: "invitations_expiring", count: 2 }]);
    expect(await attention(eve, acme)).toEqual([]);
  });
});

test("workspaces are sorted by last use in any browser, then by name", async () => {
  const fay = await signUpPerson(server, "Fay");
  const [zoo, bee, ant] = [
    await makeWorkspace(fay, undefined, "Zoo"),
    await makeWorkspace(fay, undefined, "bee"),
    await makeWorkspace(fay, undefined, "Ant"),
  ];
  await query("update members set last_seen_at = null where account_id = $1", [fay.accountId]);
  const names = async () =>
    (await (await signIn(server, fay.email)).get("/api/v1/me")).json.tenants.map((tenant: { name: string }) => tenant.name);
  expect(await names()).toEqual(["Ant", "bee", "Zoo"]);
  await visit(fay, bee);
  await visit(fay, zoo);
  expect(await names()).toEqual(["Zoo", "bee", "Ant"]);
  await visit(fay, ant);
  expect(await names()).toEqual(["Ant", "Zoo", "bee"]);
  expect(slugsOf(await overviewOf(fay))).toEqual([ant.slug, zoo.slug, bee.slug]);
});

describe("the count of new recordings", () => {
  let acme: Workspace;
  let channelId: string;
  let gus: Person;
  const newOnes = async (person: Person) => (await activityOf(person)).find(({ slug }) => slug === acme.slug)?.newRecordings;
  beforeAll(async () => {
    acme = await makeWorkspace(owner);
    channelId = await makeChannel(owner, acme, { name: "Ops", recording: true });
    gus = await signUpPerson(server, "Gus");
    await addMember(server, owner, acme, gus, acme.roles.Member);
  });

  test("includes recordings of others since the person's last visit, or since they joined", async () => {
    await addRecording(acme, channelId, -3600);
    expect(await newOnes(gus)).toBe(0);
    await addRecording(acme, channelId, 1);
    await addRecording(acme, channelId, 2);
    expect(await newOnes(gus)).toBe(2);
    const [self] = await server.database.query<{ member_id: string }>("select member_id from members where account_id = $1", [
      gus.accountId,
    ]);
    await addRecording(acme, channelId, 3, self?.member_id ?? null);
    expect(await newOnes(gus)).toBe(2);
    // Move the recordings into the past, so that a visit covers them.
    await query("update transmissions set started_at = now() - interval '1 second' where tenant_id = $1", [acme.tenantId]);
    expect((await visit(gus, acme)).status).toBe(204);
    expect(await newOnes(gus)).toBe(0);
    // Another member's visit does not count for Gus.
    await addRecording(acme, channelId, 4);
    await visit(owner, acme);
    expect(await newOnes(gus)).toBe(1);
  });

  test("stops at a hundred", async () => {
    await query(
      `insert into transmissions (tenant_id, transmission_id, channel_id, speaker_name, started_at)
        select $1, gen_random_uuid(), $2, 'Somebody', now() + interval '1 minute' from generate_series(1, 250)`,
      [acme.tenantId, channelId],
    );
    expect(await newOnes(gus)).toBe(100);
  });

  test("is 0 for a role that cannot play recordings", async () => {
    const vi = await signUpPerson(server, "Vi");
    await addMember(server, owner, acme, vi, acme.roles.Viewer);
    expect(await newOnes(vi)).toBe(0);
  });
});

test("current talkers are shown to members who may join channels in that workspace, and to nobody else", async () => {
  const [acme, other] = [await makeWorkspace(owner), await makeWorkspace(owner)];
  const channelId = await makeChannel(owner, acme, { name: "Dispatch" });
  const [hal, ivy, deaf] = [
    await signUpPerson(server, "Hal"),
    await signUpPerson(server, "Ivy"),
    await signUpPerson(server, "Deaf"),
  ];
  await addMember(server, owner, acme, hal, acme.roles.Viewer);
  await addMember(server, owner, other, hal, other.roles.Member);
  await addMember(server, owner, other, ivy, other.roles.Admin);
  await addMember(server, owner, acme, deaf, acme.roles.Viewer);
  const roleId = uuidv7();
  await query("insert into roles values ($1, $2, 'Deaf', null, '{users.view}')", [acme.tenantId, roleId]);
  await giveRole(acme, deaf, roleId);

  const url = `${server.url.replace("http", "ws")}${acme.path}/gateway`;
  const speaker = await becomePerson(connectClient(url, { cookie: owner.cookieHeader() }));
  try {
    await speaker.join(channelId);
    await speaker.connectAudio();
    await speaker.granted(speaker.press(channelId));
    const talkingTo = async (person: Person) =>
      Object.fromEntries((await activityOf(person)).map(({ slug, talking }) => [slug, talking]));
    expect(await talkingTo(hal)).toEqual({
      [acme.slug]: [{ channelName: "Dispatch", name: "Olga", isSelf: false }],
      [other.slug]: [],
    });
    expect((await talkingTo(owner))[acme.slug]).toEqual([{ channelName: "Dispatch", name: "Olga", isSelf: true }]);
    expect(await talkingTo(deaf)).toEqual({ [acme.slug]: [] });
    const ivys = await ivy.get("/api/v1/me/activity");
    expect(slugsOf(ivys.json.items)).toEqual([other.slug]);
    expect(ivys.text).not.toContain("Olga");
    speaker.release();
    await expect.poll(async () => (await talkingTo(hal))[acme.slug]).toEqual([]);
  } finally {
    speaker.hangUp();
    speaker.kill();
  }
});

test("sixty workspaces are listed in pages, each once, and made-up cursors are refused", async () => {
  const kay = await signUpPerson(server, "Kay");
  await query(
    `do $$ declare t uuid; o uuid; a uuid;
    begin
      for n in 1..60 loop
        select gen_random_uuid(), gen_random_uuid(), gen_random_uuid() into t, o, a;
        insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id) values (t, 'client-' || n, 'Client ' || n, o, a);
        insert into audit_heads (tenant_id) values (t);
        insert into roles (tenant_id, role_id, name, built_in) values (t, a, 'Admin', 'admin');
        insert into members (tenant_id, member_id, account_id, role_id, name, email)
          values (t, o, '${kay.accountId}', a, 'Kay', '${kay.email}');
        insert into directory_slugs (slug, tenant_id) values ('client-' || n, t);
        insert into directory_memberships (account_id, tenant_id) values ('${kay.accountId}', t);
      end loop;
    end $$`,
    [],
  );
  for (const path of ["/api/v1/me/tenants", "/api/v1/me/activity"]) {
    const slugs: string[] = [];
    const sizes: number[] = [];
    for (let cursor: string | null = "", first = true; cursor !== null; first = false) {
      const { status, json } = await kay.get(`${path}?limit=25${first ? "" : `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      slugs.push(...slugsOf(json.items));
      sizes.push(json.items.length);
      cursor = json.nextCursor;
    }
    expect(sizes).toEqual([25, 25, 10]);
    expect(new Set(slugs).size).toBe(60);
    expect((await kay.get(path)).json.items).toHaveLength(50);
    for (const wrong of ["x", Buffer.from('["9","x"]').toString("base64url"), Buffer.from('["1e9"]').toString("base64url")])
      expect((await kay.get(`${path}?cursor=${wrong}`)).code).toBe("invalid_input");
    expect((await kay.get(`${path}?limit=201`)).code).toBe("invalid_input");
  }
  // Between two pages the last workspace of the first page is opened and so moves to the front. No other is missed.
  const first = (await kay.get("/api/v1/me/tenants?limit=25")).json;
  await kay.send("PUT", `/api/v1/tenants/${first.items.at(-1).slug}/visit`);
  const second = (await kay.get(`/api/v1/me/tenants?limit=200&cursor=${first.nextCursor}`)).json;
  expect(new Set([...slugsOf(first.items), ...slugsOf(second.items)]).size).toBe(60);
  expect(second.nextCursor).toBeNull();
});
