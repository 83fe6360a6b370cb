/**
 * Thousands of random operations by random members of two tenants, against a small model of who may do what. After each one: the
 * answer is the model's; what was refused changed nothing; and neither tenant can see or change the other.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { PERMISSION_NAMES, type Permission } from "#contract/permissions.ts";
import type { Answer } from "./testing/http.ts";
import { freshSlug, makeWorkspace, type Person, signUpPerson } from "./testing/people.ts";
import { useServer } from "./testing/server.ts";
import { tablesWithTenantId } from "./testing/tenant-state.ts";
import {
  isGood,
  may,
  mayChange,
  mayGive,
  mayTouchRole,
  memberOf,
  type ModelMember,
  type ModelRole,
  type ModelTenant,
  newTenant,
} from "./testing/tenancy-model.ts";

const server = useServer();
/** Belong to this tenant, to that one, to both or to none, as it happens. */
let crowd: Person[];
let fingerprint: string;

beforeAll(async () => {
  crowd = await Promise.all(["Ada", "Ben", "Cid", "Dee", "Eve", "Fay", "Gil", "Hal"].map((name) => signUpPerson(server, name)));
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

/** Whatever names the tenant: none of it may stand in an answer to somebody who asked another one. */
function needles(tenant: ModelTenant): string[] {
  return [
    tenant.workspace.tenantId,
    tenant.workspace.slug,
    ...tenant.roles.map(({ roleId }) => roleId),
    ...tenant.members.map(({ memberId }) => memberId),
    ...tenant.channels,
    ...tenant.invitations.map(({ invitationId }) => invitationId),
  ];
}

interface Step {
  kind: string;
  from: "insider" | "neighbour" | "anybody";
  who: number;
  /** In which of the two. */
  second: boolean;
  /** With an id of the other tenant in place of the tenant's own. */
  crossed: boolean;
  target: number;
  role: number;
  permissions: Permission[];
}

interface Scene {
  here: ModelTenant;
  there: ModelTenant;
  person: Person;
  step: Step;
}

interface Deed {
  /** By the model. With an id of the other tenant never. */
  allowed: boolean;
  send(): Promise<Answer>;
  /** What a success changes in the model. */
  apply(answer: Answer): void | Promise<void>;
}

const pick = <Item>(items: Item[], index: number): Item | undefined => items[index % Math.max(1, items.length)];

/** Mostly one of the tenant's own making: that the built-in ones stay as they are is soon seen. */
const pickToTouch = ({ roles }: ModelTenant, index: number) =>
  pick(index % 5 === 0 ? roles : roles.filter(({ builtIn }) => !builtIn), index);

/** Nothing to do when there is nobody, no role, no channel to do it with. */
type Doing = (scene: Scene) => Deed | null;

function onMember(path: string, permission: Permission, change: (tenant: ModelTenant, target: ModelMember) => void): Doing {
  return ({ here, there, person, step }) => {
    const target = pick((step.crossed ? there : here).members, step.target);
    if (!target) return null;
    return {
      allowed: !step.crossed && mayChange(here, person, target, permission),
      send: () => person.post(`${here.workspace.path}/members/${path}`, { memberIds: [target.memberId] }),
      apply: () => change(here, target),
    };
  };
}

const DOINGS: Record<string, Doing> = {
  look: ({ here, person }) => ({
    allowed: may(here, person, null),
    send: () => person.get(here.workspace.path),
    apply: () => {},
  }),
  listMembers: ({ here, person }) => ({
    allowed: may(here, person, "users.view"),
    send: () => person.get(`${here.workspace.path}/members?limit=200`),
    apply: ({ json }) => {
      const listed = (json.items as Array<{ memberId: string }>).map(({ memberId }) => memberId);
      expect(listed.sort()).toEqual(here.members.map(({ memberId }) => memberId).sort());
    },
  }),
  listRoles: ({ here, person }) => ({
    allowed: may(here, person, "roles.view"),
    send: () => person.get(`${here.workspace.path}/roles`),
    apply: ({ json }) => expect(json.items).toHaveLength(here.roles.length),
  }),
  readAuditLog: ({ here, person }) => ({
    allowed: may(here, person, "audit.view"),
    send: () => person.get(`${here.workspace.path}/audit-log`),
    apply: () => {},
  }),
  createChannel: ({ here, person }) => ({
    allowed: may(here, person, "channels.create"),
    send: () => person.post(`${here.workspace.path}/channels`, { name: freshSlug("channel") }),
    apply: ({ json }) => void here.channels.push(json.channelId),
  }),
  renameChannel: ({ here, there, person, step }) => {
    const channelId = pick((step.crossed ? there : here).channels, step.target);
    if (!channelId) return null;
    return {
      allowed: !step.crossed && may(here, person, "channels.edit"),
      send: () => person.patch(`${here.workspace.path}/channels/${channelId}`, { name: freshSlug("renamed") }),
      apply: () => {},
    };
  },
  deleteChannel: ({ here, there, person, step }) => {
    const channelId = pick((step.crossed ? there : here).channels, step.target);
    if (!channelId) return null;
    return {
      allowed: !step.crossed && may(here, person, "channels.delete"),
      send: () => person.delete(`${here.workspace.path}/channels/${channelId}`),
      apply: () => void here.channels.splice(here.channels.indexOf(channelId), 1),
    };
  },
  createRole: ({ here, person, step }) => ({
    allowed: may(here, person, "roles.create") && mayGive(here, person, step.permissions),
    send: () => person.post(`${here.workspace.path}/roles`, { name: freshSlug("role"), permissions: step.permissions }),
    apply({ json }) {
      const { roleId, name, version } = json;
      here.roles.push({ roleId, name, builtIn: false, permissions: new Set(step.permissions), version });
    },
  }),
  editRole: ({ here, there, person, step }) => {
    const role = pickToTouch(step.crossed ? there : here, step.role);
    if (!role) return null;
    return {
      allowed: !step.crossed && mayTouchRole(here, person, role, "roles.edit") && mayGive(here, person, step.permissions),
      send: () =>
        person.patch(`${here.workspace.path}/roles/${role.roleId}`, { version: role.version, permissions: step.permissions }),
      apply({ json }) {
        Object.assign(role, { permissions: new Set(step.permissions), version: json.version });
      },
    };
  },
  deleteRole: ({ here, there, person, step }) => {
    const role = pickToTouch(step.crossed ? there : here, step.role);
    const replacement = pick(
      here.roles.filter((other) => other !== role),
      step.target,
    );
    if (!role || !replacement) return null;
    const holders = here.members.filter((member) => member.role === role);
    const invited = here.invitations.filter((invitation) => invitation.role === role);
    const actor = memberOf(here, person);
    return {
      allowed:
        !step.crossed &&
        mayTouchRole(here, person, role, "roles.delete") &&
        // Giving people another role is giving them a role.
        (holders.length === 0 || may(here, person, "users.change_role")) &&
        (invited.length === 0 || may(here, person, "users.invite")) &&
        (holders.length + invited.length === 0 || mayGive(here, person, replacement.permissions)) &&
        !holders.some((member) => member === here.owner || member === actor),
      send: () =>
        person.post(`${here.workspace.path}/roles/${role.roleId}/deletion`, {
          replacementRoleId: holders.length + invited.length > 0 ? replacement.roleId : null,
        }),
      apply() {
        here.roles.splice(here.roles.indexOf(role), 1);
        for (const one of [...holders, ...invited]) one.role = replacement;
      },
    };
  },
  changeRole: ({ here, there, person, step }) => {
    const target = pick(here.members, step.target);
    const role = pick((step.crossed ? there : here).roles, step.role);
    if (!target || !role) return null;
    return {
      allowed: !step.crossed && mayChange(here, person, target, "users.change_role") && mayGive(here, person, role.permissions),
      send: () =>
        person.post(`${here.workspace.path}/members/role-changes`, { memberIds: [target.memberId], roleId: role.roleId }),
      apply: () => void (target.role = role),
    };
  },
  suspend: onMember("suspensions", "users.suspend", (_tenant, target) => void (target.suspended = true)),
  reactivate: onMember("reactivations", "users.suspend", (_tenant, target) => void (target.suspended = false)),
  remove: onMember("removals", "users.remove", (tenant, target) => {
    tenant.members.splice(tenant.members.indexOf(target), 1);
  }),
  leave: ({ here, person }) => {
    const member = memberOf(here, person);
    return {
      allowed: may(here, person, null) && member !== here.owner,
      send: () => person.post(`${here.workspace.path}/departure`),
      apply: () => void here.members.splice(here.members.indexOf(member as ModelMember), 1),
    };
  },
  invite: ({ here, there, person, step }) => {
    const guest = pick(
      crowd.filter((one) => !memberOf(here, one) && !here.invitations.some((invitation) => invitation.person === one)),
      step.target,
    );
    const role = pick((step.crossed ? there : here).roles, step.role);
    if (!guest || !role) return null;
    return {
      allowed: !step.crossed && may(here, person, "users.invite") && mayGive(here, person, role.permissions),
      send: () => person.post(`${here.workspace.path}/invitations`, { email: guest.email, roleId: role.roleId }),
      apply: ({ json }) =>
        void here.invitations.push({
          invitationId: json.invitationId,
          person: guest,
          role,
          inviter: memberOf(here, person) as ModelMember,
        }),
    };
  },
  withdraw: ({ here, there, person, step }) => {
    const invitation = pick((step.crossed ? there : here).invitations, step.target);
    if (!invitation) return null;
    return {
      allowed: !step.crossed && may(here, person, "users.invite"),
      send: () => person.delete(`${here.workspace.path}/invitations/${invitation.invitationId}`),
      apply: () => void here.invitations.splice(here.invitations.indexOf(invitation), 1),
    };
  },
};

/** Somebody who was invited joins, if whoever invited them could still do so: it keeps the tenants peopled. */
async function accept(here: ModelTenant, index: number): Promise<void> {
  const invitation = pick(here.invitations, index);
  if (!invitation) return;
  const { invitationId, person, role } = invitation;
  const answer = await person.post(`/api/v1/me/invitations/${invitationId}/acceptance`);
  expect([answer.text, answer.status === 200]).toEqual([answer.text, isGood(here, invitation)]);
  if (answer.status !== 200) return;
  const [row] = await server.database.query<{ memberId: string }>(
    'select member_id as "memberId" from members where tenant_id = $1 and account_id = $2',
    [here.workspace.tenantId, person.accountId],
  );
  here.invitations.splice(here.invitations.indexOf(invitation), 1);
  here.members.push({ person, memberId: row?.memberId ?? "", role, suspended: false });
}

async function perform(here: ModelTenant, there: ModelTenant, step: Step): Promise<boolean> {
  if (step.kind === "accept") {
    const theirs = await known(there);
    await accept(here, step.target);
    expect(await look(there)).toBe(theirs);
    await look(here);
    return true;
  }
  // Mostly one of this tenant's own; whoever asks, the model knows what they are here.
  const people = { insider: here.members, neighbour: there.members, anybody: crowd.map((one) => ({ person: one })) }[step.from];
  const { person } = pick<{ person: Person }>(people, step.who) as { person: Person };
  const deed = DOINGS[step.kind]?.({ here, there, person, step });
  if (!deed) return false;
  const [mine, theirs] = [await known(here), await known(there)];
  const answer = await deed.send();
  const told = `${step.kind}${step.crossed ? " with an id of the other tenant" : ""}: ${answer.status} ${answer.text}`;

  expect([told, answer.status < 300]).toEqual([told, deed.allowed]);
  if (!memberOf(here, person)) expect([told, answer.code]).toEqual([told, "not_found"]);
  expect([told, await look(there)]).toEqual([told, theirs]);
  const after = await look(here);
  if (!deed.allowed) expect([told, after]).toEqual([told, mine]);
  for (const needle of needles(there)) expect([told, answer.text.includes(needle)]).toEqual([told, false]);
  if (deed.allowed) await deed.apply(answer);
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
  const [log] = await server.database.query<{ gaps: string }>(
    "select max(sequence) - count(*) as gaps from audit_log where tenant_id = $1",
    [tenantId],
  );
  expect(log?.gaps).toBe("0");
}

const OFTEN = ["invite", "accept", "accept", "changeRole", "suspend", "editRole", "editRole", "deleteRole"];
/** Leaving is rare, or nobody is left. */
const KINDS = [...Object.keys(DOINGS), ...Object.keys(DOINGS), ...OFTEN].filter(
  (kind, index, all) => kind !== "leave" || all.indexOf(kind) === index,
);

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
    from: fc.constantFrom("insider", "insider", "insider", "insider", "neighbour", "anybody"),
    who: fc.nat(),
    second: fc.boolean(),
    crossed: fc.integer({ min: 0, max: 5 }).map((die) => die === 0),
    target: fc.nat(),
    role: fc.nat(),
    permissions: arbitraryPermissions,
  }),
  { minLength: 250, maxLength: 250, size: "max" },
);

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
    tenant.invitations.push({ invitationId: made.invitationId, person, role, inviter: tenant.owner });
    await accept(tenant, 0);
  }
  return tenant;
}

/** A run of CI takes a new seed each time and prints it when it fails. */
const RUNS = 12;

test(`${RUNS} times 250 random operations by random members of two tenants`, { timeout: 240_000 }, async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryBeginning, arbitraryBeginning, arbitrarySteps, async (rolesOfFirst, rolesOfSecond, steps) => {
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
      endOnFailure: true,
      // Seeds, not the steps: they say nothing without the ids of their run.
      asyncReporter: async ({ failed, seed, counterexamplePath, errorInstance }) => {
        if (failed)
          throw new Error(`the property failed, { seed: ${seed}, path: "${counterexamplePath}" }`, { cause: errorInstance });
      },
    },
  );
  expect(done).toBeGreaterThan(RUNS * 200);
});
