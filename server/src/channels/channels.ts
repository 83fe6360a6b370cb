/** Channels: their names, recording settings and talkers. */
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { TransmissionPolicy } from "#contract/http/channels.ts";
import type { Ctx } from "../access/ctx.ts";
import type { Member } from "../access/member.ts";
import { changesBetween, changesFrom, changesTo } from "../audit/audit.ts";
import { findStanding, hasAddOn, stopsTalk } from "../billing/billing.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { isForeignKeyViolation, isUniqueViolation } from "../platform/db/violations.ts";
import { lockQuota, quotaReached } from "../platform/quotas.ts";
import { toKeyedPage, parseKeyedCursor } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { eraseRecordingsWith } from "../recordings/recordings.ts";
import { channelAbilities, permissionsToChange, permissionsToCreate } from "./policy.ts";
import * as queries from "./queries.ts";

const NOBODY: ReadonlySet<string> = new Set();
/** The sort key of a channel in the list: its name in lower case. */
const PageKeys = z.tuple([z.string().max(200)]);

interface Talkers {
  roleIds: string[];
  memberIds: string[];
}

interface ChannelId {
  channelId: string;
}

interface ChannelInput {
  name: string;
  description: string;
  recording: boolean;
  transmission: TransmissionPolicy;
  talkers: Talkers;
}

/** Converts a row's lists to the sets that the talk rule needs. */
function talkRule(row: Pick<queries.ChannelRow, "transmission" | "talkerRoleIds" | "talkerMemberIds">) {
  return {
    transmission: row.transmission,
    talkerRoleIds: new Set(row.talkerRoleIds),
    talkerMemberIds: new Set(row.talkerMemberIds),
  };
}

function presentSettings(row: Pick<queries.ChannelRow, "channelId" | "createdAt" | keyof queries.ChannelColumns>) {
  return {
    channelId: row.channelId,
    name: row.name,
    description: row.description,
    recording: row.recording,
    transmission: row.transmission,
    createdAt: row.createdAt.toISOString(),
  };
}

function presentSummary(row: queries.ChannelSummaryRow, viewer: Member) {
  const chosen = {
    transmission: row.transmission,
    talkerRoleIds: NOBODY,
    talkerMemberIds: new Set(row.chosen ? [viewer.memberId] : []),
  };
  return { ...presentSettings(row), can: channelAbilities(viewer, chosen) };
}

const idsOf = (named: readonly queries.Named[]) => named.map(({ id }) => id);

function present(row: queries.NamedChannelRow, viewer: Member) {
  const [roleIds, memberIds] = [idsOf(row.talkerRoles), idsOf(row.talkerMembers)];
  const rule = talkRule({ transmission: row.transmission, talkerRoleIds: roleIds, talkerMemberIds: memberIds });
  return { ...presentSettings(row), talkers: { roleIds, memberIds }, can: channelAbilities(viewer, rule) };
}

/** Every channel with the settings that voice needs. A channel is recorded only while the workspace has the add-on. */
export async function listTalkRules(tx: TenantTx) {
  const [rows, { state, addOns }] = await Promise.all([queries.listChannels(tx.db), findStanding(tx)]);
  const records = hasAddOn({ addOns }, "recording");
  const talkStopped = stopsTalk(state);
  return rows.map((row) => {
    return { channelId: row.channelId, recording: row.recording && records, talkStopped, ...talkRule(row) };
  });
}

/** @throws Refusal add_on_missing, when recording is switched on without the add-on */
function requireRecording({ tenant }: Ctx, recording: boolean | undefined): void {
  if (!recording || hasAddOn(tenant, "recording")) return;
  throw new Refusal("add_on_missing", {
    detail: "Recording isn't part of what this workspace has bought. Add it under Billing.",
  });
}

export function countChannels(tx: TenantTx): Promise<number> {
  return queries.countChannels(tx.db);
}

/** Names of the channels by id. Deleted channels are missing. */
export async function channelNames(tx: TenantTx, channelIds: string[]): Promise<Map<string, string>> {
  const rows = await queries.listChannelNames(tx.db, channelIds);
  return new Map(rows.map(({ channelId, name }) => [channelId, name]));
}

/** One page of channels, sorted by name. @throws Refusal invalid_input for a bad cursor */
export async function listChannels(ctx: Ctx, input: { cursor?: string | undefined; limit: number }) {
  const [after = ""] = parseKeyedCursor(input.cursor, PageKeys) ?? [];
  const { roleId, memberId } = ctx.member;
  const rows = await queries.listChannelPage(ctx.db, { roleId, memberId, after, limit: input.limit + 1 });
  const { items, nextCursor } = toKeyedPage(rows, input.limit, ({ key }) => [key]);
  return { items: items.map((row) => presentSummary(row, ctx.member)), nextCursor };
}

/** @throws Refusal not_found */
export async function getChannel(ctx: Ctx, { channelId }: ChannelId) {
  return present(orNotFound(await queries.findChannel(ctx.db, channelId)), ctx.member);
}

/** Translates constraint violations into refusals. */
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

/** A channel's values for the audit log. Add-ons are separate, because they belong to another group of events. */
function auditedValues({ name, description, transmission, talkerRoles, talkerMembers, recording }: queries.NamedChannelRow) {
  return { settings: { name, description, transmission, talkerRoles, talkerMembers }, addons: { recording } };
}

function target(row: { channelId: string; name: string }) {
  return { type: "channel" as const, id: row.channelId, name: row.name };
}

