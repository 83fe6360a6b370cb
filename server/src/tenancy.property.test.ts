/**
 * Thousands of random operations by random members of two tenants, against a small model of who may do what. After each one: the
 * answer is the model's; what was refused changed nothing; and neither tenant can see or change the other.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { PERMISSION_NAMES, type Permission } from "#contract/permissions.ts";
import { freshSlug, makeWorkspace, type Person, signUpPerson } from "./testing/people.ts";
import { useServer } from "./testing/server.ts";
import { tablesWithTenantId } from "./testing/tenant-state.ts";
import { type Doing, idsOf, pick, type Step } from "./testing/tenancy-deeds.ts";
import { isGood, memberOf, type ModelRole, type ModelTenant, namesOf, newTenant } from "./testing/tenancy-model.ts";
import { PEOPLE_DOINGS } from "./testing/tenancy-people.ts";
import { THING_DOINGS } from "./testing/tenancy-things.ts";

const server = useServer();
/** Belong to this tenant, to that one, to both or to none, as it happens. */
let crowd: Person[] = [];
let begun = 0;
let fingerprint: string;

beforeAll(async () => {
  const tables = await tablesWithTenantId(server.database);
  // One round trip for all that the database holds of a tenant.
  fingerprint = tables
    .map(
      (table) =>
        `select '${table}' as t, md5(coalesce(string_agg(x::text, '|' order by x::text), '')) as h from ${table} x where tenant_id = $1`,
    )
    .join(" union all ");
});

/** What the database held of each tenant when it was looked at last. */
const seen = new WeakMap<ModelTenant, string>();

async function look(tenant: ModelTenant): Promise<string> {
  const state = JSON.stringify(await server.database.query(fingerprint, [tenant.workspace.tenantId]));
  seen.set(tenant, state);
  return state;
}

const known = async (tenant: ModelTenant) => seen.get(tenant) ?? (await look(tenant));

const DOINGS: Record<string, Doing> = { ...PEOPLE_DOINGS, ...THING_DOINGS };

/** How often each kind was done, refused as the model says, and sent away by a rate limit. */
const tally: Record<string, { done: number; refused: number; limited: number }> = {};

function count(kind: string, what: "done" | "refused" | "limited"): void {
  (tally[kind] ??= { done: 0, refused: 0, limited: 0 })[what] += 1;
}

type Answering = "acceptance" | "refusal";

/**
 * Somebody answers an invitation: its own person, when whoever invited them could still do so; nobody else. That people join keeps the
 * tenants peopled.
 */
function answering(path: Answering): Doing {
  return ({ here, crowd, step }) => {
    const invitation = pick(here.invitations, step.target);
    const by = step.crossed ? pick(crowd, step.who) : invitation?.person;
    if (!invitation || !by) return null;
    const { invitationId, person, role } = invitation;
    return {
      by,
      allowed: by === person && isGood(here, invitation),
      send: () => by.post(`/api/v1/me/invitations/${invitationId}/${path}`),
      async apply() {
        here.invitations.splice(here.invitations.indexOf(invitation), 1);
        if (path === "refusal") return;
        const [row] = await server.database.query<{ memberId: string }>(
          'select member_id as "memberId" from members where tenant_id = $1 and account_id = $2',
          [here.workspace.tenantId, person.accountId],
        );
        here.members.push({ person, memberId: row?.memberId ?? "", role, suspended: false });
      },
    };
  };
}

/** Asked of no workspace, so that a stranger's answer says nothing of one. */
const ABOVE_TENANTS: Record<string, Doing> = { accept: answering("acceptance"), decline: answering("refusal") };

/** What there has to be before a step of the kind finds something to do. */
const FIRST: Record<string, string> = {
  ...{ decide: "startReview", completeReview: "startReview" },
  ...{
    restrictTalkers: "createChannel",
    openToAll: "createChannel",
    renameChannel: "createChannel",
    deleteChannel: "createChannel",
  },
  ...{ accept: "invite", decline: "invite", resend: "invite", withdraw: "invite", withdrawMany: "invite" },
};

