/** Creates transmissions as the recorder stores them: a row, and a sealed file. */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import pino from "pino";
import { v7 as uuidv7 } from "uuid";
import { openBilling } from "../billing/catalogues.ts";
import { openPayments } from "../billing/payments/payments.ts";
import { openIssuedNumbers } from "../billing/issued-numbers.ts";
import { collectTenantData } from "../feature.ts";
import { FEATURES } from "../features.ts";
import { openBlobs } from "../platform/blobs.ts";
import { openDatabase } from "../platform/db/pools.ts";
import { prepareDatabase } from "../platform/db/prepare.ts";
import { openKeys } from "../platform/keys.ts";
import { openMailer } from "../platform/mail/mail.ts";
import { makeOutbound } from "../platform/outbound/outbound.ts";
import { makeThreads } from "../platform/threads.ts";
import { openTombstones } from "../platform/tombstones.ts";
import type { Recorder } from "../recordings/recorder.ts";
import type { Services } from "../services.ts";
import { MASTER_KEY } from "./master-key.ts";
import type { TestServer } from "./server.ts";

/** The services of a stopped server, or of another process beside it, on the same database and folder. */
export async function openServices(
  server: TestServer,
  changes: Partial<Services> = {},
): Promise<Services & { close(): Promise<void> }> {
  const { config } = server;
  const urls = await prepareDatabase(server.database.ownerUrl, MASTER_KEY);
  const database = openDatabase(urls, () => {});
  const threads = makeThreads();
  const billing = await openBilling(config, database);
  const parts: Omit<Services, "tenantData"> = {
    config,
    log: pino({ level: "silent" }),
    database,
    keys: openKeys(config.keysFolder, config.masterKey),
    blobs: openBlobs(resolve(config.dataFolder, "recordings")),
    archives: openBlobs(resolve(config.dataFolder, "exports")),
    documents: openBlobs(resolve(config.dataFolder, "documents")),
    tombstones: openTombstones(resolve(config.dataFolder, "deletions")),
    outbound: makeOutbound(config.outbound, pino({ level: "silent" })),
    mailer: openMailer({ smtpUrl: null, from: config.mailFrom, outboxFolder: resolve(config.dataFolder, "outbox") }),
    threads,
    billing,
    payments: await openPayments(config, billing, pino({ level: "silent" })),
    numbers: openIssuedNumbers(resolve(config.dataFolder, "deletions")),
    vacuum: async () => {},
    publicUrl: () => server.url,
    voice: { talking: () => [], connectedMembers: () => new Set() },
    recorder: { health: () => ({ incomplete: 0, fault: null }) },
    deleter: { carryOut: async () => {} },
    ...changes,
  };
  return {
    ...parts,
    tenantData: collectTenantData(FEATURES, parts),
    async close() {
      await threads.close();
      await database.close();
    },
  };
}

interface Spoken {
  tenantId: string;
  channelId: string;
  memberId: string;
  speakerName?: string;
}

/** Sends `pieces` to the recorder, each a second of audio, and with `end` the end of the transmission. */
export function speak(recorder: Recorder, spoken: Spoken, pieces: Buffer[], end = true): string {
  const { tenantId } = spoken;
  const transmissionId = uuidv7();
  recorder.begin({ speakerName: "Ada", ...spoken, transmissionId, startedAt: new Date() });
  pieces.forEach((bytes, sequence) => {
    const last = end && sequence === pieces.length - 1;
    const durationMs = (sequence + 1) * 1_000;
    const levels = Array.from({ length: 10 }, (_, tenth) => sequence * 10 + tenth);
    recorder.append({ tenantId, transmissionId, sequence, bytes, durationMs, levels, last });
  });
  if (end) recorder.end({ tenantId, transmissionId, durationMs: pieces.length * 1_000 });
  return transmissionId;
}

/** Audio that can be recognized wherever it is stored unsealed. */
export function audioPiece(length = 4_000): Buffer {
  return Buffer.concat([Buffer.from("OggS"), randomBytes(length - 4)]);
}
