/** Reads the input of a case. A mistake becomes a sentence that names the field. */
import { plain } from "../../platform/plain.ts";
import { assertInstant, INTERVALS, type Instant, type Interval } from "../reckoning/calendar.ts";

/** A case that cannot be run; the message says why. */
export class CaseError extends Error {
  override name = "CaseError";
}

/** More than any amount or quantity that a case needs. */
const MAX_INTEGER = 10n ** 24n;
const MAX_ENTRIES = 2_000;
const MAX_SHOWN = 300;

/** Cuts a long text of the file. */
export function printable(text: string): string {
  const start = plain(text.slice(0, MAX_SHOWN));
  return text.length > MAX_SHOWN ? `${start} …` : start;
}

/** Formats a value as JSON, with integers of any size. */
export function shown(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  return printable(JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? "nothing");
}

/** Reads an integer of a JSON file: a number, or digits in a string. */
export function toInteger(value: unknown): bigint | null {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === "string" && /^-?\d{1,25}$/.test(value) ? BigInt(value) : null;
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?(?:\.0{1,9})?(Z|[+-]\d{2}:\d{2}))?$/;

/** Reads a whole second in ISO 8601 with its offset, or a day in UTC. */
export function toInstant(value: unknown): Instant | null {
  const [, day, minutes = "00:00", seconds = ":00", zone = "Z"] = (typeof value === "string" && ISO.exec(value)) || [];
  if (day === undefined) return null;
  const wall = Date.parse(`${day}T${minutes}${seconds}Z`);
  // JavaScript reads 30 February as 2 March.
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 19) !== `${day}T${minutes}${seconds}`) return null;
  const at = Date.parse(`${day}T${minutes}${seconds}${zone}`) / 1_000;
  try {
    assertInstant(at);
    return at;
  } catch {
    return null;
  }
}

const INTERVAL_WORDS: Readonly<Record<string, Interval>> = {
  ...Object.fromEntries(INTERVALS.map((interval) => [interval, interval])),
  ...{ months: "month", monthly: "month", quarters: "quarter", quarterly: "quarter" },
  ...{ years: "year", yearly: "year", annual: "year", annually: "year" },
};

export function toInterval(value: unknown): Interval | null {
  return typeof value === "string" && Object.hasOwn(INTERVAL_WORDS, value) ? (INTERVAL_WORDS[value] ?? null) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object of a case. A field may have several names, so each getter takes all of them. */
export interface Fields {
  has(...names: string[]): boolean;
  integer(names: string[], fallback?: bigint): bigint;
  instant(names: string[], fallback?: Instant): Instant;
  interval(names: string[], fallback?: Interval): Interval;
  text(names: string[], fallback?: string): string;
  flag(names: string[], fallback: boolean): boolean;
  object(names: string[]): Fields;
  /** Reads an entry of a list of this object. */
  entry(value: unknown, path: string): Fields;
  list(names: string[]): unknown[];
  /** The unparsed value. */
  raw(names: string[]): unknown;
  names(): string[];
  /** Paths of fields that nobody has read, here and in inner objects. */
  unread(): string[];
}

/** @throws CaseError unless it is an object */
export function fieldsOf(value: unknown, path: string): Fields {
  if (!isRecord(value)) throw new CaseError(`${path} must be an object, not ${shown(value)}.`);
  const record = value;
  const read = new Set<string>();
  const inner = new Map<string, Fields>();

  function raw(names: string[]): unknown {
    const name = names.find((one) => Object.hasOwn(record, one));
    if (name === undefined) return undefined;
    read.add(name);
    return record[name];
  }

  function get<Value>(names: string[], what: string, parse: (value: unknown) => Value | null, fallback?: Value): Value {
    const input = raw(names);
    if (input === undefined && fallback !== undefined) return fallback;
    const parsed = input === undefined ? null : parse(input);
    if (parsed !== null) return parsed;
    throw new CaseError(`${path}.${names[0]} must be ${what}, not ${shown(input)}.`);
  }

  function within(value: unknown, at: string): Fields {
    const fields = inner.get(at) ?? fieldsOf(value, at);
    inner.set(at, fields);
    return fields;
  }

  return {
    has: (...names) => names.some((name) => Object.hasOwn(record, name)),
    raw,
    integer: (names, fallback) => get(names, "a whole number", (input) => inRange(toInteger(input)), fallback),
    instant: (names, fallback) => get(names, "a time such as 2026-01-31T09:00:00Z", toInstant, fallback),
    interval: (names, fallback) => get(names, INTERVALS.join(", "), toInterval, fallback),
    text: (names, fallback) => get(names, "a text", (input) => (typeof input === "string" ? input : null), fallback),
    flag: (names, fallback) => get(names, "true or false", (input) => (typeof input === "boolean" ? input : null), fallback),
    list: (names) => get(names, `a list of at most ${MAX_ENTRIES} entries`, (input) => toList(input)),
    object: (names) => within(raw(names), `${path}.${names[0]}`),
    entry: within,
    names: () => Object.keys(record),
    unread: () => [
      ...Object.keys(record)
        .filter((name) => !read.has(name))
        .map((name) => `${path}.${name}`),
      ...[...inner.values()].flatMap((fields) => fields.unread()),
    ],
  };
}

function inRange(value: bigint | null): bigint | null {
  return value !== null && value <= MAX_INTEGER && value >= -MAX_INTEGER ? value : null;
}

function toList(value: unknown): unknown[] | null {
  return Array.isArray(value) && value.length <= MAX_ENTRIES ? value : null;
}
