import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { builtInPermissions } from "#contract/permissions.ts";
import { addMember, makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { openServices } from "../testing/transmissions.ts";
import { hasOverdueReview } from "./access-reviews.ts";

const server = useServer();
let olga: Person;
let ben: Person;
let vi: Person;
let acme: Workspace;
let reviews: string;

beforeEach(async () => {
  [olga, ben, vi] = [await signUpPerson(server, "Olga"), await signUpPerson(server, "Ben"), await signUpPerson(server, "Vi")];
  acme = await makeWorkspace(olga);
  reviews = `${acme.path}/access-reviews`;
  await addMember(server, olga, acme, ben, acme.roles.Member);
  await addMember(server, olga, acme, vi, acme.roles.Viewer);
});

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

async function start(by: Person = olga, name = "Autumn"): Promise<string> {
  const { status, json } = await by.post(reviews, { name, dueAt: inDays(14) });
  expect(status).toBe(201);
  return `${reviews}/${json.reviewId}`;
}

async function items(review: string, by: Person = olga, query = ""): Promise<any[]> {
  const answer = await by.get(`${review}/members?limit=200${query}`);
  expect(answer.status).toBe(200);
  return answer.json.items;
}

const itemOf = async (review: string, name: string, by: Person = olga) =>
  (await items(review, by)).find((item) => item.name === name);

const seenOf = (item: { memberId: string; now: { seen: string } | null }) => ({
  memberId: item.memberId,
  seen: item.now?.seen ?? "",
});

async function decide(review: string, decision: string, names: string[], more: Record<string, unknown> = {}, by: Person = olga) {
  const listed = await items(review);
  const members = names.map((name) => seenOf(listed.find((item) => item.name === name)));
  return by.post(`${review}/decisions`, { members, decision, ...(decision === "approve" ? {} : { note: "Why" }), ...more });
}

const membersNow = async () =>
  (
    await server.database.query<{ name: string; role: string }>(
      "select m.name, r.name as role from members m join roles r using (tenant_id, role_id) where tenant_id = $1 order by m.name",
      [acme.tenantId],
    )
  ).map(({ name, role }) => `${name}: ${role}`);

const log = async () =>
  (
    await server.database.query<{ action: string; target_name: string; changes: any }>(
      "select action, target_name, changes from audit_log where tenant_id = $1 and action not like 'session.%' order by sequence",
      [acme.tenantId],
    )
  ).map((row) => [row.action, row.target_name, row.changes] as const);

async function addWith(permissions: string[], name = "Rita"): Promise<Person> {
  const person = await signUpPerson(server, name);
  const roleId = randomUUID();
  await server.database.query(
    "insert into roles (tenant_id, role_id, name, built_in, permissions) values ($1, $2, $3, null, $4)",
    [acme.tenantId, roleId, `Role of ${name}`, permissions],
  );
  await addMember(server, olga, acme, person, roleId);
  return person;
}

const ALL = [...builtInPermissions("admin")];

test("a review from start to end: approvals, changes and revocations take effect at once and are audited", async () => {
  const cid = await signUpPerson(server, "Cid");
  await addMember(server, olga, acme, cid, acme.roles.Member);
  const review = await start();
  expect((await olga.get(review)).json).toMatchObject({
    name: "Autumn",
    startedByName: "Olga",
    overdue: false,
    endedAt: null,
    counts: { members: 4, pending: 4, approved: 0, changed: 0, revoked: 0, left: 0 },
  });

  expect((await decide(review, "approve", ["Ben"])).json).toMatchObject({
    review: { counts: { pending: 3, approved: 1 } },
    items: [{ name: "Ben", decision: "approved", decidedByName: "Olga", roleAfter: "Member", note: "" }],
  });
  const changed = await decide(review, "change", ["Cid"], { roleId: acme.roles.Viewer, note: "Only listens" });
  expect(changed.json.items).toMatchObject([
    { decision: "changed", roleAfter: "Viewer", note: "Only listens", role: { name: "Member" }, now: { roleName: "Viewer" } },
  ]);
  expect(await membersNow()).toEqual(["Ben: Member", "Cid: Viewer", "Olga: Admin", "Vi: Viewer"]);
  expect((await vi.get(acme.path)).status).toBe(200);
  const revoked = await decide(review, "revoke", ["Vi"], { note: "Gone since May" });
  expect(revoked.json.items).toMatchObject([{ decision: "revoked", roleAfter: null, now: null, can: { approve: "left" } }]);
  expect((await vi.get(acme.path)).status).toBe(404);
  expect(await membersNow()).toEqual(["Ben: Member", "Cid: Viewer", "Olga: Admin"]);

  const unfinished = await olga.post(`${review}/completion`, {});
  expect(unfinished).toMatchObject({ status: 409, code: "access_review_unfinished" });
  expect(unfinished.json.detail).toContain("1 person is not decided on");
  // Nobody else may run reviews, so the owner may approve her own access.
  expect((await decide(review, "approve", ["Olga"])).json.items).toMatchObject([{ decision: "approved", decidedBySelf: true }]);
  const ended = await olga.post(`${review}/completion`, {});
  expect(ended.json).toMatchObject({
    endedByName: "Olga",
    endNote: "",
    overdue: false,
    counts: { members: 4, pending: 0, approved: 2, changed: 1, revoked: 1, left: 0 },
  });

  for (const late of [
    await decide(review, "approve", ["Ben"], { replace: true }),
    await olga.post(`${review}/completion`, { early: true, note: "Again" }),
  ]) {
    expect(late).toMatchObject({ status: 409, code: "access_review_ended" });
  }
  expect((await itemOf(review, "Ben")).can).toEqual({ approve: "ended", change: "ended", revoke: "ended" });

  const written = (await log()).filter(([action]) => /^access_review|^member/.test(action));
  expect(written.map(([action, target]) => `${action} ${target}`).sort()).toEqual([
    "access_review.completed Autumn",
    "access_review.decided Ben",
    "access_review.decided Cid",
    "access_review.decided Olga",
    "access_review.decided Vi",
    "access_review.started Autumn",
    "member.removed Vi",
    "member.role_changed Cid",
  ]);
  expect(written.find(([action, target]) => action === "access_review.decided" && target === "Cid")?.[2]).toEqual({
    review: { to: "Autumn" },
    decision: { from: "pending", to: "changed" },
    role: { from: "Member", to: "Viewer" },
    note: { to: "Only listens" },
  });
  // Another review can start now.
  await start(olga, "Winter");
  expect((await olga.get(reviews)).json.items.map((item: { name: string }) => item.name)).toEqual(["Winter", "Autumn"]);
});

test("each item has role, permissions, channels with the reason for each, and when the member was last seen", async () => {
  const [{ memberId: benId }] = (await olga.get(`${acme.path}/members`)).json.items.filter(
    (member: { name: string }) => member.name === "Ben",
  );
  await makeChannel(olga, acme, { name: "Alpha" });
  const restricted = { transmission: "restricted" };
  await makeChannel(olga, acme, { name: "By role", ...restricted, talkers: { roleIds: [acme.roles.Member], memberIds: [] } });
  await makeChannel(olga, acme, { name: "By name", ...restricted, talkers: { roleIds: [], memberIds: [benId] } });
  await makeChannel(olga, acme, { name: "Both", ...restricted, talkers: { roleIds: [acme.roles.Member], memberIds: [benId] } });
  await makeChannel(olga, acme, { name: "Nobody", ...restricted });
  await ben.get(acme.path);
  const review = await start();
  const [olgasItem, bensItem, visItem] = await Promise.all(["Olga", "Ben", "Vi"].map((name) => itemOf(review, name)));
  expect(bensItem).toMatchObject({
    email: ben.email,
    isOwner: false,
    isSelf: false,
    standsOut: [],
    lastSeenAt: expect.any(String),
    role: { name: "Member", permissions: [...builtInPermissions("member")] },
    now: { roleName: "Member", gained: [], lost: [] },
    channels: {
      listens: 5,
      talks: 4,
      named: [
        { name: "By name", why: "person" },
        { name: "Both", why: "role" },
        { name: "By role", why: "role" },
        { name: "Alpha", why: "open" },
      ],
    },
    can: { approve: null, change: null, revoke: null },
  });
  expect(olgasItem).toMatchObject({ isOwner: true, isSelf: true, standsOut: ["powerful"], channels: { listens: 5, talks: 1 } });
  // A Viewer cannot talk on any channel, chosen or not.
  expect(visItem).toMatchObject({ lastSeenAt: null, channels: { listens: 5, talks: 0, named: [] } });
});

test("members who stand out come first: powerful, then long unseen, then suspended; the rest by name", async () => {
  await addWith(["voice.join", "workspace.export"], "Zoe");
  const cid = await signUpPerson(server, "Cid");
  await addMember(server, olga, acme, cid, acme.roles.Viewer);
  const set = (what: string, name: string) =>
    server.database.query(`update members set ${what} where tenant_id = $1 and name = $2`, [acme.tenantId, name]);
  await set("joined_at = now() - interval '91 days', last_seen_at = null", "Vi");
  await set("status = 'suspended'", "Cid");
  const review = await start();
  const listed = (await items(review)).map(({ position, name, standsOut }) => [position, name, standsOut]);
  expect(listed).toEqual([
    [1, "Olga", ["powerful"]],
    [2, "Zoe", ["powerful"]],
    [3, "Vi", ["unseen"]],
    [4, "Cid", ["suspended"]],
    [5, "Ben", []],
  ]);
  // Members who come back or are reactivated no longer stand out.
  await set("last_seen_at = now()", "Vi");
  await set("status = 'active'", "Cid");
  expect((await items(review)).slice(2).map(({ standsOut }) => standsOut)).toEqual([[], [], []]);
});

test("items show changes since the start, and members who join later are not in the review", async () => {
  const review = await start();
  await server.database.query("update members set role_id = $1 where tenant_id = $2 and name = 'Ben'", [
    acme.roles.Viewer,
    acme.tenantId,
  ]);
  await addWith(["voice.join"], "Late");
  const bens = await itemOf(review, "Ben");
  expect(bens.role.name).toBe("Member");
  expect(bens.now).toMatchObject({ roleName: "Viewer", gained: [] });
  expect(bens.now.lost).toContain("voice.transmit");
  expect((await items(review)).map(({ name }) => name)).not.toContain("Late");
  // An approval applies to the access as it is now.
  expect((await decide(review, "approve", ["Ben"])).json.items[0]).toMatchObject({ roleAfter: "Viewer" });
});

test("members who left during the review cannot be decided on, and stay listed as left", async () => {
  const review = await start();
  await decide(review, "approve", ["Ben", "Olga"]);
  await server.database.query("delete from members where tenant_id = $1 and name in ('Vi', 'Ben')", [acme.tenantId]);
  expect((await olga.get(review)).json.counts).toMatchObject({ members: 3, pending: 0, approved: 2, left: 1 });
  expect((await items(review, olga, "&state=left")).map(({ name, decision }) => [name, decision])).toEqual([["Vi", "left"]]);
  expect(await items(review, olga, "&state=pending")).toEqual([]);
  for (const decision of ["approve", "revoke"]) {
    expect(await decide(review, decision, ["Vi"])).toMatchObject({ status: 409, code: "access_decided" });
  }
  // An approved member who is gone stays approved, and the decision cannot be replaced.
  expect((await itemOf(review, "Ben")).can).toEqual({ approve: "left", change: "left", revoke: "left" });
  expect(await decide(review, "approve", ["Ben"], { replace: true })).toMatchObject({ status: 409, code: "access_decided" });
  const { json } = await olga.post(`${review}/completion`, {});
  expect(json.counts).toEqual({ members: 3, pending: 0, approved: 2, changed: 0, revoked: 0, left: 1 });
  expect((await itemOf(review, "Vi")).decision).toBe("left");
  expect((await items(review, olga, "&state=left")).map(({ name }) => name)).toEqual(["Vi"]);
});

test("ending a review early needs a note, and undecided members stay pending", async () => {
  const review = await start();
  expect(await olga.post(`${review}/completion`, { early: true })).toMatchObject({
    status: 400,
    json: { fields: [{ path: "note" }] },
  });
  const { json } = await olga.post(`${review}/completion`, { early: true, note: "Started by mistake" });
  expect(json).toMatchObject({ endNote: "Started by mistake", counts: { pending: 3 } });
  expect((await items(review, olga, "&state=pending")).length).toBe(3);
});

describe("permissions in an access review:", () => {
  test("a decision that includes the owner is refused for all its members", async () => {
    const admin = await addWith(ALL);
    const review = await start();
    const before = await tenantState(server, acme.tenantId);
    for (const decision of ["revoke", "change"]) {
      const more = decision === "change" ? { roleId: acme.roles.Viewer } : {};
      const answer = await decide(review, decision, ["Ben", "Olga"], more, admin);
      expect(answer).toMatchObject({ status: 403, code: "forbidden" });
      expect(answer.json.detail).toContain("Olga owns the workspace");
    }
    expect(await tenantState(server, acme.tenantId)).toEqual(before);
  });

  test("a reviewer can decide only what they could do without a review, and not on themselves", async () => {
    const rita = await addWith(["users.view", "security.run_access_reviews", "voice.join"]);
    const review = await start();
    // Rita's first request audits her sign-in, so send it before taking the state.
    const bens = await itemOf(review, "Ben", rita);
    const before = await tenantState(server, acme.tenantId);
    expect(bens).toMatchObject({
      email: null,
      can: { approve: null, change: "cannot_change_role", revoke: "cannot_remove" },
    });
    expect((await itemOf(review, "Rita", rita)).can).toEqual({ approve: "self", change: "self", revoke: "self" });
    for (const [decision, names, more] of [
      ["change", ["Ben"], { roleId: acme.roles.Viewer }],
      ["revoke", ["Ben"], {}],
      ["approve", ["Ben", "Rita"], {}],
    ] as const) {
      expect(await decide(review, decision, [...names], more, rita)).toMatchObject({ status: 403, code: "forbidden" });
    }
    expect(await tenantState(server, acme.tenantId)).toEqual(before);
    expect((await decide(review, "approve", ["Ben"], {}, rita)).status).toBe(200);
    // With Rita as another reviewer, the owner may not approve herself either.
    expect(await decide(review, "approve", ["Olga"])).toMatchObject({ status: 403, code: "forbidden" });
    expect((await decide(review, "approve", ["Olga"], {}, rita)).status).toBe(200);
  });

  test("a reviewer cannot give a role with permissions that they lack", async () => {
    const rita = await addWith(["security.run_access_reviews", "users.change_role", "voice.join"]);
    const review = await start();
    const answer = await decide(review, "change", ["Vi"], { roleId: acme.roles.Admin }, rita);
    expect(answer).toMatchObject({ status: 403, code: "forbidden" });
    expect(await membersNow()).toContain("Vi: Viewer");
    expect((await itemOf(review, "Vi")).decision).toBe("pending");
  });

  test("a member who may not run reviews cannot see, start or end them", async () => {
    const review = await start();
    for (const answer of [
      await ben.get(reviews),
      await ben.get(review),
      await ben.get(`${review}/members`),
      await ben.get(`${review}/report`),
      await ben.post(reviews, { name: "Mine", dueAt: inDays(1) }),
      await ben.post(`${review}/completion`, { early: true, note: "x" }),
    ]) {
      expect(answer).toMatchObject({ status: 403, code: "forbidden" });
    }
  });

  test("another tenant's admin cannot decide on a member here, neither through their own review nor through ours", async () => {
    const eve = await signUpPerson(server, "Eve");
    const evil = await makeWorkspace(eve);
    const [{ memberId: evesId }] = (await eve.get(`${evil.path}/members`)).json.items;
    const review = await start();
    const started = await eve.post(`${evil.path}/access-reviews`, { name: "Evil", dueAt: inDays(1) });
    const { memberId } = await itemOf(review, "Ben");
    const before = await tenantState(server, acme.tenantId);
    const own = `${evil.path}/access-reviews/${started.json.reviewId}`;
    const seen = "";
    const body = { decision: "revoke", note: "x", members: [{ memberId, seen }] };
    expect((await eve.post(`${own}/decisions`, body)).status).toBe(404);
    expect(
      (
        await eve.post(`${own}/decisions`, {
          ...body,
          members: [
            { memberId: evesId, seen },
            { memberId, seen },
          ],
        })
      ).status,
    ).toBe(404);
    expect((await eve.post(`${evil.path}${review.slice(acme.path.length)}/decisions`, body)).status).toBe(404);
    expect(await tenantState(server, acme.tenantId)).toEqual(before);
  });
});

test("a decision can be replaced with `replace` until the review ends, but a revocation cannot", async () => {
  const admin = await addWith(ALL);
  const review = await start();
  await decide(review, "approve", ["Ben"]);
  const secondDecision = await decide(review, "revoke", ["Ben"], {}, admin);
  expect(secondDecision).toMatchObject({ status: 409, code: "access_decided" });
  expect(secondDecision.json.detail).toContain("Olga already decided on Ben: approved");
  expect(await membersNow()).toContain("Ben: Member");
  expect((await decide(review, "revoke", ["Ben"], { replace: true }, admin)).json.items).toMatchObject([
    { decision: "revoked", decidedByName: "Rita" },
  ]);
  expect(await decide(review, "approve", ["Ben"], { replace: true })).toMatchObject({ status: 409, code: "access_decided" });
  const bens = (await log()).filter(([action, target]) => action === "access_review.decided" && target === "Ben");
  expect(bens.map(([, , changes]) => changes.decision)).toEqual([
    { from: "pending", to: "approved" },
    { from: "approved", to: "revoked" },
  ]);
});

test("when reviewers decide on the same members at once, one decision applies to all of them and the others are refused", async () => {
  const admin = await addWith(ALL);
  const review = await start();
  const listed = await items(review);
  const members = ["Ben", "Vi"].map((name) => seenOf(listed.find((item) => item.name === name)));
  const memberIds = members.map(({ memberId }) => memberId);
  const body = { members, note: "Why" };
  const answers = await Promise.all([
    olga.post(`${review}/decisions`, { ...body, decision: "revoke" }),
    admin.post(`${review}/decisions`, { ...body, members: members.toReversed(), decision: "approve" }),
    olga.post(`${review}/decisions`, { ...body, decision: "change", roleId: acme.roles.Admin }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  expect(answers.filter(({ status }) => status === 409).map(({ code }) => code)).toEqual(["access_decided", "access_decided"]);
  const decisions = (await items(review)).filter(({ memberId }) => memberIds.includes(memberId)).map(({ decision }) => decision);
  expect(new Set(decisions).size).toBe(1);
  const expected = {
    revoked: [],
    approved: ["Ben: Member", "Vi: Viewer"],
    changed: ["Ben: Admin", "Vi: Admin"],
  }[decisions[0] as "revoked"];
  expect((await membersNow()).filter((member) => /^(Ben|Vi)/.test(member))).toEqual(expected);
  expect((await log()).filter(([action]) => action === "access_review.decided").length).toBe(2);
});

test("a decision made while the review is being ended is either in its final counts or refused", async () => {
  const review = await start();
  const members = [seenOf(await itemOf(review, "Ben"))];
  const [decided, ended] = await Promise.all([
    olga.post(`${review}/decisions`, { members, decision: "approve" }),
    olga.post(`${review}/completion`, { early: true, note: "Now" }),
  ]);
  expect(ended.status).toBe(200);
  expect(ended.json.counts.approved).toBe(decided.status === 200 ? 1 : 0);
  if (decided.status !== 200) expect(decided.code).toBe("access_review_ended");
});

test("only one review can be open, even when five are started at once", async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => olga.post(reviews, { name: "Race", dueAt: inDays(3) })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  expect((await olga.post(reviews, { name: "More", dueAt: inDays(3) })).code).toBe("access_review_open");
  expect((await log()).filter(([action]) => action === "access_review.started").length).toBe(1);
});

test("invalid input gets an error on its field and changes nothing", async () => {
  for (const [body, path] of [
    [{ name: "  ", dueAt: inDays(3) }, "name"],
    [{ name: "a‮b", dueAt: inDays(3) }, "name"],
    [{ name: "Late", dueAt: inDays(-1) }, "dueAt"],
    [{ name: "Far", dueAt: inDays(400) }, "dueAt"],
    [{ name: "Odd", dueAt: "tomorrow" }, "dueAt"],
  ] as const) {
    expect(await olga.post(reviews, body)).toMatchObject({ status: 400, json: { fields: [{ path }] } });
  }
  const review = await start();
  const bens = seenOf(await itemOf(review, "Ben"));
  const members = [bens];
  const before = await tenantState(server, acme.tenantId);
  for (const [body, path] of [
    [{ members, decision: "revoke" }, "note"],
    [{ members, decision: "revoke", note: "  " }, "note"],
    [{ members, decision: "change", note: "x" }, "roleId"],
    [{ members, decision: "approve", roleId: acme.roles.Admin }, "roleId"],
    [{ members, decision: "change", note: "x", roleId: randomUUID() }, "roleId"],
    [{ members, decision: "change", note: "x", roleId: acme.roles.Member }, "roleId"],
    [{ members: [], decision: "approve" }, "members"],
    [{ members: Array.from({ length: 201 }, () => ({ ...bens, memberId: randomUUID() })), decision: "approve" }, "members"],
    [{ members: [{ memberId: bens.memberId }], decision: "approve" }, "members.0.seen"],
  ] as const) {
    expect(await olga.post(`${review}/decisions`, body)).toMatchObject({ status: 400, json: { fields: [{ path }] } });
  }
  for (const body of [{ members: [bens, { ...bens, memberId: randomUUID() }], decision: "approve" }]) {
    expect((await olga.post(`${review}/decisions`, body)).status).toBe(404);
  }
  expect((await olga.get(`${review}/members?cursor=1;drop`)).status).toBe(400);
  expect(await tenantState(server, acme.tenantId)).toEqual(before);
  // A member who is listed twice is decided on once.
  const twice = await olga.post(`${review}/decisions`, { members: [bens, bens], decision: "approve" });
  expect(twice.json.items.length).toBe(1);
});

test("a search finds names in any spelling, former members' too, and addresses only for reviewers who may see them", async () => {
  const rita = await addWith(["security.run_access_reviews"]);
  const review = await start();
  const found = async (search: string, by: Person) =>
    (await items(review, by, `&search=${encodeURIComponent(search)}`)).map(({ name }) => name);
  const { items: listed } = (await olga.get(`${review}/members?limit=200`)).json as {
    items: Array<{ memberId: string; name: string }>;
  };
  const benId = listed.find(({ name }) => name === "Ben")?.memberId;
  expect(await found("BE", rita)).toEqual(["Ben"]);
  expect(await found("%", olga)).toEqual([]);
  // Items keep the name at the start, so the search must match a name that is in no index.
  await server.database.query("update access_review_items set member_name = 'Bjørn O’Connor' where member_id = $1", [benId]);
  for (const typed of ["bjorn", "oconnor", "BJØRN o'con"])
    expect([typed, await found(typed, rita)]).toEqual([typed, ["Bjørn O’Connor"]]);
  await server.database.query("update access_review_items set member_name = 'Ben' where member_id = $1", [benId]);
  expect(await found(ben.email.toUpperCase(), olga)).toEqual(["Ben"]);
  expect(await found(ben.email, rita)).toEqual([]);
});

test("pages of any size contain every member once, in the review's order", async () => {
  const review = await start();
  const whole = (await items(review)).map(({ name }) => name);
  for (const limit of [1, 2, 3]) {
    const names: string[] = [];
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null && pages < 5; pages += 1) {
      const { json } = await olga.get(`${review}/members?limit=${limit}${cursor && `&cursor=${cursor}`}`);
      names.push(...json.items.map((item: { name: string }) => item.name));
      cursor = json.nextCursor;
    }
    expect([limit, names]).toEqual([limit, whole]);
  }
});

test("a review is overdue when it is open after its due date", async () => {
  const review = await start();
  const services = await openServices(server);
  const isOverdue = () => services.database.withTenant(acme.tenantId, hasOverdueReview);
  try {
    expect(await isOverdue()).toBe(false);
    await server.database.query("update access_reviews set due_at = now() - interval '1 minute' where tenant_id = $1", [
      acme.tenantId,
    ]);
    expect([(await olga.get(review)).json.overdue, await isOverdue()]).toEqual([true, true]);
    const attention = async (person: Person) =>
      (await person.get("/api/v1/me/tenants")).json.items[0].attention.map(({ kind }: { kind: string }) => kind);
    expect(await attention(olga)).toContain("access_review_overdue");
    expect(await attention(ben)).toEqual([]);
    await olga.post(`${review}/completion`, { early: true, note: "Late" });
    expect([(await olga.get(review)).json.overdue, await isOverdue()]).toEqual([false, false]);
  } finally {
    await services.close();
  }
});
