/** Reading what was said: the list of a channel's transmissions, and their audio. */
import type { SignedIn } from "../accounts/sessions.ts";
import { record, recordedLately } from "../audit/audit.ts";
import { stillAdmitted, whileAllowed } from "../http/still-admitted.ts";
import type { Member } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { RangedFile } from "../platform/http/range.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import * as queries from "./queries.ts";
import { openSealedStream, type SealedStream } from "./sealed-audio.ts";

/** A page of the channel's transmissions, newest first. @throws Refusal not_found */
export async function listTransmissions(
  tx: TenantTx,
  viewer: Member,
  input: { channelId: string; cursor?: string | undefined; limit: number },
) {
  if (!(await queries.channelExists(tx.db, input.channelId))) throw new Refusal("not_found");
  const rows = await queries.listTransmissions(tx.db, input.channelId, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.startedAt, id: row.transmissionId }));
  return {
    items: items.map((row) => ({
      ...row,
      startedAt: row.startedAt.toISOString(),
      can: { play: viewer.may("recording.play") && row.status !== "recording" && row.durationMs > 0 },
    })),
    nextCursor,
  };
}

/** How many recordings of others the member has not had the workspace open for, counted up to `most`. None without recording.play. */
export function countNew(tx: TenantTx, listener: Member, most: number): Promise<number> {
  return listener.may("recording.play") ? queries.countSinceVisit(tx.db, listener.memberId, most) : Promise.resolve(0);
}

/** Minutes in which one listener's further reads of a recording (ranges, pause, again) are the same listening in the audit log. */
const ONE_LISTENING = 10;

/**
 * The caller closes it; that it was listened to is in the audit log. Whoever loses the session, the membership or the permission, and whose
 * tenant, or the recording's channel, is deleted, loses the rest of it.
 * @throws Refusal not_found, also when nothing of it could be stored
 */
export async function openRecording(
  services: Services,
  tx: TenantTx,
  listener: Member,
  account: SignedIn,
  transmissionId: string,
): Promise<RangedFile> {
  const transmission = orNotFound(await queries.findTransmission(tx.db, transmissionId));
  const event = {
    action: "recording.played",
    target: { type: "transmission", id: transmissionId, name: transmission.speakerName },
    changes: { channel: { to: transmission.channelName }, startedAt: { to: transmission.startedAt.toISOString() } },
  } as const;
  if (!(await recordedLately(tx, listener.actor, event, ONE_LISTENING))) record(tx, listener.actor, event);
  const audio = orNotFound(await openAudio(services, tx.tenantId, transmissionId));
  const stillMay = () =>
    stillAdmitted(services.database, tx.tenantId, account, async (later, now) => {
      now.require("recording.play");
      orNotFound(await queries.findTransmission(later.db, transmissionId));
    });
  return { ...audio, read: (start, end) => whileAllowed(audio.read(start, end), stillMay) };
}

/** The audio as it was recorded, for whoever asked the gates already. The caller closes it. Null when nothing of it could be stored. */
export async function openAudio(
  services: Services,
  tenantId: string,
  transmissionId: string,
): Promise<(SealedStream & { close(): Promise<void> }) | null> {
  const blob = await services.blobs.read(tenantId, transmissionId);
  if (!blob) return null;
  try {
    const stream = await openSealedStream(services.keys.dataKey(tenantId), transmissionId, blob);
    return { ...stream, close: () => blob.close() };
  } catch (error) {
    await blob.close();
    throw error;
  }
}

/** Erases the files of a channel's recordings after the commit. Call it before the channel, and with it their rows, are deleted. */
export async function eraseRecordingsWith(services: Services, tx: TenantTx, channelId: string): Promise<void> {
  const transmissions = await queries.listTransmissionIds(tx.db, channelId);
  tx.afterCommit(async () => {
    for (const { transmissionId } of transmissions) await services.blobs.remove(tx.tenantId, transmissionId);
  });
}
