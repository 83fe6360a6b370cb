/**
 * Records transmissions as they happen: seals each piece, appends it to the blob, and writes the row. Talk never waits for
 * this. If a piece cannot be stored (disk full), the recording ends there, the transmission is marked incomplete and the
 * operator is warned. The order of the steps makes crashes harmless:
 * file with description → row "recording" → pieces → row "complete" → final name. A file that is still a `.part` at start
 * was cut short, and it contains everything that its row needs.
 */
import type { TransmissionStatus } from "#contract/http/recordings.ts";
import { isDeleted } from "../access/roster.ts";
import type { Change } from "../platform/change.ts";
import type { BlobReader } from "../platform/blobs.ts";
import { type HeldKey, KeyDestroyedError, openWithEither } from "../platform/keys.ts";
import type { RecorderHealth, Services } from "../services.ts";
import type { StoredPiece, TransmissionStore } from "../voice/ports.ts";
import { saveTransmission } from "./queries.ts";
import { type Description, makeSealer, openSealedAudio, type Sealer } from "./sealed-audio.ts";
import { toWaveform } from "./waveform.ts";

type Begun = Parameters<TransmissionStore["begin"]>[0];
type Writer = Awaited<ReturnType<Services["blobs"]["write"]>>;

/** Milliseconds between attempts to write a row while the database is away. Doubles from the first to the second value. */
const RETRY_FIRST = 500;
const MAX_RETRY = 15_000;

export interface Recorder extends TransmissionStore {
  health(): RecorderHealth;
  /** Waits until all recordings are written. After `limitMs`, stops retrying rows; the next start writes them. */
  close(limitMs?: number): Promise<void>;
}

interface Ongoing {
  begun: Begun;
  /** The key that its pieces are sealed with, until nothing more is written. */
  held: HeldKey | null;
  sealer: Sealer | null;
  writer: Writer | null;
  levels: number[];
  storedMs: number;
  /** After a failure, nothing more is stored. */
  faulty: boolean;
  /** The steps of one transmission run one after the other. */
  steps: Promise<void>;
}

