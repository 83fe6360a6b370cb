/** Transferring ownership and leaving. Whatever happens concurrently, there is one owner, who is an active Admin. */
import { beforeEach, describe, expect, test } from "vitest";
import { goThrough, holdDomain, openConnection, signInBySaml, someone, start } from "../sso/testing/saml-side.ts";
import { httpClient } from "../testing/http.ts";
import { addPasskey, makeAuthenticator } from "../testing/passkeys.ts";
import {
  addMember,
  freshDomain,
  letAuthenticationAge,
  makeWorkspace,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";

const server = useServer();
let owner: Person;
let ben: Person;
let cid: Person;
let stranger: Person;
let workspace: Workspace;
let offer: string;
let members: Record<string, string>;

// New people for each test, because rate limits count offers and invitations by person.
beforeEach(async () => {
  [owner, ben, cid, stranger] = await Promise.all([
    signUpPerson(server, "Olga"),
    signUpPerson(server, "Ben"),
    signUpPerson(server, "Cid"),
    signUpPerson(server, "Sam"),
  ]);
  workspace = await makeWorkspace(owner);
  offer = `${workspace.path}/ownership-offer`;
  await addMember(server, owner, workspace, ben, workspace.roles.Viewer);
  await addMember(server, owner, workspace, cid, workspace.roles.Admin);
  const { items } = (await owner.get(`${workspace.path}/members`)).json;
  members = Object.fromEntries(items.map((member: { name: string; memberId: string }) => [member.name, member.memberId]));
});

const offerTo = (name: string, who = owner) => who.post(offer, { memberId: members[name] });
const accept = (who: Person) => who.post(`${offer}/acceptance`);
const again = (who: Person) => who.post("/api/v1/session/authentication", { password: PASSWORD });
const decline = (who: Person) => who.post(`${offer}/refusal`);
const offerSeenBy = async (who: Person) => (await who.get(workspace.path)).json.ownershipOffer;
const actions = async () =>
  (
    await server.database.query<{ action: string; actor_name: string; target_name: string }>(
      "select action, actor_name, target_name from audit_log where tenant_id = $1 and action !~ 'session|invitation|created' order by sequence",
      [workspace.tenantId],
    )
  ).map((entry) => `${entry.actor_name} ${entry.action} ${entry.target_name}`);
const setStatus = (name: string, status: string) =>
  server.database.query("update members set status = $2 where tenant_id = $3 and member_id = $1", [
    members[name],
    status,
    workspace.tenantId,
  ]);

/** Expects an owner who is an active Admin. @returns their name */
async function expectOneOwner(): Promise<string> {
  const rows = await server.database.query<{ name: string; status: string; built_in: string }>(
    `select m.name, m.status, r.built_in from tenants t join members m on m.tenant_id = t.tenant_id and m.member_id = t.owner_member_id
     join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id where t.tenant_id = $1`,
    [workspace.tenantId],
  );
  expect(rows).toEqual([{ name: expect.any(String), status: "active", built_in: "admin" }]);
  return rows[0]?.name ?? "";
}

test("accepting an offer makes the member owner and Admin; the former owner stays Admin, both get a mail, and all is audited", async () => {
  expect((await offerTo("Ben")).status).toBe(201);
  expect((await server.mailTo(ben.email, /offers you ownership of/)).text).toContain("Accept or decline within 7 days");
  expect(await offerSeenBy(owner)).toMatchObject({ memberName: "Ben", can: { answer: false, withdraw: true } });
  expect(await offerSeenBy(ben)).toMatchObject({ offeredByName: "Olga", can: { answer: true, withdraw: false } });
  expect(await offerSeenBy(cid)).toBe(null);

  expect((await accept(ben)).status).toBe(204);
  expect(await expectOneOwner()).toBe("Ben");
  const benNow = (await ben.get(workspace.path)).json;
  expect(benNow.self).toMatchObject({ isOwner: true, roleName: "Admin" });
  expect(benNow).toMatchObject({ can: { delete: true, transferOwnership: true, leave: false }, ownershipOffer: null });
  const olgaNow = (await owner.get(workspace.path)).json;
  expect(olgaNow.self).toMatchObject({ isOwner: false, roleName: "Admin" });
  expect(olgaNow.can).toMatchObject({ delete: false, transferOwnership: false, leave: true });
  await server.mailTo(owner.email, /^Ben now owns/);
  await server.mailTo(ben.email, /^You now own/);
  expect(await actions()).toEqual([
    "Olga ownership.offered Ben",
    "Ben member.role_changed Ben",
    "Ben ownership.transferred Olga",
  ]);
  expect((await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug })).code).toBe("owner_only");
});

