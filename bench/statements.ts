/** Captures the statements that the server's own code sends, so that a bench can send them in its own way. */
import { type CompiledQuery, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import type { Db } from "../server/src/platform/db/pools.ts";
import type { DB } from "../server/src/platform/db/schema.ts";
import { preparedName } from "../server/src/platform/db/statement.ts";

export interface Statement {
  text: string;
  values: unknown[];
  /** The name of a statement that the server prepares. */
  name?: string;
}

/** The statements of `ask`, captured instead of sent. Each gets no rows as its answer. */
export async function statementsOf(ask: (db: Db) => Promise<unknown>): Promise<Statement[]> {
  const caught: Statement[] = [];
  const connection = {
    executeQuery: async (query: CompiledQuery) => {
      const name = preparedName(query);
      caught.push({ text: query.sql, values: [...query.parameters], ...(name === undefined ? {} : { name }) });
      return { rows: [] };
    },
    streamQuery: () => Promise.reject(new Error("statements are captured, not streamed")) as never,
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
      createIntrospector: (db) => new PostgresIntrospector(db),
    },
  });
  await ask(db).catch(() => {}); // code that expects a row fails, after its statement was captured
  return caught;
}

/** Replacements that add the tenant, as $T, to a statement that runs without policies. Each must match. */
export type WrittenOut = ReadonlyArray<readonly [original: string, replacement: string]>;

export const CHANNEL_LIST: WrittenOut = [
  [" where lower(channels.name) >", " where channels.tenant_id = $T and lower(channels.name) >"],
  ["from channel_talker_roles as talker where", "from channel_talker_roles as talker where talker.tenant_id = $T and"],
  ["from channel_talker_members as talker where", "from channel_talker_members as talker where talker.tenant_id = $T and"],
];

export function writeOut(statements: Statement[], writtenOut: WrittenOut, tenantId: string): Statement[] {
  const texts = statements.map(({ text }) => text.replaceAll(/\s+/g, " "));
  for (const [original, replacement] of writtenOut) {
    if (!texts.some((text) => text.includes(original)))
      throw new Error(`the server's statement has changed: it has no "${original}"`);
    for (const [index, text] of texts.entries()) texts[index] = text.replaceAll(original, replacement);
  }
  return statements.map(({ values, ...same }, index) => ({
    ...same,
    text: (texts[index] ?? "").replaceAll("$T", `$${values.length + 1}`),
    values: [...values, tenantId],
  }));
}