/** @param announce called whenever a transmission's row was written, at its begin and its end */
export function startRecorder(services: Services, announce: (change: Change) => void): Recorder {
  const { log, blobs, keys, database } = services;
  const ongoing = new Map<string, Ongoing>();
  const health: RecorderHealth = { incomplete: 0, fault: null };
  const closing = new AbortController();

  function noteFault(recording: Ongoing, error: unknown): void {
    if (recording.faulty) return;
    recording.faulty = true;
    if (error instanceof KeyDestroyedError) return; // the tenant was deleted, so its recordings must not be kept
    health.incomplete += 1;
    const code = (error as NodeJS.ErrnoException).code;
    // /readyz is public: include no path and no id.
    health.fault =
      code === "ENOSPC"
        ? "The recordings disk is full. Talk continues, but recordings are incomplete."
        : `Recordings can't be stored (${code ?? "unexpected error, see the log"}). Talk continues, but recordings are incomplete.`;
    const { tenantId, transmissionId } = recording.begun;
    log.error({ err: error, tenantId, transmissionId }, `recording stopped: ${health.fault}`);
  }

  /** False when the channel is deleted. */
  async function saveRow(recording: Ongoing, status: TransmissionStatus): Promise<boolean> {
    const { begun } = recording;
    return database.withTenant(begun.tenantId, async (tx) => {
      const saved = await saveTransmission(tx.db, {
        ...begun,
        durationMs: recording.storedMs,
        status,
        waveform: status === "recording" ? [] : toWaveform(recording.levels),
      });
      const { tenantId, channelId } = begun;
      if (saved) tx.afterCommit(() => announce({ kind: "changed", tenantId, what: "transmissions", channelId }));
      return saved;
    });
  }

  async function begin(recording: Ongoing): Promise<void> {
    const { tenantId, transmissionId, channelId, memberId, speakerName, startedAt } = recording.begun;
    try {
      recording.held = keys.hold(tenantId);
      recording.sealer = makeSealer(recording.held.key, transmissionId);
      recording.writer = await blobs.write(tenantId, transmissionId);
      const description: Description = { channelId, memberId, speakerName, startedAt: startedAt.toISOString() };
      await recording.writer.append(recording.sealer.start(description));
    } catch (error) {
      noteFault(recording, error);
      return;
    }
    // If this fails, the row is written at the end, or from the file's description after a crash.
    await saveRow(recording, "recording").catch((error: unknown) =>
      log.warn(
        { err: error, tenantId, transmissionId },
        "writing the row of a new transmission failed; it is written when the transmission ends",
      ),
    );
  }

  async function append(recording: Ongoing, piece: StoredPiece): Promise<void> {
    if (recording.faulty || !recording.sealer || !recording.writer) return;
    try {
      const head = { durationMs: piece.durationMs, levels: piece.levels };
      await recording.writer.append(recording.sealer.piece(head, piece.bytes, piece.last));
      recording.levels.push(...piece.levels);
      recording.storedMs = piece.durationMs;
    } catch (error) {
      noteFault(recording, error);
    }
  }

  /** Retries until it works or the server stops. In that case the file stays a `.part`, and the next start writes the row. */
  async function saveRowWithRetry(recording: Ongoing, status: TransmissionStatus): Promise<"saved" | "channel gone" | "stopped"> {
    for (let pause = RETRY_FIRST; ; pause = Math.min(pause * 2, MAX_RETRY)) {
      try {
        return (await saveRow(recording, status)) ? "saved" : "channel gone";
      } catch (error) {
        const { tenantId, transmissionId } = recording.begun;
        log.warn({ err: error, tenantId, transmissionId }, "writing the row of an ended transmission failed; trying again");
        if (closing.signal.aborted) return "stopped";
        await new Promise<void>((resume) => {
          const timer = setTimeout(resume, pause);
          closing.signal.addEventListener("abort", () => (clearTimeout(timer), resume()), { once: true });
        });
      }
    }
  }

  async function end(recording: Ongoing): Promise<void> {
    try {
      const outcome = await saveRowWithRetry(recording, recording.faulty ? "incomplete" : "complete");
      const { writer } = recording;
      recording.writer = null;
      if (outcome === "saved") return await writer?.finish();
      await writer?.abandon();
      // The channel was deleted during the recording, so nothing else would remove the file.
      if (outcome === "channel gone") await blobs.remove(recording.begun.tenantId, recording.begun.transmissionId);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // the file was erased with its tenant or channel
    }
  }

  function next(recording: Ongoing, step: () => Promise<void>): void {
    recording.steps = recording.steps.then(step).catch((error: unknown) => {
      const { tenantId, transmissionId } = recording.begun;
      log.error({ err: error, tenantId, transmissionId }, "recording a transmission failed");
    });
  }

  return {
    begin(begun) {
      const recording: Ongoing = {
        begun,
        held: null,
        sealer: null,
        writer: null,
        levels: [],
        storedMs: 0,
        faulty: false,
        steps: Promise.resolve(),
      };
      ongoing.set(begun.transmissionId, recording);
      next(recording, () => begin(recording));
    },
    append(piece) {
      const recording = ongoing.get(piece.transmissionId);
      if (recording) next(recording, () => append(recording, piece));
    },
    end({ transmissionId }) {
      const recording = ongoing.get(transmissionId);
      if (!recording) return;
      next(recording, () => end(recording));
      void recording.steps.then(() => {
        recording.held?.release();
        ongoing.delete(transmissionId);
      });
    },
    health: () => ({ ...health }),
    async close(limitMs = 5_000) {
      const settled = Promise.all([...ongoing.values()].map((recording) => recording.steps));
      const timer = setTimeout(() => closing.abort(), limitMs);
      await settled;
      clearTimeout(timer);
      // Transmissions that never ended: the next start recovers their files.
      for (const recording of ongoing.values()) await recording.writer?.abandon();
      ongoing.clear();
    },
  };
}

/** At start: writes the row of every recording that a crash cut short, and gives its file the final name. */
export async function recoverRecordings(services: Services): Promise<void> {
  const { log, blobs, keys, database } = services;
  for (const { tenantId, name: transmissionId } of await blobs.listUnfinished()) {
    let blob: BlobReader | null = null;
    try {
      blob = await blobs.read(tenantId, transmissionId);
      if (!blob) continue;
      const opened = blob;
      const audio = await openWithEither(keys.openingKeys(tenantId), (key) => openSealedAudio(key, transmissionId, opened));
      const { startedAt, ...description } = audio.description;
      const saved = await database.withTenant(tenantId, async (tx) => {
        if (await isDeleted(tx)) return null;
        return saveTransmission(tx.db, {
          tenantId,
          transmissionId,
          ...description,
          startedAt: new Date(startedAt),
          durationMs: audio.durationMs,
          status: audio.finished ? "complete" : "cut_short",
          waveform: toWaveform(audio.levels),
        });
      });
      if (saved === null) continue; // the erasure removes it, or a restored database does not know its tenant
      if (!saved) {
        await blobs.remove(tenantId, transmissionId); // the channel was deleted
        continue;
      }
      await blobs.finishUnfinished(tenantId, transmissionId, audio.sealedSize);
      log.info({ tenantId, transmissionId, durationMs: audio.durationMs }, "recovered a transmission that was cut short");
    } catch (error) {
      // Keep the file: an operator may still be able to recover it.
      log.error({ err: error, tenantId, transmissionId }, "recovering a recording that was cut short failed");
    } finally {
      await blob?.close();
    }
  }
}