async function perform(here: ModelTenant, there: ModelTenant, step: Step): Promise<boolean> {
  // Mostly one of this tenant's own; whoever asks, the model knows what they are here.
  const people = {
    owner: [here.owner],
    insider: here.members,
    neighbour: there.members,
    anybody: crowd.map((one) => ({ person: one })),
  }[step.from];
  const { person } = pick<{ person: Person }>(people, step.who) as { person: Person };
  const scene = { here, there, person, crowd, step };
  const deed = (DOINGS[step.kind] ?? ABOVE_TENANTS[step.kind])?.(scene);
  if (!deed) {
    const first = FIRST[step.kind];
    return first !== undefined && perform(here, there, { ...step, kind: first });
  }
  const [mine, theirs] = [await known(here), await known(there)];
  const answer = await deed.send();
  const limited = answer.code === "rate_limited";
  const allowed = deed.allowed && !limited;
  const told = `${step.kind}${step.crossed ? " with an id of the other tenant" : ""}: ${answer.status} ${answer.text.slice(0, 2_000)}`;

  expect([told, answer.status < 300]).toEqual([told, allowed]);
  if (step.kind in DOINGS && !memberOf(here, deed.by ?? person)) expect([told, answer.code]).toEqual([told, "not_found"]);
  if (allowed) await deed.settle?.();
  expect([told, await look(there)]).toEqual([told, theirs]);
  const after = await look(here);
  if (!allowed) expect([told, after]).toEqual([told, mine]);
  const betrayed = namesOf(there).filter((name) => !deed.repeats?.includes(name) && answer.text.includes(name));
  expect([told, betrayed]).toEqual([told, []]);
  if (allowed) await deed.apply(answer);
  count(step.kind, limited ? "limited" : allowed ? "done" : "refused");
  return true;
}

/** The database, read above all gates, is what the model says it is. */
async function expectAsModelled(tenant: ModelTenant): Promise<void> {
  const { tenantId } = tenant.workspace;
  const members = await server.database.query<{ member: string; role: string; status: string; owner: boolean }>(
    `select m.member_id as member, m.role_id as role, m.status, t.owner_member_id = m.member_id as owner
     from members m join tenants t using (tenant_id) where tenant_id = $1 order by 1`,
    [tenantId],
  );
  expect(members).toEqual(
    tenant.members
      .map((of) => ({
        member: of.memberId,
        role: of.role.roleId,
        status: of.suspended ? "suspended" : "active",
        owner: of === tenant.owner,
      }))
      .sort((a, b) => (a.member < b.member ? -1 : 1)),
  );
  const roles = await server.database.query<{ role: string; permissions: string[] | null }>(
    "select role_id as role, permissions from roles where tenant_id = $1 order by 1",
    [tenantId],
  );
  expect(roles.map(({ role, permissions }) => [role, permissions && [...permissions].sort()])).toEqual(
    tenant.roles
      .map((of) => [of.roleId, of.builtIn ? null : [...of.permissions].sort()])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
  const talkers = await server.database.query<{ channel: string; roles: string[]; members: string[] }>(
    `select channel_id as channel,
       array(select role_id::text from channel_talker_roles r where r.channel_id = c.channel_id order by 1) as roles,
       array(select member_id::text from channel_talker_members m where m.channel_id = c.channel_id order by 1) as members
     from channels c where tenant_id = $1 order by 1`,
    [tenantId],
  );
  expect(talkers).toEqual(
    tenant.channels
      .map((of) => ({
        channel: of.channelId,
        roles: [...(of.talkers?.roles ?? [])].map(({ roleId }) => roleId).sort(),
        members: idsOf([...(of.talkers?.members ?? [])]).sort(),
      }))
      .sort((a, b) => (a.channel < b.channel ? -1 : 1)),
  );
  const [offer] = await server.database.query<{ member: string }>(
    "select member_id as member from ownership_offers where tenant_id = $1",
    [tenantId],
  );
  expect(offer?.member).toBe(tenant.offered?.memberId);
  const [log] = await server.database.query<{ gaps: string }>(
    "select max(sequence) - count(*) as gaps from audit_log where tenant_id = $1",
    [tenantId],
  );
  expect(log?.gaps).toBe("0");
}

const ALL = [...Object.keys(DOINGS), ...Object.keys(ABOVE_TENANTS)];
const OFTEN = [
  "invite",
  "invite",
  "accept",
  "accept",
  "accept",
  "changeRole",
  "editRole",
  "deleteRole",
  "decide",
  "decide",
  "offerOwnership",
];
/** Or nobody is left, or each run waits for archives. */
const RARE = ["leave"];
const KINDS = [...ALL, ...ALL.filter((kind) => !RARE.includes(kind)), ...OFTEN];

const arbitraryPermissions = fc.oneof(
  fc.subarray([...PERMISSION_NAMES]),
  // What an administrator of a kind would hold: enough to get far, not enough for everything.
  fc.subarray([...PERMISSION_NAMES], { minLength: PERMISSION_NAMES.length - 4, maxLength: PERMISSION_NAMES.length - 1 }),
);

/** Per tenant: roles of its own, and members with them and with the built-in ones, so that there is something to be denied. */
const arbitraryBeginning = fc.array(arbitraryPermissions, { minLength: 3, maxLength: 3, size: "max" });

const arbitrarySteps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom(...KINDS),
    from: fc.constantFrom("owner", "owner", "insider", "insider", "insider", "insider", "neighbour", "anybody"),
    who: fc.nat(),
    second: fc.boolean(),
    crossed: fc.integer({ min: 0, max: 5 }).map((die) => die === 0),
    target: fc.nat(),
    more: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(), { maxLength: 3 })),
    role: fc.nat(),
    permissions: arbitraryPermissions,
  }),
  { minLength: 250, maxLength: 250, size: "max" },
);

