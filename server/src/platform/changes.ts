/**
 * What changed, told to every process after the commit that changed it: PostgreSQL NOTIFY inside the transaction, LISTEN on
 * a connection of its own. When that connection was away, `resync` says that something may have been missed.
 */
import { sql } from "kysely";
import pg from "pg";
import type { Logger } from "pino";
import type { Changed } from "#contract/gateway.ts";
import type { Db, TenantTx } from "./db/pools.ts";

export type Change =
  | { kind: "resync" }
  | {
      kind: "changed";
      tenantId: string;
      what: Changed;
      channelId?: string;
    }
  | { kind: "tenantDeleted"; tenantId: string }
  | { kind: "sessionEnded"; sessionId: string };

const CHANNEL = "whoot_changes";

/** Tells the change when, and only when, the transaction of `db` commits. */
export async function announce(db: Db, change: Change): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(change)})`.execute(db);
}

/** The same for what open pages and live audio read again: something of the transaction's tenant. */
export function announceChanged(tx: Pick<TenantTx, "db" | "tenantId">, what: Changed): Promise<void> {
  return announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what });
}

export interface Changes {
  subscribe(listener: (change: Change) => void): void;
  close(): Promise<void>;
}

/** Listens from now on and for as long as it takes; reconnects by itself. */
export async function listenForChanges(connectionString: string, log: Logger): Promise<Changes> {
  const listeners: Array<(change: Change) => void> = [];
  let client: pg.Client | null = null;
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

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString, keepAlive: true, connectionTimeoutMillis: 5_000 });
    fresh.on("error", (error) => lost(fresh, error));
    fresh.on("end", () => lost(fresh, null));
    fresh.on("notification", (message) => tell(JSON.parse(message.payload ?? "{}") as Change));
    try {
      await fresh.connect();
      await fresh.query(`listen ${CHANNEL}`);
    } catch (error) {
      await fresh.end().catch(() => {});
      throw error;
    }
    if (closed) return fresh.end();
    client = fresh;
  }

  function lost(which: pg.Client, error: Error | null): void {
    if (closed || which !== client) return;
    client = null;
    log.warn({ err: error }, "the database connection that hears of changes was lost; reconnecting");
    const again = () => {
      connect().then(
        () => tell({ kind: "resync" }),
        () => {
          if (!closed) retry = setTimeout(again, 1_000);
        },
      );
    };
    again();
  }

  await connect();
  return {
    subscribe: (listener) => void listeners.push(listener),
    async close() {
      closed = true;
      clearTimeout(retry);
      await client?.end();
    },
  };
}
