/** Reading recordings: the list of a channel's transmissions, and their audio. */
import type { Ctx } from "../access/ctx.ts";
import { reenter, whileAllowed } from "../access/gate.ts";
import type { RangedFile } from "../platform/http/range.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { openWithEither } from "../platform/keys.ts";
import type { Services } from "../services.ts";
import * as queries from "./queries.ts";
import { openSealedStream, type SealedStream } from "./sealed-audio.ts";

/** A page of the channel's transmissions, newest first. @throws Refusal not_found */
export async function listTransmissions(ctx: Ctx, input: { channelId: string; cursor?: string | undefined; limit: number }) {
  if (!(await queries.channelExists(ctx.db, input.channelId))) throw new Refusal("not_found");
  const rows = await queries.listTransmissions(ctx.db, input.channelId, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.startedAt, id: row.transmissionId }));
  return {
    items: items.map((row) => ({
      ...row,
      startedAt: row.startedAt.toISOString(),
      can: { play: ctx.member.may("recording.play") && row.status !== "recording" && row.durationMs > 0 },
    })),
    nextCursor,
  };
}

/** Counts others' recordings since the member's last visit, up to `most`. 0 without recording.play. */
export function countNew(ctx: Ctx, { most }: { most: number }): Promise<number> {
  return ctx.member.may("recording.play") ? queries.countSinceVisit(ctx.db, ctx.member.memberId, most) : Promise.resolve(0);
}

/** Minutes within which further reads of a recording by one person (ranges, pauses, repeats) make no new audit log entry. */
const ONE_LISTENING = 10;

/**
 * Opens a recording and records that in the audit log. The caller closes the file. Reading stops when the listener loses the session,
 * the membership or the permission, or when the channel or tenant is deleted.
 * @throws Refusal not_found, also when no audio was stored
 */
export async function openRecording(ctx: Ctx, { transmissionId }: { transmissionId: string }): Promise<RangedFile> {
  const transmission = orNotFound(await queries.findTransmission(ctx.db, transmissionId));
  const event = {
    action: "recording.played",
    target: { type: "transmission", id: transmissionId, name: transmission.speakerName },
    changes: { channel: { to: transmission.channelName }, startedAt: { to: transmission.startedAt.toISOString() } },
  } as const;
  if (!(await ctx.audit.recordedLately(event, ONE_LISTENING))) ctx.audit.record(event);
  const audio = orNotFound(await openAudio(ctx.services, ctx.tenantId, transmissionId));
  const stillMay = () =>
    reenter(ctx, async ({ db, member }) => {
      member.require("recording.play");
      orNotFound(await queries.findTransmission(db, transmissionId));
    });
  return { ...audio, read: (start, end) => whileAllowed(audio.read(start, end), stillMay) };
}

/** Opens the audio without checking access. The caller closes it. Null when no audio was stored. */
export async function openAudio(
  services: Services,
  tenantId: string,
  transmissionId: string,
): Promise<(SealedStream & { close(): Promise<void> }) | null> {
  const blob = await services.blobs.read(tenantId, transmissionId);
  if (!blob) return null;
  try {
    const stream = await openWithEither(services.keys.openingKeys(tenantId), (key) =>
      openSealedStream(key, transmissionId, blob),
    );
    return { ...stream, close: () => blob.close() };
  } catch (error) {
    await blob.close();
    throw error;
  }
}

/** Erases the files of a channel's recordings after the commit. Call before deleting the channel, which deletes their rows. */
export async function eraseRecordingsWith(ctx: Ctx, channelId: string): Promise<void> {
  const transmissions = await queries.listTransmissionIds(ctx.db, channelId);
  ctx.afterCommit(async () => {
    for (const { transmissionId } of transmissions) await ctx.services.blobs.remove(ctx.tenantId, transmissionId);
  });
}