test("a declined or withdrawn offer changes nothing, and the other person gets a mail", async () => {
  await offerTo("Ben");
  expect((await decline(ben)).status).toBe(204);
  await server.mailTo(owner.email, /^Ben declined ownership of/);
  expect((await accept(ben)).code).toBe("not_offered_to_you");
  await offerTo("Ben");
  expect((await owner.delete(offer)).status).toBe(204);
  await server.mailTo(ben.email, /no longer offers you/);
  expect((await accept(ben)).code).toBe("not_offered_to_you");
  expect((await owner.delete(offer)).code).toBe("not_found");
  expect(await expectOneOwner()).toBe("Olga");
  expect(await actions()).toEqual([
    "Olga ownership.offered Ben",
    "Ben ownership.declined Olga",
    "Olga ownership.offered Ben",
    "Olga ownership.withdrawn Ben",
  ]);
});

describe("an offer ends, with an audit entry and a mail to the owner, when its member", () => {
  const latest = async () =>
    (
      await server.database.query<{ action: string; actor_name: string; target_name: string; changes: any }>(
        "select action, actor_name, target_name, changes from audit_log where tenant_id = $1 and action = 'ownership.withdrawn'",
        [workspace.tenantId],
      )
    ).map((entry) => [entry.actor_name, entry.target_name, entry.changes.reason.to]);
  const changeBen = (change: string, by = cid) => by.post(`${workspace.path}/members/${change}`, { memberIds: [members["Ben"]] });

  test.each([
    ["is suspended", () => changeBen("suspensions"), ["Cid", "Ben", "Ben was suspended"]],
    ["is removed", () => changeBen("removals"), ["Cid", "Ben", "Ben was removed from the workspace"]],
    ["leaves", () => ben.post(`${workspace.path}/departure`), ["Ben", "Ben", "Ben left the workspace"]],
    [
      "is revoked in an access review",
      async () => {
        const dueAt = new Date(Date.now() + 86_400_000).toISOString();
        const { reviewId } = (await owner.post(`${workspace.path}/access-reviews`, { name: "Autumn", dueAt })).json;
        const review = `${workspace.path}/access-reviews/${reviewId}`;
        const { items } = (await cid.get(`${review}/members`)).json;
        const { memberId, now } = items.find(({ name }: { name: string }) => name === "Ben");
        const decided = [{ memberId, seen: now.seen }];
        return cid.post(`${review}/decisions`, { members: decided, decision: "revoke", note: "Gone" });
      },
      ["Cid", "Ben", "Ben was removed from the workspace"],
    ],
  ] as const)("%s", async (_how, endOffer, entry) => {
    await offerTo("Ben");
    expect((await endOffer()).status).toBeLessThan(300);
    expect(await offerSeenBy(owner)).toBeNull();
    const { text } = await server.mailTo(owner.email, /no longer offered to Ben$/);
    expect(text).toContain(entry[2]);
    expect(await latest()).toEqual([entry]);
    // The offer does not come back when they are reactivated.
    await changeBen("reactivations");
    expect(await offerSeenBy(owner)).toBeNull();
    expect((await offerTo("Cid")).status).toBe(201);
  });

  test("is removed; an offer to another member stays, and an expired offer ends without an entry", async () => {
    await offerTo("Cid");
    await changeBen("suspensions", owner);
    expect((await offerSeenBy(owner)).memberName).toBe("Cid");
    await server.database.query("update ownership_offers set expires_at = now() where tenant_id = $1", [workspace.tenantId]);
    expect(await offerSeenBy(owner)).toMatchObject({ memberName: "Cid", expired: true, can: { answer: false, withdraw: false } });
    expect(await offerSeenBy(cid)).toBeNull();
    await owner.post(`${workspace.path}/members/removals`, { memberIds: [members["Cid"]] });
    expect(await latest()).toEqual([]);
    expect(await offerSeenBy(owner)).toBeNull();
  });
});

