/** Channels: what they are called, whether they are recorded, who may talk on them. */
import { v7 as uuidv7 } from "uuid";
import type { TransmissionPolicy } from "#contract/http/channels.ts";
import { changesBetween, changesFrom, changesTo, record } from "../audit/audit.ts";
import type { Member } from "../members/admit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { isForeignKeyViolation, isUniqueViolation } from "../platform/db/violations.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { eraseRecordingsWith } from "../recordings/recordings.ts";
import type { Services } from "../services.ts";
import { channelAbilities, permissionsToChange, permissionsToCreate } from "./policy.ts";
import * as queries from "./queries.ts";

interface Talkers {
  roleIds: string[];
  memberIds: string[];
}

interface ChannelInput {
  name: string;
  description: string;
  recording: boolean;
  transmission: TransmissionPolicy;
  talkers: Talkers;
}

/** A channel as its rules need it: sets instead of lists. */
function talkRule(row: Pick<queries.ChannelRow, "transmission" | "talkerRoleIds" | "talkerMemberIds">) {
  return {
    transmission: row.transmission,
    talkerRoleIds: new Set(row.talkerRoleIds),
    talkerMemberIds: new Set(row.talkerMemberIds),
  };
}

function present(row: queries.ChannelRow, viewer: Member) {
  return {
    channelId: row.channelId,
    name: row.name,
    description: row.description,
    recording: row.recording,
    transmission: row.transmission,
    talkers: { roleIds: row.talkerRoleIds, memberIds: row.talkerMemberIds },
    createdAt: row.createdAt.toISOString(),
    can: channelAbilities(viewer, talkRule(row)),
  };
}

/** Every channel with what voice needs to know of it. */
export async function listTalkRules(tx: TenantTx) {
  const rows = await queries.listChannels(tx.db);
  return rows.map((row) => ({ channelId: row.channelId, recording: row.recording, ...talkRule(row) }));
}

export function countChannels(tx: TenantTx): Promise<number> {
  return queries.countChannels(tx.db);
}

/** By id; those that are gone are missing. */
export async function channelNames(tx: TenantTx, channelIds: string[]): Promise<Map<string, string>> {
  const rows = await queries.listChannelNames(tx.db, channelIds);
  return new Map(rows.map(({ channelId, name }) => [channelId, name]));
}

export async function listChannels(tx: TenantTx, viewer: Member) {
  return (await queries.listChannels(tx.db)).map((row) => present(row, viewer));
}

/** @throws Refusal not_found */
export async function getChannel(tx: TenantTx, viewer: Member, channelId: string) {
  return present(orNotFound(await queries.findChannel(tx.db, channelId)), viewer);
}

/** Says what the constraint that was violated means. */
async function refusingConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error)) {
      throw new Refusal("channel_name_taken", {
        fields: [{ path: "name", message: "A channel with that name already exists." }],
      });
    }
    if (isForeignKeyViolation(error)) {
      throw new Refusal("invalid_input", {
        fields: [{ path: "talkers", message: "Choose from the workspace's roles and members." }],
      });
    }
    throw error;
  }
}

/** What the audit log keeps of a channel as it is now: its settings, and the add-ons apart, they are another group of events. */
async function told(tx: TenantTx, row: queries.ChannelRow) {
  const { name, description, transmission, recording } = row;
  const open = row.talkerRoleIds.length + row.talkerMemberIds.length === 0;
  const talkers = open ? { talkerRoles: [], talkerMembers: [] } : await queries.findTalkers(tx.db, row.channelId);
  return { settings: { name, description, transmission, ...talkers }, addons: { recording } };
}
type Told = Awaited<ReturnType<typeof told>>;

function target(row: { channelId: string; name: string }) {
  return { type: "channel" as const, id: row.channelId, name: row.name };
}

