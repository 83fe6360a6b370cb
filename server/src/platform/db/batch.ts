/**
 * Sends several statements to PostgreSQL together: one write, one Sync, one answer (PostgreSQL manual, "Message Flow": "Pipelining"). pg
 * itself sends a Sync after each query, and each Sync costs a write by PostgreSQL and a read by this process.
 */
import pg from "pg";
import { prepareValue } from "pg/lib/utils.js";

export interface Statement {
  /** The name under which each connection prepares the statement once. A statement without one is parsed and planned each time. */
  name?: string | undefined;
  text: string;
  values?: readonly unknown[];
}

export interface Answer {
  /** The first word of PostgreSQL's command tag: SELECT, COMMIT, ROLLBACK ... */
  command: string;
  /** Null for a command without a count. */
  rowCount: number | null;
  rows: Record<string, unknown>[];
}

/** A column in PostgreSQL's RowDescription. */
interface Field {
  name: string;
  dataTypeID: Parameters<typeof pg.types.getTypeParser>[0];
}

interface Column {
  name: string;
  parse(text: string): unknown;
}

const NO_COLUMNS: readonly Column[] = [];

interface Prepared {
  text: string;
  columns: readonly Column[];
}

/** The prepared statements of each connection by name, with the columns that PostgreSQL described. */
const preparedOf = new WeakMap<pg.Connection, Map<string, Prepared>>();

interface Part {
  statement: Statement;
  columns: readonly Column[];
  answer: Answer;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** Pass it to `query` of a pipelining client. It extends pg.Query only because pg accepts nothing else there. */
export class Batch extends pg.Query {
  readonly #parts: Part[] = [];
  /** Index of the part whose answer comes next. */
  #next = 0;
  #prepared = new Map<string, Prepared>();
  #unreadable: unknown = null;
  /** pg may replace it with its own, to know when the batch is answered. */
  declare callback: () => void;

  constructor() {
    super("");
    this.callback = () => {};
  }

  /** @throws the error of any statement of the batch: PostgreSQL skips the ones after it, and those before it are in the same transaction */
  add(statement: Statement): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#parts.push({ statement, columns: NO_COLUMNS, answer: { command: "", rowCount: null, rows: [] }, resolve, reject });
    });
  }

  /** Called by pg. @returns the error, if nothing was sent */
  override submit = (connection: pg.Connection): Error | null => {
    let values: unknown[][];
    try {
      values = this.#parts.map(({ statement }) => (statement.values ?? []).map((value) => prepareValue(value)));
    } catch (error) {
      return error as Error;
    }
    this.#prepared = preparedOf.get(connection) ?? this.#prepared;
    preparedOf.set(connection, this.#prepared);
    const conflict = this.#parts.find(({ statement: { name = "", text } }) => (this.#prepared.get(name)?.text ?? text) !== text);
    if (conflict) return new Error(`two statements are called "${conflict.statement.name}"`);
    connection.stream.cork();
    try {
      this.#write(connection, values);
    } finally {
      connection.stream.uncork();
    }
    return null;
  };

  #write(connection: pg.Connection, values: unknown[][]): void {
    for (const [i, part] of this.#parts.entries()) {
      const { name = "", text } = part.statement;
      const prepared = this.#prepared.get(name);
      if (!prepared) {
        // PostgreSQL may already have the statement, from a batch that failed after it was parsed.
        if (name) connection.close({ type: "S", name }, true);
        connection.parse({ name, text, types: [] }, true);
      }
      connection.bind({ statement: name, values: values[i] as string[] }, true);
      if (prepared) part.columns = prepared.columns;
      else connection.describe({ type: "P", name: "" }, true);
      connection.execute(null, true);
    }
    connection.sync();
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    const part = this.#parts[this.#next];
    if (part) part.columns = fields.map(({ name, dataTypeID }) => ({ name, parse: pg.types.getTypeParser(dataTypeID, "text") }));
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const part = this.#parts[this.#next];
    if (!part || this.#unreadable) return;
    const row: Record<string, unknown> = {};
    try {
      let i = 0;
      for (const { name, parse } of part.columns) {
        const text = fields[i++] ?? null;
        row[name] = text === null ? null : parse(text);
      }
    } catch (error) {
      this.#unreadable = error;
    }
    part.answer.rows.push(row);
  }

  handleCommandComplete({ text: tag }: { text: string }): void {
    const part = this.#parts[this.#next];
    if (!part) return;
    // "INSERT 0 5", "SELECT 20", "COMMIT"
    const [command = "", ...counts] = tag.split(" ");
    const count = Number(counts.at(-1));
    part.answer.command = command;
    part.answer.rowCount = Number.isInteger(count) ? count : null;
    const { name, text } = part.statement;
    if (name) this.#prepared.set(name, { text, columns: part.columns });
    this.#next += 1;
  }

  handleEmptyQuery(): void {
    this.#next += 1;
  }

  /** COPY FROM STDIN swallows the Sync, so later answers on this connection would go to the wrong queries. */
  handleCopyInResponse({ stream }: pg.Connection): void {
    const unsupported = new Error("COPY FROM STDIN is not supported");
    this.#unreadable = unsupported;
    stream.destroy(unsupported);
  }

  /** `#unreadable` takes precedence: PostgreSQL's error may only be a consequence of it. */
  handleError(error: unknown): void {
    for (const { reject } of this.#parts) reject(this.#unreadable ?? error);
    this.callback();
  }

  handleReadyForQuery(): void {
    const missing = this.#next === this.#parts.length ? null : new Error("PostgreSQL answered fewer statements than were sent");
    const failure = this.#unreadable ?? missing;
    if (failure !== null) return this.handleError(failure);
    for (const { resolve, answer } of this.#parts) resolve(answer);
    this.callback();
  }
}
