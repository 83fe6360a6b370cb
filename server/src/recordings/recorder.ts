/**
 * Keeps transmissions as they happen: seals each piece, appends it to the blob, and writes the row. Talk never waits for
 * it. A piece that cannot be stored (disk full) ends the recording there; the transmission is marked incomplete and the
 * operator told. The order of steps is what makes a crash harmless:
 * file with description → row "recording" → pieces → row "complete" → final name. Whatever is still a `.part` at start
 * was cut short, and its file says all that the row needs.
 */
import type { TransmissionStatus } from "#contract/http/recordings.ts";
import { isDeleted } from "../members/admit.ts";
import { announce } from "../platform/changes.ts";
import type { BlobReader } from "../platform/blobs.ts";
import { KeyDestroyedError } from "../platform/keys.ts";
import type { Services } from "../services.ts";
import type { StoredPiece, TransmissionStore } from "../voice/ports.ts";
import { saveTransmission } from "./queries.ts";
import { type Description, makeSealer, openSealedAudio, type Sealer } from "./sealed-audio.ts";
import { toWaveform } from "./waveform.ts";

type Begun = Parameters<TransmissionStore["begin"]>[0];
type Writer = Awaited<ReturnType<Services["blobs"]["write"]>>;

/** Milliseconds between tries to write a row while the database is away. It doubles up to the second. */
const RETRY_FIRST = 500;
const RETRY_MOST = 15_000;

export interface RecorderHealth {
  /** Transmissions of which something could not be stored, since the start. */
  incomplete: number;
  /** The newest reason, for the operator; null while all is well. */
  fault: string | null;
}

export interface Recorder extends TransmissionStore {
  health(): RecorderHealth;
  /** Waits until all that ended is written, at most `limitMs`. */
  close(limitMs?: number): Promise<void>;
}

interface Ongoing {
  begun: Begun;
  sealer: Sealer | null;
  writer: Writer | null;
  levels: number[];
  storedMs: number;
  /** Nothing more is stored of it. */
  faulty: boolean;
  /** The steps of one transmission run one after the other. */
  steps: Promise<void>;
}