describe("the server refuses, and changes nothing for", () => {
  test("an offer by somebody other than the owner, without a recent authentication, to oneself, nobody or a suspended member, and a second offer", async () => {
    const before = await tenantState(server, workspace.tenantId);
    await letAuthenticationAge(server, cid);
    expect((await offerTo("Ben", cid)).code).toBe("owner_only");
    await letAuthenticationAge(server, owner);
    expect(await offerTo("Ben")).toMatchObject({ status: 403, code: "reauthentication_required" });
    await again(owner);
    expect((await offerTo("Olga")).json.fields).toEqual([{ path: "memberId", message: "Choose another active member." }]);
    const nobody = await owner.post(offer, { memberId: crypto.randomUUID() });
    expect(nobody.json.fields).toEqual([{ path: "memberId", message: "Choose another active member." }]);
    await setStatus("Ben", "suspended");
    expect((await offerTo("Ben")).code).toBe("invalid_input");
    await setStatus("Ben", "active");
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
    await offerTo("Ben");
    expect((await offerTo("Cid")).code).toBe("ownership_offer_pending");
    expect((await offerTo("Ben")).code).toBe("ownership_offer_pending");
  });

  test("an answer by anybody but the member with the offer, and an acceptance without a recent authentication", async () => {
    await offerTo("Ben");
    const before = await tenantState(server, workspace.tenantId);
    for (const who of [cid, owner]) {
      expect((await accept(who)).code).toBe("not_offered_to_you");
      expect((await decline(who)).code).toBe("not_offered_to_you");
    }
    for (const who of [ben, cid]) expect((await who.delete(offer)).code).toBe("owner_only");
    expect((await accept(stranger)).code).toBe("not_found");
    await letAuthenticationAge(server, ben);
    expect(await accept(ben)).toMatchObject({ status: 403, code: "reauthentication_required" });
    // Another session of the same person's proves nothing for this one.
    await signIn(server, ben.email);
    expect((await accept(ben)).code).toBe("reauthentication_required");
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
    expect(await expectOneOwner()).toBe("Olga");
  });
});

test("somebody without a password accepts and offers, and deletes the workspace, by passkey or by the workspace's single sign-on", async () => {
  await server.database.query("update sessions set authenticated_at = now() where account_id = $1", [owner.accountId]);
  const domain = freshDomain();
  await holdDomain(server, workspace, domain);
  const joining = { joining: "just_in_time", defaultRoleId: workspace.roles.Member };
  const connection = await openConnection(server, owner, workspace, joining);
  const [newcomer, self] = [httpClient(server.url), someone(`new@${domain}`)];
  await signInBySaml(server, newcomer, connection, self);
  const { memberId } = (await newcomer.get(workspace.path)).json.self;
  expect((await owner.post(offer, { memberId })).status).toBe(201);
  const ageProof = () =>
    server.database.query("update member_sessions set sso_confirmed_at = now() - interval '6 minutes' where member_id = $1", [
      memberId,
    ]);
  const confirm = async () =>
    goThrough(server, newcomer, connection, { person: self, start: await start(newcomer, connection, "confirm") });
  await ageProof();
  expect((await newcomer.post(`${offer}/acceptance`)).code).toBe("reauthentication_required");
  expect((await confirm()).json).toEqual({ outcome: "confirmed", slug: workspace.slug });
  expect((await newcomer.post(`${offer}/acceptance`)).status).toBe(204);
  await ageProof();
  expect((await newcomer.post(offer, { memberId: members["Ben"] })).code).toBe("reauthentication_required");
  await confirm();
  expect((await newcomer.post(offer, { memberId: members["Ben"] })).status).toBe(201);

  const authenticator = makeAuthenticator({ origin: server.url.replace("127.0.0.1", "localhost") });
  await addPasskey(ben, authenticator);
  await server.database.query("update accounts set password_hash = null where account_id = $1", [ben.accountId]);
  const byPasskey = async () => {
    const challenge = (await ben.post("/api/v1/session/authentication/passkey-challenge")).json;
    return ben.post("/api/v1/session/authentication", { passkey: authenticator.get(challenge) });
  };
  const before = ben.cookieHeader();
  await letAuthenticationAge(server, ben);
  expect((await accept(ben)).code).toBe("reauthentication_required");
  expect((await byPasskey()).status).toBe(204);
  expect(ben.cookieHeader()).not.toBe(before);
  expect((await accept(ben)).status).toBe(204);
  await letAuthenticationAge(server, ben);
  const remove = () => ben.post(`${workspace.path}/deletion`, { slug: workspace.slug });
  expect((await remove()).code).toBe("reauthentication_required");
  await byPasskey();
  expect((await remove()).status).toBe(202);
});

describe("an offer cannot be accepted", () => {
  test("after 7 days, and another can be made then", async () => {
    await offerTo("Ben");
    const [row] = await server.database.query<{ days: number }>(
      "select extract(epoch from expires_at - now()) / 86400 as days from ownership_offers where tenant_id = $1",
      [workspace.tenantId],
    );
    expect(Number(row?.days)).toBeCloseTo(7, 1);
    await server.database.query("update ownership_offers set expires_at = now() where tenant_id = $1", [workspace.tenantId]);
    expect(await offerSeenBy(ben)).toBe(null);
    expect((await accept(ben)).code).toBe("not_offered_to_you");
    expect((await offerTo("Cid")).status).toBe(201);
  });

  test("once its member was suspended, even after they are reactivated", async () => {
    await offerTo("Ben");
    await setStatus("Ben", "suspended");
    expect((await accept(ben)).code).toBe("suspended");
    await setStatus("Ben", "active");
    expect(await offerSeenBy(ben)).toBe(null);
    expect((await accept(ben)).code).toBe("not_offered_to_you");
    expect(await expectOneOwner()).toBe("Olga");
  });

  test("once its member leaves", async () => {
    await offerTo("Ben");
    expect((await ben.post(`${workspace.path}/departure`)).status).toBe(204);
    expect(await offerSeenBy(owner)).toBe(null);
    expect((await accept(ben)).code).toBe("not_found");
  });
});

