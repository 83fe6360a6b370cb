/** Steps of the tenancy test that are about what a workspace has: settings, log, channels, access reviews, exports. */
import { expect } from "vitest";
import { exportsSettled, freshSlug } from "./people.ts";
import { type Doing, pick, pickSeveral } from "./tenancy-deeds.ts";
import {
  type Decision,
  hasUndecided,
  may,
  mayDecide,
  mayExport,
  mayTalk,
  type ModelMember,
  type ModelReview,
  type ModelTenant,
  takeOut,
} from "./tenancy-model.ts";

const workspace: Record<string, Doing> = {
  look: ({ here, person }) => ({
    allowed: may(here, person, null),
    send: () => person.get(here.workspace.path),
    apply: ({ json }) => expect(json.self.isOwner).toBe(here.owner.person === person),
  }),
  readAuditLog: ({ here, person }) => ({
    allowed: may(here, person, "audit.view"),
    send: () => person.get(`${here.workspace.path}/audit-log`),
    apply: () => {},
  }),
  /** Crossed: to the other's address, which is theirs. */
  editSettings: ({ here, there, person, step }) => {
    const settings = pick<Record<string, unknown>>(
      [
        { name: freshSlug("renamed") },
        { accentColour: "#0a4a45", clock: "12h" },
        { timeZone: "Asia/Tokyo", talkKeyMode: "latch" },
      ],
      step.role,
    );
    return {
      allowed: !step.crossed && may(here, person, "workspace.edit"),
      send: () => person.patch(here.workspace.path, step.crossed ? { ...settings, slug: there.workspace.slug } : settings),
      apply: ({ json }) => expect({ ...json, ...json.display }).toMatchObject(settings ?? {}),
    };
  },
};

/** A role and a member who may talk; when crossed, the one or the other is the other tenant's. */
function pickTalkers({ here, there, step }: Parameters<Doing>[0]) {
  const role = pick((step.crossed && step.role % 2 === 0 ? there : here).roles, step.role);
  const member = pick((step.crossed && step.role % 2 === 1 ? there : here).members, step.target);
  if (!role || !member) return null;
  return {
    body: { transmission: "restricted", talkers: { roleIds: [role.roleId], memberIds: [member.memberId] } },
    talkers: { roles: new Set([role]), members: new Set([member]) },
  };
}

const channels: Record<string, Doing> = {
  listChannels: ({ here, person }) => ({
    allowed: may(here, person, null),
    send: () => person.get(`${here.workspace.path}/channels`),
    apply({ json }) {
      const listed = (json.items as Array<{ channelId: string; can: { talk: boolean } }>).map((of) => [
        of.channelId,
        of.can.talk,
      ]);
      expect(listed.sort()).toEqual(here.channels.map((of) => [of.channelId, mayTalk(here, person, of)]).sort());
    },
  }),
  createChannel: ({ here, person }) => ({
    allowed: may(here, person, "channels.create"),
    send: () => person.post(`${here.workspace.path}/channels`, { name: freshSlug("channel") }),
    apply: ({ json }) => void here.channels.push({ channelId: json.channelId, talkers: null }),
  }),
  createRestrictedChannel: (scene) => {
    const { here, person, step } = scene;
    const chosen = pickTalkers(scene);
    if (!chosen) return null;
    return {
      allowed: !step.crossed && may(here, person, "channels.create") && may(here, person, "channels.set_transmission"),
      send: () => person.post(`${here.workspace.path}/channels`, { name: freshSlug("channel"), ...chosen.body }),
      apply: ({ json }) => void here.channels.push({ channelId: json.channelId, talkers: chosen.talkers }),
    };
  },
  restrictTalkers: (scene) => {
    const { here, person, step } = scene;
    const channel = pick(here.channels, step.who);
    const chosen = pickTalkers(scene);
    if (!channel || !chosen) return null;
    return {
      allowed: !step.crossed && may(here, person, "channels.set_transmission"),
      send: () => person.patch(`${here.workspace.path}/channels/${channel.channelId}`, chosen.body),
      apply: () => void (channel.talkers = chosen.talkers),
    };
  },
  openToAll: ({ here, there, person, step }) => {
    const channel = pick((step.crossed ? there : here).channels, step.target);
    if (!channel) return null;
    const body = { transmission: "open", talkers: { roleIds: [], memberIds: [] } };
    return {
      allowed: !step.crossed && may(here, person, "channels.set_transmission"),
      send: () => person.patch(`${here.workspace.path}/channels/${channel.channelId}`, body),
      apply: () => void (channel.talkers = null),
    };
  },
  renameChannel: ({ here, there, person, step }) => {
    const channel = pick((step.crossed ? there : here).channels, step.target);
    if (!channel) return null;
    return {
      allowed: !step.crossed && may(here, person, "channels.edit"),
      send: () => person.patch(`${here.workspace.path}/channels/${channel.channelId}`, { name: freshSlug("renamed") }),
      apply: () => {},
    };
  },
  deleteChannel: ({ here, there, person, step }) => {
    const channel = pick((step.crossed ? there : here).channels, step.target);
    if (!channel) return null;
    return {
      allowed: !step.crossed && may(here, person, "channels.delete"),
      send: () => person.delete(`${here.workspace.path}/channels/${channel.channelId}`),
      apply: () => void here.channels.splice(here.channels.indexOf(channel), 1),
    };
  },
};

