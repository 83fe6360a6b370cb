/** Steps of the tenancy test about invitations: sending them, and answering them. */
import { expect } from "vitest";
import type { Answer } from "./http.ts";
import type { Person } from "./people.ts";
import { type Doing, pick, pickSeveral, type Scene } from "./tenancy-deeds.ts";
import {
  addInvitation,
  isGood,
  isInvited,
  may,
  mayGive,
  mayMail,
  memberOf,
  type ModelMember,
  type ModelRole,
  type ModelTenant,
} from "./tenancy-model.ts";

function noteMail(tenant: ModelTenant, to: { person: Person }): void {
  tenant.mailed.set(to.person, (tenant.mailed.get(to.person) ?? 0) + 1);
}

interface Line {
  guest: Person;
  role: ModelRole | undefined;
}

/**
 * Sends several lines and predicts who is invited. Each line counts by itself, but a role that the tenant does not have refuses all of
 * them.
 * @param looks whether the operation checks who is already a member or invited
 */
function judgeLines({ here, there, person, crowd, step }: Scene, looks: boolean): { lines: Line[]; going: Line[] } {
  const lines = [step.target, ...step.more].map((place, index) => ({
    guest: pick(crowd, place) as Person,
    role: pick((step.crossed && index === 0 ? there : here).roles, step.role + index),
  }));
  const mine = lines.filter(({ role }) => role && mayGive(here, person, role.permissions));
  const firsts = mine.filter((line) => mine.find(({ guest }) => guest === line.guest) === line);
  const isFree = ({ guest }: Line) => !memberOf(here, guest) && !isInvited(here, guest) && mayMail(here, guest);
  return { lines, going: looks ? firsts.filter(isFree) : firsts };
}

const asSent = (lines: Line[]) =>
  lines.map(({ guest, role }, index) => ({ line: index + 1, email: guest.email, roleId: role?.roleId }));

function expectVerdicts(judged: Array<{ verdict: string }>, text: Answer["text"], lines: Line[], going: Line[]): void {
  const invited = judged.map(({ verdict }) => verdict === "invite");
  expect([text, invited]).toEqual([text, lines.map((line) => going.includes(line))]);
}