async function recordChanges(tx: TenantTx, editor: Member, before: Told, row: queries.ChannelRow): Promise<void> {
  const after = await told(tx, row);
  const edited = changesBetween(before.settings, after.settings);
  if (Object.keys(edited).length > 0) {
    record(tx, editor.actor, { action: "channel.edited", target: target(row), changes: edited });
  }
  const addons = changesBetween(before.addons, after.addons);
  if (Object.keys(addons).length > 0) {
    record(tx, editor.actor, { action: "channel.addons_changed", target: target(row), changes: addons });
  }
}

/** @throws Refusal channel_name_taken, forbidden, invalid_input for talkers that are not the tenant's */
export async function createChannel(tx: TenantTx, creator: Member, input: ChannelInput) {
  for (const permission of permissionsToCreate(input)) creator.require(permission);
  const { talkers, ...columns } = input;
  const channelId = uuidv7();
  await refusingConflicts(async () => {
    await queries.insertChannel(tx.db, tx.tenantId, channelId, columns);
    if (input.transmission === "restricted") await queries.replaceTalkers(tx.db, tx.tenantId, channelId, talkers);
  });
  await announceChanged(tx, "channels");
  const made = orNotFound(await queries.findChannel(tx.db, channelId));
  const { settings, addons } = await told(tx, made);
  record(tx, creator.actor, {
    action: "channel.created",
    target: target(made),
    changes: changesTo({ ...settings, ...addons }),
  });
  return present(made, creator);
}

/** @throws Refusal not_found, forbidden, channel_name_taken, invalid_input for talkers that are not the tenant's */
export async function updateChannel(
  tx: TenantTx,
  editor: Member,
  channelId: string,
  changes: { [Key in keyof ChannelInput]?: ChannelInput[Key] | undefined },
) {
  for (const permission of permissionsToChange(changes)) editor.require(permission);
  orNotFound(await queries.lockChannel(tx.db, channelId));
  const before = orNotFound(await queries.findChannel(tx.db, channelId));
  const { talkers, ...columns } = changes;
  const given = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0 && !talkers) return present(before, editor);
  const toldBefore = await told(tx, before);
  await refusingConflicts(async () => {
    if (Object.keys(given).length > 0) await queries.updateChannel(tx.db, channelId, given);
    if (talkers) await queries.replaceTalkers(tx.db, tx.tenantId, channelId, talkers);
  });
  await announceChanged(tx, "channels");
  const after = orNotFound(await queries.findChannel(tx.db, channelId));
  await recordChanges(tx, editor, toldBefore, after);
  return present(after, editor);
}

/** With its recordings. @throws Refusal not_found */
export async function deleteChannel(services: Services, tx: TenantTx, deleter: Member, channelId: string): Promise<void> {
  orNotFound(await queries.lockChannel(tx.db, channelId));
  const channel = orNotFound(await queries.findChannel(tx.db, channelId));
  const { settings, addons } = await told(tx, channel);
  await eraseRecordingsWith(services, tx, channelId);
  await queries.deleteChannel(tx.db, channelId);
  record(tx, deleter.actor, {
    action: "channel.deleted",
    target: target(channel),
    changes: changesFrom({ ...settings, ...addons }),
  });
  await announceChanged(tx, "channels");
}

/** Before a role is locked that channels may name: whoever changes a channel locks it first, then the roles that it names. */
export async function lockChannels(tx: TenantTx): Promise<void> {
  await queries.lockChannels(tx.db);
}

/** Where the one role was chosen to talk, the other is; for a role that is being deleted. */
export async function replaceTalkerRole(tx: TenantTx, editor: Member, fromRoleId: string, toRoleId: string): Promise<void> {
  const concerned = (await queries.listChannels(tx.db)).filter(({ talkerRoleIds }) => talkerRoleIds.includes(fromRoleId));
  const before = new Map<string, Told>();
  for (const channel of concerned) before.set(channel.channelId, await told(tx, channel));
  await queries.replaceTalkerRole(tx.db, fromRoleId, toRoleId);
  for (const channel of await queries.listChannels(tx.db)) {
    const was = before.get(channel.channelId);
    if (was) await recordChanges(tx, editor, was, channel);
  }
  if (concerned.length > 0) await announceChanged(tx, "channels");
}