const REVIEWS = "security.run_access_reviews";

/** A decision is about what the reviewer saw: each with what the review says of them now. */
async function asSeen({ owner, workspace: { path } }: ModelTenant, { reviewId }: ModelReview, targets: ModelMember[]) {
  const { items } = (await owner.person.get(`${path}/access-reviews/${reviewId}/members?limit=200`)).json as {
    items: Array<{ memberId: string; now: { seen: string } | null }>;
  };
  const seen = new Map(items.map(({ memberId, now }) => [memberId, now?.seen ?? "nothing"]));
  return targets.map(({ memberId }) => ({ memberId, seen: seen.get(memberId) ?? "nothing" }));
}

const reviews: Record<string, Doing> = {
  startReview: ({ here, person }) => ({
    allowed: may(here, person, REVIEWS) && here.review === null,
    send: () =>
      person.post(`${here.workspace.path}/access-reviews`, {
        name: "Is it still right?",
        dueAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    apply({ json }) {
      here.review = { reviewId: json.reviewId, decided: new Map(here.members.map((member) => [member, false])) };
      expect(json.counts.members).toBe(here.members.length);
    },
  }),
  /** Crossed: the other tenant's review, or one of its members in one's own. */
  decide: ({ here, there, person, step }) => {
    const foreignReview = step.crossed && step.role % 2 === 0;
    const open = (foreignReview ? there : here).review;
    const review = open && step.role % 7 !== 0 ? open : pick(here.pastReviews, step.target);
    if (!review) return null;
    const targets = pickSeveral([...review.decided.keys()], there.members, { ...step, crossed: step.crossed && !foreignReview });
    const role = pick(here.roles, step.role);
    if (!role || targets.length === 0) return null;
    const choice = pick(["approve", "approve", "change", "revoke"] as const, step.target) ?? "approve";
    const decision: Decision = { choice, role, replace: step.who % 3 === 0 };
    return {
      allowed: review === here.review && targets.every((target) => mayDecide(here, person, target, decision)),
      send: async () =>
        person.post(`${here.workspace.path}/access-reviews/${review.reviewId}/decisions`, {
          members: await asSeen(review === there.review ? there : here, review, targets),
          decision: choice,
          ...(choice === "change" ? { roleId: role.roleId } : {}),
          note: "Because.",
          replace: decision.replace,
        }),
      apply() {
        for (const target of targets) {
          review.decided.set(target, true);
          if (choice === "change") target.role = role;
          if (choice === "revoke") takeOut(here, target);
        }
      },
    };
  },
  completeReview: ({ here, there, person, step }) => {
    const open = (step.crossed ? there : here).review;
    const review = open && step.role % 7 !== 0 ? open : pick(here.pastReviews, step.target);
    if (!review) return null;
    const early = step.role % 2 === 0;
    return {
      allowed: may(here, person, REVIEWS) && review === here.review && (early || !hasUndecided(here, review)),
      send: () =>
        person.post(`${here.workspace.path}/access-reviews/${review.reviewId}/completion`, {
          early,
          note: early ? "Enough." : "",
        }),
      apply() {
        here.pastReviews.push(here.review as ModelReview);
        here.review = null;
      },
    };
  },
  readReviews: ({ here, person }) => ({
    allowed: may(here, person, REVIEWS),
    send: () => person.get(`${here.workspace.path}/access-reviews`),
    apply: ({ json }) => expect(json.items.length).toBe(Math.min(50, here.pastReviews.length + (here.review ? 1 : 0))),
  }),
};

const exports: Record<string, Doing> = {
  createExport: ({ here, person }) => ({
    allowed: mayExport(here, person) && here.exports.length < 10,
    send: () => person.post(`${here.workspace.path}/exports`),
    settle: () => exportsSettled(here.owner.person, here.workspace.path),
    apply: ({ json }) => void here.exports.push(json.exportId),
  }),
  downloadExport: ({ here, there, person, step }) => {
    const exportId = pick((step.crossed ? there : here).exports, step.target);
    if (!exportId) return null;
    return {
      allowed: !step.crossed && mayExport(here, person),
      send: () => person.get(`${here.workspace.path}/exports/${exportId}/archive`),
      apply: ({ bytes }) => expect(bytes.length).toBeGreaterThan(0),
    };
  },
  deleteExport: ({ here, there, person, step }) => {
    const exportId = pick((step.crossed ? there : here).exports, step.target);
    if (!exportId) return null;
    return {
      allowed: !step.crossed && may(here, person, "workspace.export"),
      send: () => person.delete(`${here.workspace.path}/exports/${exportId}`),
      apply: () => void here.exports.splice(here.exports.indexOf(exportId), 1),
    };
  },
};

export const THING_DOINGS = { ...workspace, ...channels, ...reviews, ...exports };
