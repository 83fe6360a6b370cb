/** Starts and stops one server. Everything is opened here, in order, and closed here, in reverse order. */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import pino from "pino";
import { makeApp } from "./app.ts";
import { type Config, loadConfig, resolveNames } from "./config.ts";
import { StartupError } from "./platform/startup-error.ts";
import { collectTenantData, type Feature } from "./feature.ts";
import { FEATURES } from "./features.ts";
import { assertBreachedFile } from "./accounts/breached-passwords.ts";
import { openBilling } from "./billing/catalogues.ts";
import { tidyAfterCrash } from "./billing/archive/archive.ts";
import { resumeBilling } from "./billing/clock.ts";
import { openIssuedNumbers, reconcileNumbers } from "./billing/issued-numbers.ts";
import { openPayments } from "./billing/payments/payments.ts";
import { resumePayments } from "./billing/payments/reconciling.ts";
import { makeVoiceAccess } from "./gateway/access.ts";
import { resumeRotations } from "./encryption-key/rotating.ts";
import { resumeExports } from "./exports/exports.ts";
import { startMedia } from "./media/media.ts";
import { openBlobs } from "./platform/blobs.ts";
import { listenForChanges } from "./platform/changes.ts";
import { startEmbeddedPostgres } from "./platform/db/embedded.ts";
import { openDatabase } from "./platform/db/pools.ts";
import { createOwnerAndDatabase, prepareDatabase } from "./platform/db/prepare.ts";
import { assertUsableServer } from "./platform/db/server-check.ts";
import { lockDatabase } from "./platform/db/server-lock.ts";
import { assertTenantDataIsNamed } from "./platform/db/tenant-data-check.ts";
import { vacuumTables } from "./platform/db/vacuum.ts";
import { countBuffersInHeapLimit } from "./platform/garbage-collection.ts";
import { lockFolder } from "./platform/folder-lock.ts";
import { runJobs } from "./platform/jobs.ts";
import { openKeys } from "./platform/keys.ts";
import { openMailer } from "./platform/mail/mail.ts";
import { makeOutbound } from "./platform/outbound/outbound.ts";
import { makeThreads } from "./platform/threads.ts";
import { openTombstones } from "./platform/tombstones.ts";
import { recoverRecordings, startRecorder } from "./recordings/recorder.ts";
import type { Services } from "./services.ts";
import { finishDeletions } from "./deletions/deletions.ts";
import { startDeleter } from "./deletions/deleter.ts";
import { startVoice } from "./voice/voice.ts";

export interface Server {
  /** The public URL. */
  url: string;
  /** Ends talk, finishes recordings and running requests, and stops the database if this server started it. */
  close(): Promise<void>;
  /** Resolves if the server stops by itself, because another server took its database while the connection was lost. */
  stopped: Promise<StartupError>;
}

/** Closes everything that was opened, newest first, even if one of them fails. */
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
 * @param logTo receives the log, one line of JSON at a time
 * @throws StartupError with a sentence for the operator, after closing everything that was opened
 */
