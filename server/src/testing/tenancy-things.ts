/** Steps of the tenancy test about a workspace's things: address, settings, logo, log, channels, exports. */
import { expect } from "vitest";
import { someLogo } from "./furnish.ts";
import { exportsSettled, freshSlug } from "./people.ts";
import { type Doing, pick } from "./tenancy-deeds.ts";
import { may, mayExport, mayRename, mayTalk, rename } from "./tenancy-model.ts";

const workspace: Record<string, Doing> = {
  /** The path with the current slug or an earlier one. */
  look: ({ here, person, step }) => ({
    allowed: may(here, person, null),
    send: () => person.get(`/api/v1/tenants/${pick([here.workspace.slug, ...here.earlierSlugs], step.target)}`),
    apply: ({ json }) => expect([json.slug, json.self.isOwner]).toEqual([here.workspace.slug, here.owner.person === person]),
  }),
  readAuditLog: ({ here, person }) => ({
    allowed: may(here, person, "audit.view"),
    send: () => person.get(`${here.workspace.path}/audit-log`),
    apply: () => {},
  }),
  exportAuditLog: ({ here, person }) => ({
    allowed: may(here, person, "audit.export"),
    send: () => person.get(`${here.workspace.path}/audit-log/export`),
    apply: () => {},
  }),
  editSettings: ({ here, person, step }) => {
    const settings = pick<Record<string, unknown>>(
      [
        { name: freshSlug("renamed") },
        { accentColour: "#0a4a45", clock: "12h" },
        { timeZone: "Asia/Tokyo", talkKeyMode: "latch" },
      ],
      step.role,
    );
    return {
      allowed: may(here, person, "workspace.edit"),
      send: () => person.patch(here.workspace.path, settings),
      apply: ({ json }) => expect({ ...json, ...json.display }).toMatchObject(settings ?? {}),
    };
  },
  /** Changes to a new slug or back to an earlier one. Crossed: to a current or earlier slug of the other tenant. */
  renameSlug: ({ here, there, person, step }) => {
    const fresh = freshSlug(here.workspace.slug.split("-")[0]);
    const ours = step.role % 3 === 0 ? (pick(here.earlierSlugs, step.target) ?? fresh) : fresh;
    const theirs = pick([there.workspace.slug, ...there.earlierSlugs], step.target) as string;
    const slug = step.crossed ? theirs : ours;
    return {
      allowed: !step.crossed && mayRename(here, person, slug),
      send: () => person.patch(here.workspace.path, { slug }),
      apply: () => rename(here, slug),
    };
  },
  setLogo: ({ here, person }) => ({
    allowed: may(here, person, "workspace.edit"),
    send: () => person.send("PUT", `${here.workspace.path}/logo`, someLogo()),
    apply: ({ json }) => void (here.logoId = json.logoId),
  }),
  removeLogo: ({ here, person }) => ({
    allowed: may(here, person, "workspace.edit"),
    send: () => person.delete(`${here.workspace.path}/logo`),
    apply: () => void (here.logoId = null),
  }),
  seeLogo: ({ here, there, person, step }) => {
    const { logoId } = step.crossed ? there : here;
    if (logoId === null) return null;
    return {
      allowed: !step.crossed && may(here, person, null),
      send: () => person.get(`${here.workspace.path}/logos/${logoId}`),
      apply: ({ bytes }) => expect(bytes.length).toBeGreaterThan(0),
    };
  },
};

/** A role and a member who may talk. When crossed, one of the two is the other tenant's. */
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
      const listed = (json.items as Array<{ channelId: string; can: { talk: boolean } }>).map(({ channelId, can }) => [
        channelId,
        can.talk,
      ]);
      expect(listed.sort()).toEqual(here.channels.map((channel) => [channel.channelId, mayTalk(here, person, channel)]).sort());
    },
  }),
  seeChannel: ({ here, there, person, step }) => {
    const channel = pick((step.crossed ? there : here).channels, step.target);
    if (!channel) return null;
    return {
      allowed: !step.crossed && may(here, person, null),
      send: () => person.get(`${here.workspace.path}/channels/${channel.channelId}`),
      apply: ({ json }) => expect(json.can.talk).toBe(mayTalk(here, person, channel)),
    };
  },
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

export const THING_DOINGS = { ...workspace, ...channels, ...exports };
