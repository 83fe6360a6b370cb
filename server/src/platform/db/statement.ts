/**
 * Statements that every request asks: built once for the process, parsed and planned once for each connection (as prepared statements).
 * Only for those whose plan is good for every tenant: PostgreSQL makes it with one tenant in mind and keeps it for all. Which rows it
 * gives is not in the plan; row-level security asks for the tenant each time that it runs.
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
import type { Db } from "./client.ts";
import type { DB } from "./schema.ts";

/** Stands for a value in a statement that is built before there is one. */
class Placeholder {
  readonly of: string;
  constructor(of: string) {
    this.of = of;
  }
}

interface Named extends CompiledQuery {
  readonly statementName: string;
}

/** What the connection keeps the statement as; undefined for one that is not prepared. */
export function nameOf(query: CompiledQuery): string | undefined {
  return (query as Partial<Named>).statementName;
}

const builder = new Kysely<DB>({
  dialect: {
    createDriver: () => new DummyDriver(),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (of) => new PostgresIntrospector(of),
  },
});

/**
 * @param name unique in the process.
 * @param build the query, with `value("x")` wherever the argument x belongs.
 * @returns what asks it.
 */
export function statement<Values extends Record<string, unknown>, Row>(
  name: string,
  build: (db: Db, value: <Key extends keyof Values & string>(key: Key) => RawBuilder<Values[Key]>) => Compilable<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  const compiled = build(builder, (key) => sql`${new Placeholder(key)}`).compile();
  return async (db, values) => {
    const query: Named = {
      ...compiled,
      parameters: compiled.parameters.map((given) => (given instanceof Placeholder ? values[given.of] : given)),
      statementName: name,
    };
    return (await db.executeQuery<Row>(query)).rows;
  };
}