export async function startServer(
  settings: Config,
  logTo: pino.DestinationStream = pino.destination(2),
  features: readonly Feature[] = FEATURES,
): Promise<Server> {
  const log = pino({ level: settings.logLevel }, logTo);
  for (const warning of settings.warnings) log.warn(warning);
  const config = await resolveNames(settings);
  const closers = makeClosers(log);
  const stopped = Promise.withResolvers<StartupError>();
  try {
    const lock = lockFolder(config.dataFolder);
    closers.add("lock of the data folder", () => lock.release());
    const keys = openKeys(config.keysFolder, config.masterKey);
    // Created at the first start, so that a backup script that copies them does not fail before something is recorded or deleted.
    for (const folder of ["recordings", "documents", "archive", "deletions"])
      mkdirSync(resolve(config.dataFolder, folder), { recursive: true, mode: 0o700 });
    let ownerUrl = config.databaseUrl;
    if (!ownerUrl) {
      const postgres = await startEmbeddedPostgres(resolve(config.dataFolder, "postgres"));
      closers.add("database server", () => postgres.stop());
      ownerUrl = await createOwnerAndDatabase(postgres.adminUrl, config.masterKey);
    }
    await assertUsableServer(ownerUrl);
    // Take the lock before writing anything: prepareDatabase sets passwords that another running server would still use.
    const stopFor = async (error: StartupError) => {
      log.fatal(error.message);
      await closers.closeAll();
      stopped.resolve(error);
    };
    const serverLock = await lockDatabase(ownerUrl, log, (error) => void stopFor(error));
    closers.add("lock of the database", () => serverLock.release());
    const urls = await prepareDatabase(ownerUrl, config.masterKey);
    const database = openDatabase(
      urls,
      ({ message }) =>
        // Logs only the message: the error contains the whole client, including its cancel key.
        log.warn({ reason: message }, "an idle database connection broke"),
      // After quiet seconds, a payment or a press would otherwise wait a tenth of a second for a new connection.
      { keptOpen: 1, perPerson: config.quotas.connectionsPerPerson },
    );
    closers.add("database pools", () => database.close());

    await assertBreachedFile(config.breachedPasswords);
    const billing = await openBilling(config, database);
    const threads = makeThreads();
    closers.add("threads", () => threads.close());

    let url = config.url;
    // These parts start later. Until then they have defaults.
    const running: Pick<Services, "voice" | "recorder" | "deleter"> = {
      voice: { talking: () => [], connectedMembers: () => new Set() },
      recorder: { health: () => ({ incomplete: 0, fault: null }) },
      deleter: { carryOut: () => Promise.reject(new Error("the server has not started yet")) },
    };
    const parts: Omit<Services, "tenantData"> = {
      config,
      log,
      database,
      keys,
      blobs: openBlobs(resolve(config.dataFolder, "recordings")),
      archives: openBlobs(resolve(config.dataFolder, "exports")),
      documents: openBlobs(resolve(config.dataFolder, "documents")),
      tombstones: openTombstones(resolve(config.dataFolder, "deletions")),
      mailer: openMailer({
        smtpUrl: config.smtpUrl,
        from: config.mailFrom,
        outboxFolder: resolve(config.dataFolder, "outbox"),
      }),
      outbound: makeOutbound(config.outbound, log),
      threads,
      billing,
      payments: await openPayments(config, billing, log),
      numbers: openIssuedNumbers(resolve(config.dataFolder, "deletions")),
      vacuum: (tables, signal) => vacuumTables(urls.owner, tables, signal),
      voice: {
        talking: (tenantId) => running.voice.talking(tenantId),
        connectedMembers: (tenantId) => running.voice.connectedMembers(tenantId),
      },
      recorder: { health: () => running.recorder.health() },
      deleter: { carryOut: (deletion) => running.deleter.carryOut(deletion) },
      publicUrl: () => url ?? `http://localhost:${config.port}`,
    };
    const services: Services = { ...parts, tenantData: collectTenantData(features, parts) };
    await assertTenantDataIsNamed(ownerUrl, services.tenantData.tables);
    await finishDeletions(services);
    await tidyAfterCrash(services);
    await recoverRecordings(services);
    await resumeExports(services);
    await resumeRotations(services);
    await reconcileNumbers(services);
    await resumeBilling(services);
    await resumePayments(services);

    const media = await startMedia({
      port: config.mediaPort,
      listenAddress: config.mediaHost,
      thisMachineOnly: config.mediaThisMachineOnly,
      ...(config.mediaAddress ? { announcedAddress: config.mediaAddress } : {}),
      log: (level, message, details) => log[level](details ?? {}, message),
    }).catch((error: unknown) => {
      throw new StartupError(
        `UDP port ${config.mediaPort} can't be used for audio (${(error as Error).message}). Set WHOOT_MEDIA_PORT to a free one.`,
      );
    });
    closers.add("media worker", () => media.close());
    if (!config.loopbackOnly && (config.mediaHost === "127.0.0.1" || config.mediaHost === "::1")) {
      log.warn(
        "only browsers on this machine can use audio: set WHOOT_MEDIA_HOST (0.0.0.0 for every address) and WHOOT_MEDIA_ADDRESS",
      );
    }
    const changes = await listenForChanges(urls.app, log);
    closers.add("listener of changes", () => changes.close());
    const recorder = startRecorder(services, (change) => changes.tell(change));
    closers.add("recorder", () => recorder.close());
    const voice = startVoice({
      media,
      access: makeVoiceAccess(services),
      store: recorder,
      log: (level, message, details) => log[level](details ?? {}, message),
      now: () => new Date(),
    });
    running.recorder = recorder;
    running.voice = voice;
    changes.subscribe((change) => voice.onChange(change));
    changes.subscribe(({ kind }) => {
      if (kind === "billingClock" || kind === "resync") void billing.readClock().catch(() => {}); // the next change reads it
    });
    // When another server deletes the tenant, this one must not keep its key in memory.
    changes.subscribe((change) => {
      if (change.kind === "tenantDeleted") services.keys.destroy(change.tenantId);
    });

    const jobs = await runJobs(
      urls.owner,
      features.flatMap((feature) => feature.jobs?.(services) ?? []),
      { log },
    );
    closers.add("jobs", () => jobs.stop());

    const deleter = startDeleter(services);
    running.deleter = deleter;
    closers.add("deleter", () => deleter.close());
    const app = await makeApp(services, voice, features);
    closers.add("HTTP server", () => app.close());
    closers.add("voice gateway", () => voice.close());
    await app.listen({ port: config.port, host: config.host }).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is in use by another program" : `can't be used (${error.message})`;
      throw new StartupError(`Port ${config.port} ${reason}. Set PORT to a free one.`);
    });
    const address = app.server.address();
    if (url === null && address !== null && typeof address === "object") url = `http://localhost:${address.port}`;
    return { url: services.publicUrl(), close: () => closers.closeAll(), stopped: stopped.promise };
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
  void server.stopped.then((error) => {
    console.error(`whoot stopped. ${error.message}`);
    process.exit(1);
  });
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

if (import.meta.main) {
  countBuffersInHeapLimit();
  main().catch((error: unknown) => {
    console.error(error instanceof StartupError ? `whoot can't start. ${error.message}` : error);
    process.exit(1);
  });
}