const invitations: Record<string, Doing> = {
  invite: ({ here, there, person, crowd, step }) => {
    const guest = pick(
      crowd.filter((one) => !memberOf(here, one) && !isInvited(here, one)),
      step.target,
    );
    const role = pick((step.crossed ? there : here).roles, step.role);
    if (!guest || !role) return null;
    return {
      allowed:
        !step.crossed && may(here, person, "users.invite") && mayGive(here, person, role.permissions) && mayMail(here, guest),
      send: () => person.post(`${here.workspace.path}/invitations`, { email: guest.email, roleId: role.roleId }),
      apply({ json }) {
        const inviter = memberOf(here, person) as ModelMember;
        addInvitation(here, { invitationId: json.invitationId, person: guest, role, inviter });
        noteMail(here, { person: guest });
      },
    };
  },
  inviteMany: (scene) => {
    const { here, person, step } = scene;
    const { lines, going } = judgeLines(scene, true);
    return {
      allowed: !step.crossed && may(here, person, "users.invite"),
      send: () => person.post(`${here.workspace.path}/invitations/batch`, { lines: asSent(lines) }),
      apply({ json, text }) {
        expectVerdicts(json.lines, text, lines, going);
        const inviter = memberOf(here, person) as ModelMember;
        for (const [index, line] of lines.entries()) {
          const { guest, role } = line;
          if (!going.includes(line) || !role) continue;
          addInvitation(here, { invitationId: json.lines[index].invitationId, person: guest, role, inviter });
          noteMail(here, { person: guest });
        }
      },
    };
  },
  /** A preview changes nothing, so it tells whose an address is only to members who may see addresses. */
  previewInvitations: (scene) => {
    const { here, person, step } = scene;
    const { lines, going } = judgeLines(scene, may(here, person, "users.view_contact"));
    const body = { defaultRoleId: here.workspace.roles.Viewer, lines: asSent(lines) };
    return {
      allowed: !step.crossed && may(here, person, "users.invite"),
      send: () => person.post(`${here.workspace.path}/invitations/preview`, body),
      apply: ({ json, text }) => expectVerdicts(json.lines, text, lines, going),
    };
  },
  listInvitations: ({ here, person }) => ({
    allowed: may(here, person, "users.invite"),
    send: () => person.get(`${here.workspace.path}/invitations?limit=200`),
    apply({ json }) {
      const listed = json.items as Array<{ invitationId: string; status: string }>;
      expect(listed.map(({ invitationId, status }) => [invitationId, status]).sort()).toEqual(
        here.invitations.map((invitation) => [invitation.invitationId, isGood(here, invitation) ? "pending" : "lapsed"]).sort(),
      );
    },
  }),
  /** Whoever has the link may read the address in it. A lapsed link leads nowhere. */
  copyLink: ({ here, there, person, step }) => {
    const invitation = pick((step.crossed ? there : here).invitations, step.target);
    if (!invitation) return null;
    return {
      allowed:
        !step.crossed && may(here, person, "users.invite") && may(here, person, "users.view_contact") && isGood(here, invitation),
      send: () => person.get(`${here.workspace.path}/invitations/${invitation.invitationId}/link`),
      apply: ({ json }) => expect(json.url).toContain("#"),
    };
  },
  /** Sends again those that can be sent, and is refused when none can. An id of the other tenant counts as one that never existed. */
  resend: ({ here, there, person, step }) => {
    const chosen = pickSeveral(here.invitations, there.invitations, step);
    if (chosen.length === 0) return null;
    const going = chosen.filter(
      (invitation) =>
        here.invitations.includes(invitation) &&
        mayGive(here, person, invitation.role.permissions) &&
        mayMail(here, invitation.person),
    );
    const invitationIds = chosen.map(({ invitationId }) => invitationId);
    return {
      allowed: may(here, person, "users.invite") && going.length > 0,
      repeats: invitationIds,
      send: () => person.post(`${here.workspace.path}/invitations/resend`, { invitationIds }),
      apply({ json }) {
        expect([json.sent, json.skipped.length]).toEqual([going.length, chosen.length - going.length]);
        for (const invitation of going) {
          // Whoever sends it again counts as the inviter from then on.
          invitation.inviter = memberOf(here, person) as ModelMember;
          noteMail(here, invitation);
        }
      },
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
  withdrawMany: ({ here, there, person, step }) => {
    const chosen = pickSeveral(here.invitations, there.invitations, step);
    if (chosen.length === 0) return null;
    const going = chosen.filter((invitation) => here.invitations.includes(invitation));
    return {
      allowed: may(here, person, "users.invite") && going.length > 0,
      send: () =>
        person.post(`${here.workspace.path}/invitations/revocation`, {
          invitationIds: chosen.map(({ invitationId }) => invitationId),
        }),
      apply({ json }) {
        expect(json.revoked).toBe(going.length);
        for (const invitation of going) here.invitations.splice(here.invitations.indexOf(invitation), 1);
      },
    };
  },
};

/**
 * Answers an invitation, as its own person and while the inviter could still send it, or else as somebody who may not. Accepted invitations
 * keep the tenants populated.
 */
function answering(path: "acceptance" | "refusal"): Doing {
  return ({ here, crowd, step }) => {
    const invitation = pick(here.invitations, step.target);
    const by = step.crossed ? pick(crowd, step.who) : invitation?.person;
    if (!invitation || !by) return null;
    const { invitationId, person, role } = invitation;
    return {
      by,
      aboveTenants: true,
      allowed: by === person && isGood(here, invitation),
      send: () => by.post(`/api/v1/me/invitations/${invitationId}/${path}`),
      async apply() {
        here.invitations.splice(here.invitations.indexOf(invitation), 1);
        if (path === "acceptance") await join(here, person, role);
      },
    };
  };
}

/** Adds the person to the model's workspace. */
export async function join(tenant: ModelTenant, person: Person, role: ModelRole): Promise<void> {
  const { json } = await tenant.owner.person.get(`${tenant.workspace.path}/members?search=${person.email}`);
  tenant.members.push({ person, memberId: json.items[0].memberId, role, suspended: false });
}

export const INVITATION_DOINGS = { ...invitations, accept: answering("acceptance"), decline: answering("refusal") };
