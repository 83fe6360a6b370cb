/** One connection: kysely builds its SQL, and what one turn of the event loop asks of it leaves in one write. */
import { Socket } from "node:net";
import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type pg from "pg";
import type { DB } from "./schema.ts";
import { nameOf } from "./statement.ts";

export type Db = Kysely<DB>;

/** kysely on a client for one transaction, and what the transaction around it needs to know of it. */
export interface Connection {
  readonly db: Db;
  /** Set: the next query takes the commit with it, in the same write. Nothing may be asked after it. */
  commitWithNext: boolean;
  /** The answer to a commit that went with a query; null while the transaction is open. */
  committed: Promise<pg.QueryResult> | null;
  /** Nothing is asked of it any more: the client is somebody else's. */
  end(): void;
}

const adapter = new PostgresAdapter();
const compiler = new PostgresQueryCompiler();

const unsupported = async () => {
  throw new Error("already in a transaction");
};

/** kysely wants one for its own transactions. What it asks goes past it. */
const driver: Driver = {
  init: unsupported,
  destroy: unsupported,
  acquireConnection: unsupported,
  releaseConnection: unsupported,
  beginTransaction: unsupported,
  commitTransaction: unsupported,
  rollbackTransaction: unsupported,
};

const dialect: Dialect = {
  createDriver: () => driver,
  createAdapter: () => adapter,
  createQueryCompiler: () => compiler,
  createIntrospector: (of) => new PostgresIntrospector(of),
};

/** Of one checked-out client, at the beginning of a transaction: kysely builds the SQL, the transaction is not its own. */
export function connectionOf(client: pg.PoolClient): Connection {
  let ended = false;
  const asking: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      // Of what was not awaited, or kept for later: it would run in the transaction of whoever has the client now, in their tenant.
      if (ended) throw new Error("the transaction is over");
      // It would run in no transaction, and with no tenant set see nothing.
      if (connection.committed) throw new Error("the transaction has asked its last");
      const name = nameOf(query);
      const asked = client.query({
        text: query.sql,
        values: query.parameters as unknown[],
        ...(name === undefined ? {} : { name }),
      });
      if (connection.commitWithNext) {
        connection.committed = client.query("commit");
        connection.committed.catch(() => {}); // whoever waits for it hears of it
      }
      const result = await asked;
      return {
        rows: result.rows as Row[],
        ...(result.rowCount === null ? {} : { numAffectedRows: BigInt(result.rowCount) }),
      };
    },
    streamQuery() {
      throw new Error("streaming is not supported");
    },
  };
  // Straight to the client: kysely's own driver would acquire and release what this transaction has already, with four promises a query.
  const executor = new DefaultQueryExecutor(compiler, adapter, { provideConnection: (consume) => consume(asking) });
  const connection: Connection = {
    db: new Kysely<DB>({ config: { dialect }, dialect, driver, executor }),
    commitWithNext: false,
    committed: null,
    end() {
      ended = true;
    },
  };
  return connection;
}

/**
 * A socket that sends what is written in one turn of the event loop together: each write of its own wakes PostgreSQL's process, and is
 * answered by a write that wakes ours.
 */
export class GatheringSocket extends Socket {
  #gathering = false;

  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    super.cork();
    process.nextTick(() => {
      this.#gathering = false;
      super.uncork();
    });
  }

  override connect(...args: unknown[]): this {
    super.connect(...(args as [never]));
    this.write = GatheringSocket.prototype.write; // connecting has set it back to Socket's
    return this;
  }

  override write(...args: unknown[]): boolean {
    this.#gather();
    return super.write(...(args as Parameters<Socket["write"]>));
  }

  // pg corks the messages of one statement, and would send them at its uncork.
  override cork(): void {
    this.#gather();
    super.cork();
  }
}