export function startRecorder(services: Services): Recorder {
  const { log, blobs, keys, database } = services;
  const ongoing = new Map<string, Ongoing>();
  const health: RecorderHealth = { incomplete: 0, fault: null };
  const closing = new AbortController();

  function noteFault(of: Ongoing, error: unknown): void {
    if (of.faulty) return;
    of.faulty = true;
    if (error instanceof KeyDestroyedError) return; // the tenant was deleted: nothing is meant to be kept
    health.incomplete += 1;
    const code = (error as NodeJS.ErrnoException).code;
    // Anyone may read /readyz: no path, no id.
    health.fault =
      code === "ENOSPC"
        ? "The disk of the recordings is full: talk goes on, recordings are incomplete."
        : `Recordings can't be stored (${code ?? "unexpected error, see the log"}): talk goes on, recordings are incomplete.`;
    const { tenantId, transmissionId } = of.begun;
    log.error({ err: error, tenantId, transmissionId }, `recording stopped: ${health.fault}`);
  }

  /** False when its channel is gone. */
  async function saveRow(of: Ongoing, status: TransmissionStatus): Promise<boolean> {
    const { begun } = of;
    return database.withTenant(begun.tenantId, async (tx) => {
      const saved = await saveTransmission(tx.db, {
        ...begun,
        durationMs: of.storedMs,
        status,
        waveform: status === "recording" ? [] : toWaveform(of.levels),
      });
      const { tenantId, channelId } = begun;
      if (saved) await announce(tx.db, { kind: "changed", tenantId, what: "transmissions", channelId });
      return saved;
    });
  }

  async function begin(of: Ongoing): Promise<void> {
    const { tenantId, transmissionId, channelId, memberId, speakerName, startedAt } = of.begun;
    try {
      of.sealer = makeSealer(keys.dataKey(tenantId), transmissionId);
      of.writer = await blobs.write(tenantId, transmissionId);
      const description: Description = { channelId, memberId, speakerName, startedAt: startedAt.toISOString() };
      await of.writer.append(of.sealer.start(description));
    } catch (error) {
      noteFault(of, error);
      return;
    }
    // Without the row now, the file's own description makes it at the end or after a crash.
    await saveRow(of, "recording").catch((error: unknown) =>
      log.warn({ err: error, tenantId, transmissionId }, "a transmission's row couldn't be written yet"),
    );
  }

  async function append(of: Ongoing, piece: StoredPiece): Promise<void> {
    if (of.faulty || !of.sealer || !of.writer) return;
    try {
      const head = { durationMs: piece.durationMs, levels: piece.levels };
      await of.writer.append(of.sealer.piece(head, piece.bytes, piece.last));
      of.levels.push(...piece.levels);
      of.storedMs = piece.durationMs;
    } catch (error) {
      noteFault(of, error);
    }
  }

  /** Until it works or the server stops; then the file stays a `.part` and the next start does it. */
  async function saveRowAtLast(of: Ongoing, status: TransmissionStatus): Promise<"saved" | "channel gone" | "stopped"> {
    for (let pause = RETRY_FIRST; ; pause = Math.min(pause * 2, RETRY_MOST)) {
      try {
        return (await saveRow(of, status)) ? "saved" : "channel gone";
      } catch (error) {
        const { tenantId, transmissionId } = of.begun;
        log.warn({ err: error, tenantId, transmissionId }, "a finished transmission's row couldn't be written; trying again");
        if (closing.signal.aborted) return "stopped";
        await new Promise<void>((resume) => {
          const timer = setTimeout(resume, pause);
          closing.signal.addEventListener("abort", () => (clearTimeout(timer), resume()), { once: true });
        });
      }
    }
  }

  async function end(of: Ongoing): Promise<void> {
    try {
      const outcome = await saveRowAtLast(of, of.faulty ? "incomplete" : "complete");
      const { writer } = of;
      of.writer = null;
      if (outcome === "saved") return await writer?.finish();
      await writer?.abandon();
      // Deleted while it was being made: nothing else knows of the file.
      if (outcome === "channel gone") await blobs.remove(of.begun.tenantId, of.begun.transmissionId);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // erased with its tenant or channel
    }
  }

  function next(of: Ongoing, step: () => Promise<void>): void {
    of.steps = of.steps.then(step).catch((error: unknown) => {
      const { tenantId, transmissionId } = of.begun;
      log.error({ err: error, tenantId, transmissionId }, "keeping a transmission failed");
    });
  }

  return {
    begin(begun) {
      const of: Ongoing = {
        begun,
        sealer: null,
        writer: null,
        levels: [],
        storedMs: 0,
        faulty: false,
        steps: Promise.resolve(),
      };
      ongoing.set(begun.transmissionId, of);
      next(of, () => begin(of));
    },
    append(piece) {
      const of = ongoing.get(piece.transmissionId);
      if (of) next(of, () => append(of, piece));
    },
    end({ transmissionId }) {
      const of = ongoing.get(transmissionId);
      if (!of) return;
      next(of, () => end(of));
      void of.steps.then(() => ongoing.delete(transmissionId));
    },
    health: () => ({ ...health }),
    async close(limitMs = 5_000) {
      const settled = Promise.all([...ongoing.values()].map((of) => of.steps));
      const timer = setTimeout(() => closing.abort(), limitMs);
      await settled;
      clearTimeout(timer);
      // Those that never ended: the next start finds their files.
      for (const of of ongoing.values()) await of.writer?.abandon();
      ongoing.clear();
    },
  };
}

/** At start: gives every recording that a crash cut its row and its final name. */
export async function recoverRecordings(services: Services): Promise<void> {
  const { log, blobs, keys, database } = services;
  for (const { tenantId, name: transmissionId } of await blobs.listUnfinished()) {
    let blob: BlobReader | null = null;
    try {
      blob = await blobs.read(tenantId, transmissionId);
      if (!blob) continue;
      const audio = await openSealedAudio(keys.dataKey(tenantId), transmissionId, blob);
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
      if (saved === null) continue; // the erasure's; or of a tenant that a restored database forgot
      if (!saved) {
        await blobs.remove(tenantId, transmissionId); // its channel was deleted
        continue;
      }
      await blobs.finishUnfinished(tenantId, transmissionId, audio.sealedSize);
      log.info({ tenantId, transmissionId, durationMs: audio.durationMs }, "recovered a transmission that was cut short");
    } catch (error) {
      // Left as it is: an operator may still make something of it.
      log.error({ err: error, tenantId, transmissionId }, "a recording that was cut short couldn't be recovered");
    } finally {
      await blob?.close();
    }
  }
}
