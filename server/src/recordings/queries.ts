import { sql } from "kysely";
import type { TransmissionStatus } from "#contract/http/recordings.ts";
import type { Db } from "../platform/db/pools.ts";
import type { TimeCursor } from "../platform/page.ts";

export interface TransmissionRow {
  tenantId: string;
  transmissionId: string;
  channelId: string;
  memberId: string;
  speakerName: string;
  startedAt: Date;
  durationMs: number;
  status: TransmissionStatus;
  waveform: number[];
}

/** Transmissions from the cursor on, newest first. Returns up to `limit + 1`, so that the caller sees whether more follow. */
export function listTransmissions(db: Db, channelId: string, before: TimeCursor | null, limit: number) {
  return db
    .selectFrom("transmissions")
    .select([
      "transmission_id as transmissionId",
      "channel_id as channelId",
      "member_id as memberId",
      "speaker_name as speakerName",
      "started_at as startedAt",
      "duration_ms as durationMs",
      sql<TransmissionStatus>`status`.as("status"),
      "waveform",
    ])
    .where("channel_id", "=", channelId)
    .$if(before !== null, (query) => query.where(sql<boolean>`(started_at, transmission_id) < (${before?.at}, ${before?.id})`))
    .orderBy("started_at", "desc")
    .orderBy("transmission_id", "desc")
    .limit(limit + 1)
    .execute();
}

/** Counts others' transmissions since the member's last visit, or since they joined if they never visited. Stops at `max`. */
export async function countSinceVisit(db: Db, memberId: string, max: number): Promise<number> {
  const since = db
    .selectFrom("members")
    .select(sql<Date>`coalesce(last_visit_at, joined_at)`.as("since"))
    .where("member_id", "=", memberId);
  const { count } = await db
    .selectFrom((builder) =>
      builder
        .selectFrom("transmissions")
        .select("transmission_id")
        .where("started_at", ">", since)
        .where(sql<boolean>`member_id is distinct from ${memberId}`)
        .limit(max)
        .as("new_transmissions"),
    )
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function findTransmission(db: Db, transmissionId: string) {
  return db
    .selectFrom("transmissions")
    .innerJoin("channels", (join) =>
      join
        .onRef("channels.tenant_id", "=", "transmissions.tenant_id")
        .onRef("channels.channel_id", "=", "transmissions.channel_id"),
    )
    .select([
      "transmissions.speaker_name as speakerName",
      "transmissions.started_at as startedAt",
      "channels.name as channelName",
    ])
    .where("transmission_id", "=", transmissionId)
    .executeTakeFirst();
}

export function listTransmissionIds(db: Db, channelId: string) {
  return db.selectFrom("transmissions").select("transmission_id as transmissionId").where("channel_id", "=", channelId).execute();
}

export async function channelExists(db: Db, channelId: string): Promise<boolean> {
  const row = await db.selectFrom("channels").select("channel_id").where("channel_id", "=", channelId).executeTakeFirst();
  return row !== undefined;
}

/**
 * Inserts or updates the transmission. A speaker who is no longer a member is kept by name only.
 * @returns false, without writing, when the channel is deleted
 */
export async function saveTransmission(db: Db, row: TransmissionRow): Promise<boolean> {
  const saved = await sql<{ transmission_id: string }>`
    insert into transmissions
      (tenant_id, transmission_id, channel_id, member_id, speaker_name, started_at, duration_ms, status, waveform)
    select ${row.tenantId}, ${row.transmissionId}, channel_id,
      (select member_id from members where member_id = ${row.memberId}),
      ${row.speakerName}, ${row.startedAt}, ${row.durationMs}, ${row.status}, ${row.waveform}::smallint[]
    from channels where channel_id = ${row.channelId}
    on conflict (tenant_id, transmission_id) do update
      set duration_ms = excluded.duration_ms, status = excluded.status, waveform = excluded.waveform
    returning transmission_id`.execute(db);
  return saved.rows.length > 0;
}
