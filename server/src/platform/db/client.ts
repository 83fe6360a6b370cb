/** One connection. kysely builds the SQL, and the queries of one turn of the event loop are sent in one batch (batch.ts). */
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
import { type Answer, type Statement, Batch } from "./batch.ts";
import type { Db } from "./db.ts";
import type { DB } from "./schema.ts";
import { preparedName } from "./statement.ts";

/** A client in use by one transaction: kysely for its queries, and the statements that begin and end the transaction. */
export interface Connection {
  readonly db: Db;
  /** Sends the statement in one batch with the others of this turn of the event loop. */
  query(statement: Statement): Promise<Answer>;
  /** Refuses further queries, because the client goes back to the pool. */
  end(): void;
}

const adapter = new PostgresAdapter();
const compiler = new PostgresQueryCompiler();

const unsupported = async () => {
  throw new Error("already in a transaction");
};

/** kysely requires a driver for its own transactions. It is never used. */
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
  createIntrospector: (db) => new PostgresIntrospector(db),
};

export const BEGIN: Statement = { name: "begin", text: "begin" };
export const COMMIT: Statement = { name: "commit", text: "commit" };
export const ROLLBACK: Statement = { name: "rollback", text: "rollback" };

/** @param client just checked out. The caller begins and ends the transaction. */
export function connectionOf(client: pg.PoolClient): Connection {
  let ended = false;
  let batch: Batch | null = null;
  function query(statement: Statement): Promise<Answer> {
    if (!batch) {
      batch = new Batch();
      process.nextTick(send);
    }
    return batch.add(statement);
  }
  function send(): void {
    if (batch) client.query(batch);
    batch = null;
  }
  const kyselyConnection: DatabaseConnection = {
    async executeQuery<Row>(compiled: CompiledQuery): Promise<QueryResult<Row>> {
      // A query that was not awaited would otherwise run in the client's next transaction, in another tenant.
      if (ended) throw new Error("the transaction is over");
      try {
        const { rows, rowCount } = await query({ name: preparedName(compiled), text: compiled.sql, values: compiled.parameters });
        return { rows: rows as Row[], ...(rowCount === null ? {} : { numAffectedRows: BigInt(rowCount) }) };
      } catch (error) {
        Error.captureStackTrace(error as Error); // The caller's stack, not the socket's
        throw error;
      }
    },
    streamQuery() {
      throw new Error("streaming is not supported");
    },
  };
  // Bypasses kysely's own driver, which would acquire and release a connection for each query, with four promises.
  const executor = new DefaultQueryExecutor(compiler, adapter, { provideConnection: (consume) => consume(kyselyConnection) });
  return {
    query,
    db: new Kysely<DB>({ config: { dialect }, dialect, driver, executor }),
    end() {
      ended = true;
    },
  };
}