/** Others after a while: nobody may accept invitations without end. */
async function gatherCrowd(): Promise<void> {
  if (begun % 4 === 0) {
    crowd = await Promise.all(["Ada", "Ben", "Cid", "Dee", "Eve", "Fay", "Gil", "Hal"].map((name) => signUpPerson(server, name)));
  }
  begun += 1;
}

async function begin(name: string, roles: Permission[][], guests: Person[]): Promise<ModelTenant> {
  const owner = await signUpPerson(server, name);
  const workspace = await makeWorkspace(owner);
  const { json } = await owner.get(workspace.path);
  const tenant = newTenant(workspace, owner, json.self.memberId);
  for (const permissions of roles) {
    const made = (await owner.post(`${workspace.path}/roles`, { name: freshSlug("role"), permissions })).json;
    const { roleId, name: roleName, version } = made;
    tenant.roles.push({ roleId, name: roleName, builtIn: false, permissions: new Set(permissions), version });
  }
  for (const [index, person] of guests.entries()) {
    const role = tenant.roles.at(-1 - (index % tenant.roles.length)) as ModelRole;
    const { json: made } = await owner.post(`${workspace.path}/invitations`, { email: person.email, roleId: role.roleId });
    expect(await person.post(`/api/v1/me/invitations/${made.invitationId}/acceptance`)).toMatchObject({ status: 200 });
    const { json: me } = await owner.get(`${workspace.path}/members?search=${person.email}`);
    tenant.members.push({ person, memberId: me.items[0].memberId, role, suspended: false });
    tenant.mailed.set(person, 1);
  }
  return tenant;
}

/** A new seed each time, printed when it fails; what it prints replays it. */
const RUNS = Number(process.env["WHOOT_PROPERTY_RUNS"] ?? 12);
const SEED = process.env["WHOOT_PROPERTY_SEED"];

test(`${RUNS} times 250 random operations by random members of two tenants`, { timeout: RUNS * 60_000 }, async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryBeginning, arbitraryBeginning, arbitrarySteps, async (rolesOfFirst, rolesOfSecond, steps) => {
      await gatherCrowd();
      // Two of the crowd belong to both.
      const first = await begin("Anna", rolesOfFirst, crowd.slice(0, 5));
      const second = await begin("Bela", rolesOfSecond, crowd.slice(3));
      for (const step of steps) {
        if (await (step.second ? perform(second, first, step) : perform(first, second, step))) done += 1;
      }
      await expectAsModelled(first);
      await expectAsModelled(second);
    }),
    {
      numRuns: RUNS,
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
      endOnFailure: true,
      // Seeds, not the steps: they say nothing without the ids of their run.
      asyncReporter: async ({ failed, seed, counterexamplePath, errorInstance }) => {
        if (failed)
          throw new Error(`run ${counterexamplePath} failed: WHOOT_PROPERTY_SEED=${seed} npm test -- tenancy.property`, {
            cause: errorInstance,
          });
      },
    },
  );
  if (process.env.WHOOT_TALLY) console.table(tally);
  expect(done).toBeGreaterThan(RUNS * 200);
  expect(Object.keys(tally).sort()).toEqual([...ALL].sort());
  // Somebody who only ever hits a limit proves nothing.
  expect(Object.values(tally).reduce((sum, { limited }) => sum + limited, 0)).toBeLessThan(done / 20);
});
