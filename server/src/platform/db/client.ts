/** One connection: kysely builds its SQL, and what one turn of the event loop asks of it goes together (batch.ts). */
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
import { type Answer, type Asked, Batch } from "./batch.ts";
import type { DB } from "./schema.ts";
import { nameOf } from "./statement.ts";

export type Db = Kysely<DB>;

/** kysely on a client for one transaction, and what the transaction around it needs to know of it. */
export interface Connection {
  readonly db: Db;
  /** What is asked in one turn of the event loop goes in one batch. */
  ask(asked: Asked): Promise<Answer>;
  /** Set: the next query takes the commit with it, in the same batch. Nothing may be asked after it. */
  commitWithNext: boolean;
  /** The answer to a commit that went with a query; null while the transaction is open. */
  committed: Promise<Answer> | null;
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

export const BEGIN: Asked = { name: "begin", text: "begin" };
export const COMMIT: Asked = { name: "commit", text: "commit" };
export const ROLLBACK: Asked = { name: "rollback", text: "rollback" };

/** Of one checked-out client, at the beginning of a transaction: kysely builds the SQL, the transaction is not its own. */
export function connectionOf(client: pg.PoolClient): Connection {
  let ended = false;
  let batch: Batch | null = null;
  function ask(asked: Asked): Promise<Answer> {
    if (!batch) {
      batch = new Batch();
      process.nextTick(send);
    }
    return batch.ask(asked);
  }
  function send(): void {
    if (batch) client.query(batch);
    batch = null;
  }
  const asking: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      // Of what was not awaited, or kept for later: it would run in the transaction of whoever has the client now, in their tenant.
      if (ended) throw new Error("the transaction is over");
      // It would run in no transaction, and with no tenant set see nothing.
      if (connection.committed) throw new Error("the transaction has asked its last");
      const asked = ask({ name: nameOf(query), text: query.sql, values: query.parameters });
      if (connection.commitWithNext) {
        connection.committed = ask(COMMIT);
        connection.committed.catch(() => {}); // whoever waits for it hears of it
      }
      try {
        const { rows, rowCount } = await asked;
        return { rows: rows as Row[], ...(rowCount === null ? {} : { numAffectedRows: BigInt(rowCount) }) };
      } catch (error) {
        Error.captureStackTrace(error as Error); // to whoever asked: it comes from the socket
        throw error;
      }
    },
    streamQuery() {
      throw new Error("streaming is not supported");
    },
  };
  // Straight to the client: kysely's own driver would acquire and release what this transaction has already, with four promises a query.
  const executor = new DefaultQueryExecutor(compiler, adapter, { provideConnection: (consume) => consume(asking) });
  const connection: Connection = {
    ask,
    db: new Kysely<DB>({ config: { dialect }, dialect, driver, executor }),
    commitWithNext: false,
    committed: null,
    end() {
      ended = true;
    },
  };
  return connection;
}
