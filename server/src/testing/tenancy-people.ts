/** Steps of the tenancy test about people: members, roles, ownership. */
import { expect } from "vitest";
import { isAvailable, type Permission } from "#contract/permissions.ts";
import { freshSlug } from "./people.ts";
import { type Doing, idsOf, pick, pickSeveral, pickToTouch } from "./tenancy-deeds.ts";
import {
  covers,
  may,
  mayChange,
  mayGive,
  mayOffer,
  mayTouchRole,
  memberOf,
  type ModelMember,
  type ModelRole,
  type ModelTenant,
  takeOut,
} from "./tenancy-model.ts";

/** Changes all of the members or none. */
function onMembers(path: string, permission: Permission, change: (tenant: ModelTenant, target: ModelMember) => void): Doing {
  return ({ here, there, person, step }) => {
    const targets = pickSeveral(here.members, there.members, step);
    return {
      allowed: targets.every((target) => mayChange(here, person, target, permission)),
      send: () => person.post(`${here.workspace.path}/members/${path}`, { memberIds: idsOf(targets) }),
      apply: () => targets.forEach((target) => change(here, target)),
    };
  };
}

const members: Record<string, Doing> = {
  listMembers: ({ here, person }) => ({
    allowed: may(here, person, "users.view"),
    send: () => person.get(`${here.workspace.path}/members?limit=200`),
    apply: ({ json }) => expect(idsOf(json.items).sort()).toEqual(idsOf(here.members).sort()),
  }),
  changeRole: ({ here, there, person, step }) => {
    // The role or one of the members is the other tenant's.
    const foreignRole = step.crossed && step.target % 2 === 0;
    const targets = pickSeveral(here.members, there.members, { ...step, crossed: step.crossed && !foreignRole });
    const role = pick((foreignRole ? there : here).roles, step.role);
    if (!role) return null;
    return {
      allowed:
        !foreignRole &&
        mayGive(here, person, role.permissions) &&
        targets.every((target) => mayChange(here, person, target, "users.change_role")),
      send: () => person.post(`${here.workspace.path}/members/role-changes`, { memberIds: idsOf(targets), roleId: role.roleId }),
      apply() {
        for (const target of targets) target.role = role;
      },
    };
  },
  suspend: onMembers("suspensions", "users.suspend", (tenant, target) => {
    target.suspended = true;
    // Only an active member can become the owner.
    if (tenant.offered === target) tenant.offered = null;
  }),
  reactivate: onMembers("reactivations", "users.suspend", (_tenant, target) => void (target.suspended = false)),
  remove: onMembers("removals", "users.remove", takeOut),
  leave: ({ here, person }) => {
    const member = memberOf(here, person);
    return {
      allowed: may(here, person, null) && member !== here.owner,
      send: () => person.post(`${here.workspace.path}/departure`),
      apply: () => takeOut(here, member as ModelMember),
    };
  },
};

/** Deleting a role with a replacement also gives the replacement to its members, its invitations and the channels that it may talk on. */
const WITH_DELETION: Permission[] = ["users.change_role", "users.invite", "channels.set_transmission"];

const halfWayDeleters = ({ members: all }: ModelTenant) =>
  all.filter(
    ({ suspended, role }) => !suspended && role.permissions.has("roles.delete") && !covers(role.permissions, WITH_DELETION),
  );