describe("concurrently", () => {
  test("of accepting twice, declining and withdrawing at most one succeeds, and there is one owner", async () => {
    for (let round = 0; round < 4; round += 1) {
      await offerTo("Ben");
      const answers = await Promise.all([
        accept(ben),
        decline(ben),
        owner.delete(offer),
        accept(ben),
        ...(round % 2 ? [ben.post(`${workspace.path}/departure`)] : []),
      ]);
      for (const { status } of answers) expect(status).toBeLessThan(500);
      const name = await expectOneOwner();
      const done = answers.slice(0, 4).filter(({ status }) => status === 204);
      expect(done.length).toBeLessThanOrEqual(1);
      if (name === "Ben") {
        expect(answers[4]?.code ?? "owner_must_stay").toBe("owner_must_stay");
        return; // another round would need Olga as owner
      }
      if (answers[4]?.status === 204) return;
    }
  });

  test("of two offers to different members only one is made", async () => {
    const answers = await Promise.all([offerTo("Ben"), offerTo("Cid"), offerTo("Ben")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  test.each([
    ["suspends", "suspensions", () => ({})],
    ["removes", "removals", () => ({})],
    ["demotes", "role-changes", () => ({ roleId: workspace.roles.Viewer })],
  ] as const)(
    "an admin %s the member with the offer while they accept: each change happens completely or not at all, and there is one owner",
    async (_what, kind, bodyFields) => {
      for (let round = 0; round < 4; round += 1) {
        await offerTo("Ben");
        await server.database.query("delete from member_sessions");
        const [accepted, changed] = await Promise.all([
          accept(ben),
          cid.post(`${workspace.path}/members/${kind}`, { memberIds: [members.Ben], ...bodyFields() }),
          owner.delete(offer),
        ]);
        for (const { status } of [accepted, changed]) expect(status).toBeLessThan(500);
        const name = await expectOneOwner();
        expect(name).toBe(accepted.status === 204 ? "Ben" : "Olga");
        // The owner is protected. A change of role does not end the offer, so both can succeed.
        if (name === "Ben" && kind !== "role-changes") expect(changed.code).toBe("owner_protected");
        if (name === "Ben" || kind === "removals") return;
        await owner.post(`${workspace.path}/members/reactivations`, { memberIds: [members.Ben] });
      }
    },
  );
});

describe("leaving", () => {
  test("ends access at once and removes the workspace from the person's list; audit log and recordings keep the name", async () => {
    await server.database.query(
      `with channel as (insert into channels (tenant_id, channel_id, name) values ($1, gen_random_uuid(), 'Ops') returning channel_id)
       insert into transmissions (tenant_id, transmission_id, channel_id, member_id, speaker_name, started_at, status)
       select $1, gen_random_uuid(), channel_id, $2, 'Ben', now(), 'complete' from channel`,
      [workspace.tenantId, members.Ben],
    );
    expect((await ben.post(`${workspace.path}/departure`)).status).toBe(204);
    for (const path of ["", "/channels", "/members", "/gateway"]) {
      expect((await ben.get(`${workspace.path}${path}`)).code).toBe("not_found");
    }
    expect((await ben.get("/api/v1/me")).text).not.toContain(workspace.tenantId);
    expect(await actions()).toEqual(["Ben member.left Ben"]);
    const transmissions = await server.database.query("select speaker_name, member_id from transmissions where tenant_id = $1", [
      workspace.tenantId,
    ]);
    expect(transmissions).toEqual([{ speaker_name: "Ben", member_id: null }]);
    // A new invitation lets them in again.
    await addMember(server, owner, workspace, ben, workspace.roles.Viewer);
    expect((await ben.get(workspace.path)).status).toBe(200);
  });

  test("is refused for the owner, with the advice to transfer ownership first", async () => {
    const before = await tenantState(server, workspace.tenantId);
    const refused = await owner.post(`${workspace.path}/departure`);
    expect(refused).toMatchObject({ status: 409, code: "owner_must_stay" });
    expect(refused.json.detail).toContain("Transfer ownership first");
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
  });

  test("twice at the same time succeeds or answers 404, and is audited once", async () => {
    const answers = await Promise.all([1, 2].map(() => ben.post(`${workspace.path}/departure`)));
    for (const { status } of answers) expect([204, 404]).toContain(status);
    expect(await actions()).toEqual(["Ben member.left Ben"]);
  });
});
