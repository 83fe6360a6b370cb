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

/** Each connection keeps a plan for each text that it has run. Longer texts insert many rows, and there is one for each number of rows. */
const MAX_TEXTS = 300;
const MAX_LENGTH = 4_000;
const names = new Map<string, string>();

/** The name under which this text is prepared, if it is. */
function nameOf(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  if (names.size < MAX_TEXTS && !names.has(text)) names.set(text, `text ${names.size}`);
  return names.get(text);
}

/**
 * Runs a query as a prepared statement, whose text is built each time: for inserts, whose text has as many placeholders as there are values.
 * @returns its rows
 */
export async function runPrepared<Row>(db: Db, query: { compile(on: Db): CompiledQuery<Row> }): Promise<Row[]> {
  const compiled = query.compile(db);
  const statementName = nameOf(compiled.sql);
  const prepared = statementName === undefined ? compiled : ({ ...compiled, statementName } satisfies PreparedQuery);
  return (await db.executeQuery<Row>(prepared)).rows;
}

const BY_INDEX: PreparedQuery = {
  ...sql`select set_config('enable_seqscan', 'off', true)`.compile(builder),
  statementName: "plan by index",
};

/**
 * @param name unique in the process
 * @param build the query, with `value("x")` in place of the argument x
 * @param byIndex for a query that an index serves, on a table that may grow fast: otherwise a plan made while the table is empty reads all of it
 *   later. The rest of the transaction is planned without reading whole tables, too.
 * @returns a function that runs the statement
 */
export function statement<Values extends Record<string, unknown>, Row>(
  name: string,
  build: (db: Db, value: <Key extends keyof Values & string>(key: Key) => RawBuilder<Values[Key]>) => Compilable<Row>,
  { byIndex = false } = {},
): (db: Db, values: Values) => Promise<Row[]> {
  const compiled = build(builder, (key) => sql`${new Placeholder(key)}`).compile();
  return async (db, values) => {
    const query: PreparedQuery = {
      ...compiled,
      parameters: compiled.parameters.map((given) => (given instanceof Placeholder ? values[given.key] : given)),
      statementName: name,
    };
    // One round trip.
    const settled = byIndex ? db.executeQuery(BY_INDEX) : undefined;
    const [{ rows }] = await Promise.all([db.executeQuery<Row>(query), settled]);
    return rows;
  };
}
