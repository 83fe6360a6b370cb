/**
 * Statements that go to PostgreSQL together: one write, one Sync, one answer (PostgreSQL manual, "Message Flow": "Pipelining"). pg puts a
 * Sync behind each of its queries, and at each PostgreSQL writes to the socket and this process wakes to read.
 */
import pg from "pg";
import { prepareValue } from "pg/lib/utils.js";

export interface Asked {
  /** Prepared under this name when a connection is first asked it. Without one it is parsed and planned each time. */
  name?: string | undefined;
  text: string;
  values?: readonly unknown[];
}

export interface Answer {
  /** The first word of PostgreSQL's command tag: SELECT, COMMIT, ROLLBACK ... */
  command: string;
  /** Null where the command has none. */
  rowCount: number | null;
  rows: Record<string, unknown>[];
}

/** As PostgreSQL describes a column. */
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

/** The prepared statements of each connection by name: they are neither parsed again nor described again. */
const preparedOf = new WeakMap<pg.Connection, Map<string, Prepared>>();

interface Part {
  asked: Asked;
  columns: readonly Column[];
  answer: Answer;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** To be given to `query` of a pipelining client. A pg.Query because pg takes nothing else there: none of its own ways is used. */
export class Batch extends pg.Query {
  readonly #parts: Part[] = [];
  /** Whose answer comes next. */
  #next = 0;
  #prepared = new Map<string, Prepared>();
  #unreadable: unknown = null;
  /** Nobody waits for the batch as such. pg may put its own there, to know when it is answered. */
  declare callback: () => void;

  constructor() {
    super("");
    this.callback = () => {};
  }

  /** @throws what any of the batch fails with: PostgreSQL passes over what comes after it, and what came before is of the same transaction. */
  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#parts.push({ asked, columns: NO_COLUMNS, answer: { command: "", rowCount: null, rows: [] }, resolve, reject });
    });
  }

  /** @returns why nothing was sent, if nothing was. */
  override submit = (connection: pg.Connection): Error | null => {
    let values: unknown[][];
    try {
      values = this.#parts.map(({ asked }) => (asked.values ?? []).map((value) => prepareValue(value)));
    } catch (error) {
      return error as Error;
    }
    this.#prepared = preparedOf.get(connection) ?? this.#prepared;
    preparedOf.set(connection, this.#prepared);
    const other = this.#parts.find(({ asked: { name = "", text } }) => (this.#prepared.get(name)?.text ?? text) !== text);
    if (other) return new Error(`two statements are called "${other.asked.name}"`);
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
      const { name = "", text } = part.asked;
      const prepared = this.#prepared.get(name);
      if (!prepared) {
        // It may be there already: of a batch that failed after it was parsed.
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
    const { name, text } = part.asked;
    if (name) this.#prepared.set(name, { text, columns: part.columns });
    this.#next += 1;
  }

  handleEmptyQuery(): void {
    this.#next += 1;
  }

  /** COPY FROM STDIN eats the Sync: what follows on this connection would be answered out of step. */
  handleCopyInResponse({ stream }: pg.Connection): void {
    const unsupported = new Error("COPY FROM STDIN is not supported");
    this.#unreadable = unsupported;
    stream.destroy(unsupported);
  }

  /** What could not be read comes first: PostgreSQL may complain of the consequences before the stream is closed. */
  handleError(error: unknown): void {
    for (const { reject } of this.#parts) reject(this.#unreadable ?? error);
    this.callback();
  }

  handleReadyForQuery(): void {
    const missing = this.#next === this.#parts.length ? null : new Error("PostgreSQL answered less than it was asked");
    const failure = this.#unreadable ?? missing;
    if (failure !== null) return this.handleError(failure);
    for (const { resolve, answer } of this.#parts) resolve(answer);
    this.callback();
  }
}
