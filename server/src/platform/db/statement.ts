/**
 * Statements that are run often: built once per process, then parsed and planned once per connection, as prepared statements. Prepare a
 * statement only where one plan suits every tenant, because PostgreSQL reuses the plan that it made for one of them. The plan does not decide
 * which rows are visible: row-level security reads the tenant at each run.
 */
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from "kysely";
import type { Db } from "./db.ts";
import type { DB } from "./schema.ts";

/** Stands for a value in a statement that is built before the value is known. */
class Placeholder {
  readonly key: string;
  constructor(key: string) {
    this.key = key;
  }
}

interface PreparedQuery extends CompiledQuery {
  readonly statementName: string;
}

/** The name under which connections prepare the statement; undefined if it is not prepared. */
export function preparedName(query: CompiledQuery): string | undefined {
  return (query as Partial<PreparedQuery>).statementName;
}

const builder = new Kysely<DB>({
  dialect: {
    createDriver: () => new DummyDriver(),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  },
});

/**
 * @param name unique in the process
 * @param build the query, with `value("x")` in place of the argument x
 * @returns a function that runs the statement
 */
export function statement<Values extends Record<string, unknown>, Row>(
  name: string,
  build: (db: Db, value: <Key extends keyof Values & string>(key: Key) => RawBuilder<Values[Key]>) => Compilable<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  const compiled = build(builder, (key) => sql`${new Placeholder(key)}`).compile();
  return async (db, values) => {
    const query: PreparedQuery = {
      ...compiled,
      parameters: compiled.parameters.map((given) => (given instanceof Placeholder ? values[given.key] : given)),
      statementName: name,
    };
    return (await db.executeQuery<Row>(query)).rows;
  };
}