function recordChanges(ctx: Ctx, before: queries.NamedChannelRow, after: queries.NamedChannelRow): void {
  const [was, is] = [auditedValues(before), auditedValues(after)];
  const edited = changesBetween(was.settings, is.settings);
  if (Object.keys(edited).length > 0) {
    ctx.audit.record({ action: "channel.edited", target: target(after), changes: edited });
  }
  const addons = changesBetween(was.addons, is.addons);
  if (Object.keys(addons).length > 0) {
    ctx.audit.record({ action: "channel.addons_changed", target: target(after), changes: addons });
  }
}

/**
 * The caller must hold the quota's lock.
 * @param added number of talkers that are not written yet
 * @throws Refusal quota_reached
 */
async function assertTalkersFit(ctx: Ctx, added = 0): Promise<void> {
  const max = ctx.services.config.quotas.talkers;
  if ((await queries.countTalkers(ctx.db)) + added <= max) return;
  const detail = `The restricted channels of this workspace can list at most ${max.toLocaleString("en")} roles and people who may talk, all channels together. Choose roles instead of people, or ask whoever runs the server.`;
  throw new Refusal("quota_reached", { detail });
}

/** @throws Refusal add_on_missing, quota_reached, channel_name_taken, forbidden, invalid_input for talkers of another tenant */
export async function createChannel(ctx: Ctx, input: ChannelInput) {
  for (const permission of permissionsToCreate(input)) ctx.member.require(permission);
  requireRecording(ctx, input.recording);
  await lockQuota(ctx, "channels");
  const max = ctx.services.config.quotas.channels;
  if ((await queries.countChannels(ctx.db)) >= max) throw quotaReached("channels", max);
  const { talkers, ...columns } = input;
  if (input.transmission === "restricted") {
    await assertTalkersFit(ctx, new Set(talkers.roleIds).size + new Set(talkers.memberIds).size);
  }
  const channelId = uuidv7();
  await refusingConflicts(async () => {
    await queries.insertChannel(ctx.db, ctx.tenantId, channelId, columns);
    if (input.transmission === "restricted") await queries.replaceTalkers(ctx.db, channelId, talkers);
  });
  await announceChanged(ctx, "channels");
  const created = orNotFound(await queries.findChannel(ctx.db, channelId));
  const { settings, addons } = auditedValues(created);
  ctx.audit.record({
    action: "channel.created",
    target: target(created),
    changes: changesTo({ ...settings, ...addons }),
  });
  return present(created, ctx.member);
}

/**
 * Locks the channel, then reads it with a second statement: a single one that waits for the lock would return the talkers from
 * before the wait.
 * @param quota whether to lock the quota too. Lock order: the quota before any row.
 * @throws Refusal not_found
 */
async function lockAndRead(ctx: Ctx, channelId: string, { quota }: { quota: boolean }): Promise<queries.NamedChannelRow> {
  const [, , channel] = await Promise.all([
    quota ? lockQuota(ctx, "channels") : null,
    queries.lockChannel(ctx.db, channelId),
    queries.findChannel(ctx.db, channelId),
  ]);
  return orNotFound(channel);
}

/** @throws Refusal add_on_missing, quota_reached, not_found, forbidden, channel_name_taken, invalid_input for talkers of another tenant */
export async function updateChannel(
  ctx: Ctx,
  { channelId, ...changes }: ChannelId & { [Key in keyof ChannelInput]?: ChannelInput[Key] | undefined },
) {
  for (const permission of permissionsToChange(changes)) ctx.member.require(permission);
  const { talkers, ...columns } = changes;
  const changedColumns = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
  const before = await lockAndRead(ctx, channelId, { quota: talkers !== undefined });
  if (!before.recording) requireRecording(ctx, changes.recording);
  if (Object.keys(changedColumns).length === 0 && !talkers) return present(before, ctx.member);
  // Sent together in one round trip. If one statement fails, all fail with its error.
  const [, , after] = await refusingConflicts(() =>
    Promise.all([
      Object.keys(changedColumns).length > 0 ? queries.updateChannel(ctx.db, channelId, changedColumns) : null,
      talkers ? queries.replaceTalkers(ctx.db, channelId, talkers) : null,
      queries.findChannel(ctx.db, channelId),
      talkers ? assertTalkersFit(ctx) : null,
      announceChanged(ctx, "channels"),
    ]),
  );
  recordChanges(ctx, before, orNotFound(after));
  return present(orNotFound(after), ctx.member);
}

/** Deletes the channel and its recordings. @throws Refusal not_found */
export async function deleteChannel(ctx: Ctx, { channelId }: ChannelId): Promise<void> {
  const channel = await lockAndRead(ctx, channelId, { quota: false });
  const { settings, addons } = auditedValues(channel);
  await eraseRecordingsWith(ctx, channelId);
  await queries.deleteChannel(ctx.db, channelId);
  ctx.audit.record({
    action: "channel.deleted",
    target: target(channel),
    changes: changesFrom({ ...settings, ...addons }),
  });
  await announceChanged(ctx, "channels");
}

/** Locks all channels. Lock order: channels before roles, or a role deletion and a channel edit deadlock. */
export async function lockChannels(tx: TenantTx): Promise<void> {
  await queries.lockChannels(tx.db);
}

/** Replaces a role by another as talker of every channel, for a role that is being deleted. */
export async function replaceTalkerRole(ctx: Ctx, fromRoleId: string, toRoleId: string): Promise<void> {
  const channelIds = await queries.listChannelsOfRole(ctx.db, fromRoleId);
  if (channelIds.length === 0) return;
  const before = await queries.findChannels(ctx.db, channelIds);
  await queries.replaceTalkerRole(ctx.db, fromRoleId, toRoleId);
  const after = new Map((await queries.findChannels(ctx.db, channelIds)).map((row) => [row.channelId, row]));
  for (const row of before) recordChanges(ctx, row, orNotFound(after.get(row.channelId)));
  await announceChanged(ctx, "channels");
}
