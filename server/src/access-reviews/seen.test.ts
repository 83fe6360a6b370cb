import { beforeEach, expect, test } from "vitest";
import { parse } from "csv-parse/sync";
import { builtInPermissions, isAvailable } from "#contract/permissions.ts";
import { addMember, makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";

// Decisions apply to the access that the reviewer saw, and the report shows the access that was decided on.

const server = useServer();
let olga: Person;
let ben: Person;
let acme: Workspace;
let greeter: string;
let review: string;

const GREETER = ["users.view", "voice.join", "voice.transmit"];

async function makeRole(name: string, permissions: readonly string[]): Promise<string> {
  const { status, json } = await olga.post(`${acme.path}/roles`, { name, description: "", permissions });
  expect(status).toBe(201);
  return json.roleId;
}

async function editRole(roleId: string, permissions: readonly string[]): Promise<void> {
  const { version } = (await olga.get(`${acme.path}/roles/${roleId}`)).json;
  expect((await olga.patch(`${acme.path}/roles/${roleId}`, { version, permissions })).status).toBe(200);
}

beforeEach(async () => {
  [olga, ben] = [await signUpPerson(server, "Olga"), await signUpPerson(server, "Ben")];
  acme = await makeWorkspace(olga);
  greeter = await makeRole("Greeter", GREETER);
  await addMember(server, olga, acme, ben, greeter);
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  const { json } = await olga.post(`${acme.path}/access-reviews`, { name: "Autumn", dueAt });
  review = `${acme.path}/access-reviews/${json.reviewId}`;
});

const itemOf = async (name: string, by: Person = olga): Promise<any> =>
  (await by.get(`${review}/members?limit=200`)).json.items.find((item: { name: string }) => item.name === name);

const seenOf = ({ memberId, now }: any) => ({ memberId, seen: now.seen });

const decide = (members: unknown[], decision: string, more: object = {}) =>
  olga.post(`${review}/decisions`, { members, decision, ...(decision === "approve" ? {} : { note: "Why" }), ...more });

async function csv(by: Person = olga): Promise<Array<Record<string, string>>> {
  const { status, bytes } = await by.get(`${review}/report`);
  expect(status).toBe(200);
  return parse(bytes, { bom: true, columns: true });
}

const csvOf = async (name: string) => (await csv()).find((row) => row["Name"] === name);

test("a decision is refused when the member's role was edited since the reviewer looked, and works once the reviewer has loaded the new access", async () => {
  const saw = seenOf(await itemOf("Ben"));
  const olgas = seenOf(await itemOf("Olga"));
  await editRole(greeter, [...GREETER, "users.remove", "recording.download"]);
  const before = await tenantState(server, acme.tenantId);
  for (const answer of [
    await decide([saw], "approve"),
    await decide([olgas, saw], "approve"),
    await decide([saw], "revoke"),
    await decide([saw], "change", { roleId: acme.roles.Viewer }),
    await decide([{ ...saw, seen: "" }], "approve"),
  ]) {
    expect(answer).toMatchObject({ status: 409, code: "access_changed" });
    expect(answer.json.detail).toContain(
      "Ben is Greeter, and since the start may now also remove a member; download recordings.",
    );
    expect(answer.json.fields).toEqual([
      { path: expect.stringMatching(/^members\.[01]$/), message: expect.stringContaining("Ben") },
    ]);
  }
  expect(await tenantState(server, acme.tenantId)).toEqual(before);

  const current = await itemOf("Ben");
  expect(current.now).toMatchObject({ gained: ["users.remove", "recording.download"], lost: [] });
  expect(current.standsOut).toContain("powerful");
  expect((await decide([seenOf(current)], "approve")).status).toBe(200);
});

test("a decision is refused after a new role or a restricted channel for the member, but not after a new open channel", async () => {
  const first = await itemOf("Ben");
  await makeChannel(olga, acme, { name: "Everybody's" });
  expect((await itemOf("Ben")).now.seen).toBe(first.now.seen);
  await makeChannel(olga, acme, {
    name: "Leadership",
    transmission: "restricted",
    talkers: { roleIds: [], memberIds: [first.memberId] },
  });
  const chosen = await itemOf("Ben");
  expect(chosen.channels.talks).toBe(0);
  expect(chosen.now.channels).toMatchObject({
    listens: 2,
    talks: 2,
    named: [{ name: "Leadership", why: "person" }, { why: "open" }],
  });
  expect(await decide([seenOf(first)], "approve")).toMatchObject({ status: 409, code: "access_changed" });
  // Another role counts as a change even with the same permissions, because it can be edited on its own.
  const twin = await makeRole("Twin", GREETER);
  await olga.post(`${acme.path}/members/role-changes`, { memberIds: [first.memberId], roleId: twin });
  expect(await decide([seenOf(chosen)], "approve")).toMatchObject({ status: 409, code: "access_changed" });
  expect((await decide([seenOf(await itemOf("Ben"))], "approve")).status).toBe(200);
});

test("when a role is edited during an approval, the approval applies to the access that was seen or is refused", async () => {
  const saw = seenOf(await itemOf("Ben"));
  const [answer] = await Promise.all([decide([saw], "approve"), editRole(greeter, [...GREETER, "users.remove"])]);
  const item = await itemOf("Ben");
  if (answer.status === 200) expect(item).toMatchObject({ decision: "approved", decided: { gained: [], changedSince: true } });
  else expect([answer.code, item.decision, item.decided]).toEqual(["access_changed", "pending", null]);
});

test("the report keeps the access at the start, at the decision, and the changes in between", async () => {
  await makeChannel(olga, acme, {
    name: "Leadership",
    transmission: "restricted",
    talkers: { roleIds: [greeter], memberIds: [] },
  });
  await editRole(greeter, ["users.view", "voice.join", "voice.transmit", "users.remove", "recording.download"].slice(1));
  const waiting = await csvOf("Ben");
  expect(waiting).toMatchObject({
    Decision: "Not decided",
    "May when decided": "",
    "Changed since the start":
      "gained: remove a member; gained: download recordings; lost: see the member list and profiles; channels to talk on",
  });
  await decide([seenOf(await itemOf("Ben"))], "approve");
  const decided = {
    roleAfter: "Greeter",
    decided: {
      gained: ["users.remove", "recording.download"],
      lost: ["users.view"],
      changedSince: false,
      channels: { talks: 1 },
    },
  };
  expect(await itemOf("Ben")).toMatchObject(decided);
  // A later edit of the role does not change what was decided.
  await editRole(greeter, [...builtInPermissions("member")].filter(isAvailable));
  expect(await itemOf("Ben")).toMatchObject({ ...decided, decided: { ...decided.decided, changedSince: true } });
  expect((await csvOf("Ben"))?.["Changed since the start"]).toContain("and changed again after the decision");
  await decide([seenOf(await itemOf("Olga"))], "approve");
  expect((await olga.post(`${review}/completion`, {})).status).toBe(200);
  await editRole(greeter, []);
  const ended = await itemOf("Ben");
  expect(ended).toMatchObject({ ...decided, now: null, standsOut: ["powerful"] });
  expect(await csvOf("Ben")).toMatchObject({
    "Role at the start": "Greeter",
    "May at the start": "see the member list and profiles; join channels and listen; talk on channels (push-to-talk)",
    "Channels to talk on at the start": "",
    Decision: "Approved",
    "Role when decided": "Greeter",
    "May when decided": "remove a member; join channels and listen; talk on channels (push-to-talk); download recordings",
    "Channels to listen to when decided": "1",
    "Channels to talk on when decided": "Leadership (chosen by role)",
    "Changed since the start":
      "gained: remove a member; gained: download recordings; lost: see the member list and profiles; channels to talk on",
  });
});

test("a change of role stores the resulting access, and a revocation stores none", async () => {
  const changed = await decide([seenOf(await itemOf("Ben"))], "change", { roleId: acme.roles.Viewer });
  expect(changed.json.items).toMatchObject([
    { roleAfter: "Viewer", decided: { gained: ["messaging.read"], lost: ["voice.transmit"], changedSince: false } },
  ]);
  const revoked = await decide([seenOf(await itemOf("Ben"))], "revoke", { replace: true });
  expect(revoked.json.items).toMatchObject([{ decision: "revoked", roleAfter: null, decided: null, now: null }]);
});

test("the review and its report list people who joined since or are invited, and keep them after the end", async () => {
  expect((await olga.get(review)).json.since).toEqual({ joined: { count: 0, names: [] }, invited: { count: 0, named: [] } });
  const late = await signUpPerson(server, "Late");
  await addMember(server, olga, acme, late, acme.roles.Admin);
  await olga.post(`${acme.path}/invitations`, { email: "cy@example.com", roleId: acme.roles.Member });
  await olga.post(`${acme.path}/invitations`, { email: "dee@example.com", roleId: acme.roles.Admin });
  await server.database.query(
    "update invitations set expires_at = now() - interval '1 minute' where tenant_id = $1 and email = 'dee@example.com'",
    [acme.tenantId],
  );
  const reviewer = await makeRole("Reviewer", ["security.run_access_reviews"]);
  const rita = await signUpPerson(server, "Rita");
  await addMember(server, olga, acme, rita, reviewer);

  const since = {
    joined: { count: 2, names: ["Late", "Rita"] },
    invited: { count: 1, named: [{ email: "cy@example.com", roleName: "Member" }] },
  };
  expect((await olga.get(review)).json.since).toEqual(since);
  const hidden = await rita.get(review);
  expect(hidden.json.since).toEqual({ ...since, invited: { count: 1, named: [{ email: null, roleName: "Member" }] } });
  expect(hidden.text).not.toContain("cy@example");
  const lines = async (by: Person) => (await csv(by)).slice(2).map((row) => [row["Name"], row["Email"], row["Decision"]]);
  const expected = [
    ["Late", "", "Joined after the start: not in this review"],
    ["Rita", "", "Joined after the start: not in this review"],
    ["", "cy@example.com", "Not in this review: invited as Member"],
  ];
  expect(await lines(olga)).toEqual(expected);
  expect((await lines(rita)).at(-1)).toEqual(["", undefined, "Not in this review: invited as Member"]);

  const ended = await olga.post(`${review}/completion`, { early: true, note: "Ask boss@acme.com" });
  expect(ended.json).toMatchObject({ since, endNote: "Ask boss@acme.com" });
  await addMember(server, olga, acme, await signUpPerson(server, "Later"), acme.roles.Viewer);
  await server.database.query("update invitations set revoked_at = now() where tenant_id = $1 and accepted_at is null", [
    acme.tenantId,
  ]);
  expect((await olga.get(review)).json.since).toEqual(since);
  expect(await lines(olga)).toEqual(expected);
  expect((await rita.get(review)).json.endNote).toBe("Ask (address hidden)");
});

test("addresses in notes are hidden from reviewers who may not see addresses", async () => {
  const reviewer = await makeRole("Reviewer", ["security.run_access_reviews"]);
  const rita = await signUpPerson(server, "Rita");
  await addMember(server, olga, acme, rita, reviewer);
  await decide([seenOf(await itemOf("Ben"))], "approve", { note: "ok per boss@acme.com, says Ben" });
  expect((await itemOf("Ben")).note).toBe("ok per boss@acme.com, says Ben");
  const answers = [await rita.get(`${review}/members`), await rita.get(`${review}/report`)];
  for (const { text } of answers) expect(text).not.toMatch(/@acme/);
  expect((await itemOf("Ben", rita)).note).toBe("ok per (address hidden), says Ben");
  expect((await csvOf("Ben"))?.["Note"]).toBe("ok per boss@acme.com, says Ben");
});
