/** Start and stop of one server. Everything is opened here, in order, and closed here, in the reverse order. */
import { resolve } from "node:path";
import pino from "pino";
import { makeApp } from "./app.ts";
import { type Config, loadConfig, StartupError } from "./config.ts";
import { makeVoiceAccess } from "./gateway/access.ts";
import { buildExport } from "./exports/build.ts";
import { resumeExports, sweepExports } from "./exports/exports.ts";
import { startMedia } from "./media/media.ts";
import { openBlobs } from "./platform/blobs.ts";
import { listenForChanges } from "./platform/changes.ts";
import { startEmbeddedPostgres } from "./platform/db/embedded.ts";
import { openDatabase } from "./platform/db/pools.ts";
import { createOwnerAndDatabase, prepareDatabase } from "./platform/db/prepare.ts";
import { lockFolder } from "./platform/folder-lock.ts";
import { runJobs } from "./platform/jobs.ts";
import { openKeys } from "./platform/keys.ts";
import { openMailer } from "./platform/mail/mail.ts";
import { openTombstones } from "./platform/tombstones.ts";
import { recoverRecordings, startRecorder } from "./recordings/recorder.ts";
import type { Services } from "./services.ts";
import { finishDeletions, sendMail } from "./deletions/deletions.ts";
import { eraseInTurn } from "./deletions/erasure.ts";
import { startDeleter } from "./deletions/deleter.ts";
import { startVoice } from "./voice/voice.ts";

export interface Server {
  /** Where people reach it. */
  url: string;
  /** Ends talk, finishes recordings, answers what is under way, stops the database that it started. */
  close(): Promise<void>;
}

/** Closes what was opened, newest first, even when one of them fails. */
function makeClosers(log: pino.Logger) {
  const closers: Array<{ what: string; close: () => unknown }> = [];
  let closing: Promise<void> | null = null;
  return {
    add: (what: string, close: () => unknown) => void closers.push({ what, close }),
    closeAll(): Promise<void> {
      closing ??= (async () => {
        for (const { what, close } of closers.reverse()) {
          try {
            await close();
          } catch (error) {
            log.error({ err: error }, `closing the ${what} failed`);
          }
        }
      })();
      return closing;
    },
  };
}

/**
 * @param logTo takes the log, a line of JSON at a time.
 * @throws StartupError with a sentence for the operator. What was opened by then is closed again.
 */
export async function startServer(config: Config, logTo: pino.DestinationStream = pino.destination(2)): Promise<Server> {
  const log = pino({ level: config.logLevel }, logTo);
  const closers = makeClosers(log);
  try {
    const lock = lockFolder(config.dataFolder);
    closers.add("lock of the data folder", () => lock.release());
    const keys = openKeys(config.keysFolder, config.masterKey);
    let ownerUrl = config.databaseUrl;
    if (!ownerUrl) {
      const postgres = await startEmbeddedPostgres(resolve(config.dataFolder, "postgres"));
      closers.add("database server", () => postgres.stop());
      ownerUrl = await createOwnerAndDatabase(postgres.adminUrl, config.masterKey);
    }
    const urls = await prepareDatabase(ownerUrl, config.masterKey);
    const database = openDatabase(urls, ({ message }) =>
      // The error itself holds the whole client, its cancel key included.
      log.warn({ reason: message }, "an idle database connection broke"),
    );
    closers.add("database pools", () => database.close());

    let url = config.url;
    const services: Services = {
      config,
      log,
      database,
      keys,
      blobs: openBlobs(resolve(config.dataFolder, "recordings")),
      archives: openBlobs(resolve(config.dataFolder, "exports")),
      tombstones: openTombstones(resolve(config.dataFolder, "deletions")),
      mailer: openMailer({
        smtpUrl: config.smtpUrl,
        from: config.mailFrom,
        outboxFolder: resolve(config.dataFolder, "outbox"),
      }),
      publicUrl: () => url ?? `http://localhost:${config.port}`,
    };
    await finishDeletions(services);
    await recoverRecordings(services);
    await resumeExports(services);

    const media = await startMedia({
      port: config.mediaPort,
      listenAddress: config.mediaHost,
      ...(config.mediaAddress ? { announcedAddress: config.mediaAddress } : {}),
      log: (level, message, details) => log[level](details ?? {}, message),
    }).catch((error: unknown) => {
      throw new StartupError(
        `UDP port ${config.mediaPort} can't be used for audio (${(error as Error).message}). Set WHOOT_MEDIA_PORT to a free one.`,
      );
    });
    closers.add("media worker", () => media.close());
    const recorder = startRecorder(services);
    closers.add("recorder", () => recorder.close());
    const voice = startVoice({
      media,
      access: makeVoiceAccess(services),
      store: recorder,
      log: (level, message, details) => log[level](details ?? {}, message),
      now: () => new Date(),
    });
    const changes = await listenForChanges(urls.app, log);
    closers.add("listener of changes", () => changes.close());
    changes.subscribe((change) => voice.onChange(change));
    // Another server deleted it: this one must not keep the key in memory.
    changes.subscribe((change) => {
      if (change.kind === "tenantDeleted") services.keys.destroy(change.tenantId);
    });

    const jobs = await runJobs(
      urls.owner,
      {
        sendMail: (job) => sendMail(services, job),
        eraseTenant: ({ tenantId }, signal) => eraseInTurn(services, tenantId, signal),
        buildExport: (job, signal) => buildExport(services, job, { signal }),
        sweepExports: () => sweepExports(services),
      },
      log,
      config.databaseUrl === null,
    );
    closers.add("jobs", () => jobs.stop());

    const deleter = startDeleter(services);
    closers.add("deleter", () => deleter.close());
    const app = await makeApp(services, voice, recorder, deleter);
    closers.add("HTTP server", () => app.close());
    closers.add("voice gateway", () => voice.close());
    await app.listen({ port: config.port, host: config.host }).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is in use by another program" : `can't be used (${error.message})`;
      throw new StartupError(`Port ${config.port} ${reason}. Set PORT to a free one.`);
    });
    const address = app.server.address();
    if (url === null && address !== null && typeof address === "object") url = `http://localhost:${address.port}`;
    return { url: services.publicUrl(), close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function main(): Promise<void> {
  const server = await startServer(loadConfig(process.env));
  console.log(`whoot runs at ${server.url}`);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void server.close().then(() => process.exit(0));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error instanceof StartupError ? `whoot can't start. ${error.message}` : error);
    process.exit(1);
  });
}
