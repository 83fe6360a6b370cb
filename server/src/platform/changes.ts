/**
 * Announces changes of permissions and settings to every process after their commit: PostgreSQL NOTIFY in the transaction, LISTEN on a
 * separate connection. When that connection was lost and is back, listeners get `resync`, because they may have missed changes. A
 * transaction that notifies takes a lock of the whole PostgreSQL instance at its commit, so frequent events such as talk stay within the
 * process.
 */
import { sql } from "kysely";
import type { Logger } from "pino";
import type { Changed } from "#contract/gateway.ts";
import type { Change } from "./change.ts";
import type { Db, TenantTx } from "./db/pools.ts";
import { ECHO_TIMES, type EchoTimes, openWatched, type Watched } from "./db/watched.ts";

const CHANNEL = "whoot_changes";

/** Announces the change if and when the transaction of `db` commits. */
export async function announce(db: Db, change: Change): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(change)})`.execute(db);
}

/** Announces that something of the transaction's tenant has changed. Open pages and live audio then read it again. */
export function announceChanged(tx: Pick<TenantTx, "db" | "tenantId">, what: Changed): Promise<void> {
  return announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what });
}

export interface Changes {
  subscribe(listener: (change: Change) => void): void;
  /** Tells only this process, at once: for events that only its own connections need. It takes no lock in PostgreSQL. */
  tell(change: Change): void;
  close(): Promise<void>;
}

const RETRY_MS = 1_000;

/**
 * Listens until it is closed, and reconnects by itself. While it has no connection, it sends `deaf` with each attempt.
 * @param times how often the connection is checked, and how long it may stay silent
 * @throws if it can't connect, or if the connection does not deliver its own notifications
 */
export async function listenForChanges(connectionString: string, log: Logger, times: EchoTimes = ECHO_TIMES): Promise<Changes> {
  const listeners: Array<(change: Change) => void> = [];
  let listening: Watched | null = null;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  function tell(change: Change): void {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (error) {
        log.error({ err: error, change: change.kind }, "a listener of changes failed");
      }
    }
  }

  function tellText(text: string): void {
    let change: Change;
    try {
      change = JSON.parse(text) as Change;
    } catch (error) {
      log.error({ err: error }, "ignored a notification that is not from whoot");
      return;
    }
    tell(change);
  }

  async function connect(): Promise<void> {
    const opened = await openWatched(
      {
        connectionString,
        applicationName: "whoot changes",
        listen: { channel: CHANNEL, onPayload: tellText },
        onLost: lost,
      },
      times,
    );
    if (closed) return opened.close();
    listening = opened;
  }

  function lost(error: Error): void {
    listening = null;
    log.warn({ reason: error.message }, "lost the database connection that listens for changes; reconnecting");
    reconnect();
  }

  function reconnect(): void {
    if (closed) return;
    tell({ kind: "deaf" });
    connect().then(
      () => {
        log.info("the database connection that listens for changes is back");
        tell({ kind: "resync" });
      },
      () => {
        if (!closed) retry = setTimeout(reconnect, RETRY_MS);
      },
    );
  }

  await connect();
  return {
    subscribe: (listener) => void listeners.push(listener),
    tell,
    async close() {
      closed = true;
      clearTimeout(retry);
      await listening?.close();
    },
  };
}