const roles: Record<string, Doing> = {
  listRoles: ({ here, person }) => ({
    allowed: may(here, person, "roles.view"),
    send: () => person.get(`${here.workspace.path}/roles`),
    apply: ({ json }) => expect(json.items).toHaveLength(here.roles.length),
  }),
  createRole: ({ here, person, step }) => ({
    allowed: may(here, person, "roles.create") && mayGive(here, person, step.permissions),
    send: () => person.post(`${here.workspace.path}/roles`, { name: freshSlug("role"), permissions: step.permissions }),
    apply({ json }) {
      const { roleId, name, version } = json;
      here.roles.push({ roleId, name, builtIn: false, permissions: new Set(step.permissions), version });
    },
  }),
  /** A copy has the available permissions of the role, so nobody may copy what they may not give. */
  copyRole: ({ here, person, step }) => {
    const original = pick(here.roles, step.role) as ModelRole;
    const permissions = [...original.permissions].filter(isAvailable);
    return {
      allowed: may(here, person, "roles.create") && mayGive(here, person, permissions),
      send: () => person.post(`${here.workspace.path}/roles`, { name: freshSlug("copy"), permissions }),
      apply({ json: { roleId, name, version } }) {
        here.roles.push({ roleId, name, builtIn: false, permissions: new Set(permissions), version });
      },
    };
  },
  /** Crossed: a role of the other tenant. */
  seeRole: ({ here, there, person, step }) => {
    const role = pick((step.crossed ? there : here).roles, step.role) as ModelRole;
    return {
      allowed: !step.crossed && may(here, person, "roles.view"),
      send: () => person.get(`${here.workspace.path}/roles/${role.roleId}`),
      apply: ({ json }) => expect([...json.permissions].sort()).toEqual([...role.permissions].sort()),
    };
  },
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
    // Half of the time, somebody who may delete the role but may lack what else it takes.
    const halfWay = step.who % 2 === 0 ? pick(halfWayDeleters(here), step.who / 2)?.person : undefined;
    const by = halfWay ?? person;
    const within = halfWay ? here.roles.filter((other) => mayTouchRole(here, halfWay, other, "roles.delete")) : [];
    const role = step.crossed ? pickToTouch(there, step.role) : (pick(within, step.role) ?? pickToTouch(here, step.role));
    const replacement = pick(
      here.roles.filter((other) => other !== role),
      step.target,
    );
    if (!role || !replacement) return null;
    const holders = here.members.filter((member) => member.role === role);
    const invited = here.invitations.filter((invitation) => invitation.role === role);
    const chosenIn = here.channels.filter(({ talkers }) => talkers?.roles.has(role));
    const isUsed = holders.length + invited.length + chosenIn.length > 0;
    const actor = memberOf(here, by);
    return {
      by,
      allowed:
        !step.crossed &&
        mayTouchRole(here, by, role, "roles.delete") &&
        // Replacing a role gives people another role, and chooses another role to talk.
        (holders.length === 0 || may(here, by, "users.change_role")) &&
        (invited.length === 0 || may(here, by, "users.invite")) &&
        (chosenIn.length === 0 || may(here, by, "channels.set_transmission")) &&
        (!isUsed || mayGive(here, by, replacement.permissions)) &&
        !holders.some((member) => member === here.owner || member === actor),
      send: () =>
        by.post(`${here.workspace.path}/roles/${role.roleId}/deletion`, {
          replacementRoleId: isUsed ? replacement.roleId : null,
        }),
      apply() {
        here.roles.splice(here.roles.indexOf(role), 1);
        for (const one of [...holders, ...invited]) one.role = replacement;
        for (const { talkers } of chosenIn) {
          talkers?.roles.delete(role);
          talkers?.roles.add(replacement);
        }
      },
    };
  },
};

const ownership: Record<string, Doing> = {
  offerOwnership: ({ here, there, person, step }) => {
    const target = pick((step.crossed ? there : here).members, step.target);
    if (!target) return null;
    // Half of the time, the only person who may do it.
    const by = step.who % 2 === 0 ? here.owner.person : person;
    return {
      by,
      allowed: !step.crossed && mayOffer(here, by, target),
      send: () => by.post(`${here.workspace.path}/ownership-offer`, { memberId: target.memberId }),
      apply: () => void (here.offered = target),
    };
  },
  withdrawOwnershipOffer: ({ here, person, step }) => {
    const by = step.who % 2 === 0 ? here.owner.person : person;
    return {
      by,
      allowed: by === here.owner.person && here.offered !== null,
      send: () => by.delete(`${here.workspace.path}/ownership-offer`),
      apply: () => void (here.offered = null),
    };
  },
  acceptOwnership: ({ here, person, step }) => {
    const by = step.who % 4 === 0 ? person : (here.offered?.person ?? person);
    return {
      by,
      allowed: may(here, by, null) && here.offered?.person === by,
      send: () => by.post(`${here.workspace.path}/ownership-offer/acceptance`),
      apply() {
        here.owner = here.offered as ModelMember;
        here.owner.role = here.roles.find(({ name, builtIn }) => builtIn && name === "Admin") ?? here.owner.role;
        here.offered = null;
      },
    };
  },
  declineOwnership: ({ here, person, step }) => {
    const by = step.who % 4 === 0 ? person : (here.offered?.person ?? person);
    return {
      by,
      allowed: may(here, by, null) && here.offered?.person === by,
      send: () => by.post(`${here.workspace.path}/ownership-offer/refusal`),
      apply: () => void (here.offered = null),
    };
  },
};

export const PEOPLE_DOINGS = { ...members, ...roles, ...ownership };
