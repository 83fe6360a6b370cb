/** What the server's own code would send to the database, for a bench to send in its own way. */
import { type CompiledQuery, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import type { Db } from "../server/src/platform/db/pools.ts";
import type { DB } from "../server/src/platform/db/schema.ts";
import { nameOf } from "../server/src/platform/db/statement.ts";

export interface Statement {
  text: string;
  values: unknown[];
  /** Where the server has it prepared. */
  name?: string;
}

/** Statements that nobody answers, caught on the way. */
export async function statementsOf(ask: (db: Db) => Promise<unknown>): Promise<Statement[]> {
  const caught: Statement[] = [];
  const connection = {
    executeQuery: async (query: CompiledQuery) => {
      const name = nameOf(query);
      caught.push({ text: query.sql, values: [...query.parameters], ...(name === undefined ? {} : { name }) });
      return { rows: [] };
    },
    streamQuery: () => Promise.reject(new Error("not here")) as never,
  };
  const nothing = async () => {};
  const driver = {
    init: nothing,
    destroy: nothing,
    acquireConnection: async () => connection,
    releaseConnection: nothing,
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
  };
  const db = new Kysely<DB>({
    dialect: {
      createDriver: () => driver,
      createAdapter: () => new PostgresAdapter(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (of) => new PostgresIntrospector(of),
    },
  });
  await ask(db).catch(() => {}); // nobody is found in no rows
  return caught;
}
