/**
 * A connection that constantly checks that it works. A firewall's time-out or a paused database can leave a connection open on which nothing
 * arrives, and a transaction pooler loses the session's state. The connection therefore notifies itself and waits for the echo.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";

export interface EchoTimes {
  /** Milliseconds between two echoes. */
  every: number;
  /** Milliseconds without an echo after which the connection counts as lost. */
  silence: number;
}

export const ECHO_TIMES: EchoTimes = { every: 2_000, silence: 5_000 };

/** How long `close` waits for PostgreSQL's answer. */
const CLOSE_MS = 1_000;

export interface Watched {
  close(): Promise<void>;
}

export interface WatchedOptions {
  connectionString: string;
  /** Shown by pg_stat_activity. PostgreSQL keeps 63 bytes. */
  applicationName: string;
  /** Sets up the session, for example by taking a lock. */
  prepare?(client: pg.Client): Promise<unknown>;
  /** Another channel to LISTEN to, and the function that gets its payloads. */
  listen?: { channel: string; onPayload(text: string): void };
  /** Called once if the connection breaks or stays silent, but not after `close`. */
  onLost(error: Error): void;
}

/**
 * @returns once the session is set up and the first echo has arrived
 * @throws if it can't connect, if `prepare` fails, or if no echo arrives
 */
export async function openWatched(options: WatchedOptions, times: EchoTimes = ECHO_TIMES): Promise<Watched> {
  const { connectionString, applicationName } = options;
  const echoes = `echo_${randomUUID()}`;
  const client = new pg.Client({
    connectionString,
    application_name: applicationName,
    keepAlive: true,
    connectionTimeoutMillis: Math.max(times.silence, ECHO_TIMES.silence),
  });
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {}); // openWatched awaits it below
  let state: "opening" | "open" | "ended" = "opening";
  let backend: unknown;
  let next: NodeJS.Timeout | undefined;
  let silence: NodeJS.Timeout | undefined;

  function end(error: Error): void {
    if (state === "ended") return;
    const wasOpen = state === "open";
    state = "ended";
    clearTimeout(next);
    clearTimeout(silence);
    // `client.end()` would wait for an answer that never comes.
    client.connection.stream.destroy();
    if (wasOpen) options.onLost(error);
    else first.reject(error);
  }

  function heard(): void {
    clearTimeout(silence);
    // No clock is compared, because timers fire up to a millisecond early. A later echo has replaced this timer.
    const timer = setTimeout(() => {
      // After a pause of our own process, the echo may be waiting in the socket. Sockets are read before setImmediate.
      setImmediate(() => {
        if (timer === silence) end(new Error(`no echo for ${times.silence} ms`));
      });
    }, times.silence);
    silence = timer;
  }

  function notifyOurselves(): void {
    const query = client.query<{ backend: unknown }>("select pg_notify($1, ''), pg_backend_pid() as backend", [echoes]);
    query.then(({ rows }) => {
      backend ??= rows[0]?.backend;
      if (rows[0]?.backend !== backend) end(new Error("the connection leads to another PostgreSQL process than before"));
    }, end);
  }

  client.on("error", end);
  client.on("end", () => end(new Error("the connection was closed")));
  client.on("notification", ({ channel, payload = "" }) => {
    if (state === "ended") return;
    if (channel === options.listen?.channel) options.listen.onPayload(payload);
    if (channel !== echoes) return;
    heard();
    clearTimeout(next);
    next = setTimeout(notifyOurselves, times.every);
    first.resolve();
  });

  try {
    await client.connect();
    heard();
    await options.prepare?.(client);
    for (const channel of [options.listen?.channel, echoes]) {
      if (channel !== undefined) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    }
    notifyOurselves();
    await first.promise;
    state = "open";
  } catch (error) {
    end(error as Error);
    // The reason of the loss says more than the error of the query that failed because of it.
    throw await first.promise.then(
      () => error,
      (reason: unknown) => reason,
    );
  }
  return {
    async close() {
      if (state === "ended") return;
      state = "ended";
      clearTimeout(next);
      clearTimeout(silence);
      // `end` would wait forever on a connection that has gone silent.
      const cut = setTimeout(() => client.connection.stream.destroy(), CLOSE_MS);
      await client.end();
      clearTimeout(cut);
    },
  };
}
