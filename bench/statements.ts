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

/** Where the tenant is written out, as $T, for who has no policies. Each must be found in the statements. */
export type WrittenOut = ReadonlyArray<readonly [found: string, instead: string]>;

export const CHANNEL_LIST: WrittenOut = [
  [` order by lower(channels.name)`, ` where channels.tenant_id = $T order by lower(channels.name)`],
  [" from channel_talker_roles group by", " from channel_talker_roles where tenant_id = $T group by"],
  [" from channel_talker_members group by", " from channel_talker_members where tenant_id = $T group by"],
];

export function writeOut(statements: Statement[], writtenOut: WrittenOut, tenantId: string): Statement[] {
  const texts = statements.map(({ text }) => text.replaceAll(/\s+/g, " "));
  for (const [found, instead] of writtenOut) {
    if (!texts.some((text) => text.includes(found))) throw new Error(`a statement is another by now: "${found}" is not in it`);
    for (const [index, text] of texts.entries()) texts[index] = text.replaceAll(found, instead);
  }
  return statements.map(({ values, ...same }, index) => ({
    ...same,
    text: (texts[index] ?? "").replaceAll("$T", `$${values.length + 1}`),
    values: [...values, tenantId],
  }));
}
