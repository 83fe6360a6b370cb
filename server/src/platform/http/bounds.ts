/**
 * Reads from the contract's schemas how large a client's input may be. The limit of a body in bytes follows from it, and lists are counted
 * before the schema looks at their elements. An input without a bound cannot be served.
 */
import type { z } from "zod";

type Bound =
  /** `bytes`: the most that one code unit takes in JSON. `message`: set if the schema itself checks no length, so that it is checked here. */
  | { kind: "text"; max: number; bytes: number; message?: string }
  | { kind: "list"; max: number; item: Bound; message: string }
  | { kind: "fields"; fields: ReadonlyMap<string, Bound> }
  | { kind: "choice"; options: readonly Bound[] };

/** A schema accepts strings or lists of any length. */
export class Unbounded extends Error {
  override name = "Unbounded";
}

/** Bytes of a character that JSON escapes: \u00e9. */
const ESCAPED = 6;
/** Bytes around a field's name: quotes, colon and comma. A letter of the name is one byte. */
const PUNCTUATION = 4;
/** A number, null, true or false. */
const SCALAR: Bound = { kind: "text", max: 24, bytes: 1 };
const UUID: Bound = { kind: "text", max: 36, bytes: 1, message: "Invalid UUID" };

/** Formats whose regular expressions run in linear time. */
const SAFE_FORMATS = new Set(["date", "datetime"]);

interface Definition {
  type: string;
  [key: string]: unknown;
}

// `_zod` is what zod lets libraries read of a schema or a check (https://zod.dev/library-authors).
// oxlint-disable-next-line no-underscore-dangle
const definitionOf = (schema: z.core.$ZodType | z.core.$ZodCheck) => schema._zod.def as unknown as Definition;

interface MaxLength {
  maximum: number;
  abort?: boolean;
  error?: (issue: object) => string | undefined;
}

/** The max_length check, and its place among the schema's checks. */
function maxLengthOf(definition: Definition): { at: number; check: MaxLength } | null {
  const checks = ((definition["checks"] ?? []) as z.core.$ZodCheck[]).map(definitionOf);
  const at = checks.findIndex((check) => check["check"] === "max_length");
  return at < 0 ? null : { at, check: checks[at] as unknown as MaxLength };
}

/** Zod runs a string's checks in order, and those of a format first, so max_length only protects the checks after it. */
function textBound(definition: Definition, path: string): Bound {
  const format = definition["format"];
  if (format === "uuid") return UUID;
  const max = maxLengthOf(definition);
  if (!max) throw new Unbounded(`${path} accepts strings of any length`);
  const isFirst = format === undefined && max.at === 0 && max.check.abort === true;
  if (!isFirst && !SAFE_FORMATS.has(String(format)))
    throw new Unbounded(`${path} checks its maximum length too late: use bounded()`);
  return { kind: "text", max: max.check.maximum, bytes: ESCAPED };
}

function fieldsBound(definition: Definition, path: string): Bound {
  if (definition["catchall"] && definitionOf(definition["catchall"] as z.core.$ZodType).type !== "never")
    throw new Unbounded(`${path} accepts any number of fields`);
  const shape = definition["shape"] as Record<string, z.core.$ZodType>;
  if (!definition["catchall"]) throw new Unbounded(`${path} accepts unknown fields: use strictObject()`);
  return {
    kind: "fields",
    fields: new Map(Object.entries(shape).map(([name, field]) => [name, boundOf(field, `${path}.${name}`)])),
  };
}

/**
 * @param path where the schema is, for the error
 * @throws Unbounded
 */
export function boundOf(schema: z.core.$ZodType, path = "it"): Bound {
  const definition = definitionOf(schema);
  switch (definition.type) {
    case "string":
      return textBound(definition, path);
    case "array": {
      const check = maxLengthOf(definition)?.check;
      if (!check) throw new Unbounded(`${path} accepts lists of any length`);
      const { maximum: max, error } = check;
      const message = error?.({ code: "too_big", maximum: max }) ?? `Send at most ${max.toLocaleString("en")} of them.`;
      return { kind: "list", max, item: boundOf(definition["element"] as z.core.$ZodType, `${path}[]`), message };
    }
    case "object":
      return fieldsBound(definition, path);
    case "union":
      return {
        kind: "choice",
        options: (definition["options"] as z.core.$ZodType[]).map((option, i) => boundOf(option, `${path}|${i}`)),
      };
    case "enum":
      return longest(Object.values(definition["entries"] as Record<string, string>));
    case "literal":
      return longest(definition["values"] as unknown[]);
    case "number":
    case "boolean":
    case "null":
      return SCALAR;
    case "pipe":
      return boundOf(definition["in"] as z.core.$ZodType, path);
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
      return boundOf(definition["innerType"] as z.core.$ZodType, path);
    default:
      throw new Unbounded(`${path} has a type without a bound (${definition.type})`);
  }
}

function longest(values: readonly unknown[]): Bound {
  return { kind: "text", max: Math.max(...values.map((value) => String(value).length)), bytes: 1 };
}

/** Bytes of the longest JSON, without spaces between its parts, that the schema accepts. */
export function jsonBytes(bound: Bound): number {
  switch (bound.kind) {
    case "text":
      return bound.bytes * bound.max + PUNCTUATION;
    case "list":
      return bound.max * (jsonBytes(bound.item) + 1) + PUNCTUATION;
    case "choice":
      return Math.max(...bound.options.map(jsonBytes));
    case "fields": {
      const fields = [...bound.fields].map(([name, field]) => name.length + PUNCTUATION + jsonBytes(field));
      return fields.reduce((sum, bytes) => sum + bytes, PUNCTUATION);
    }
  }
}

interface Excess {
  /** JSON pointer (RFC 6901). */
  path: string;
  message: string;
}

/** The first list in `value` that is too long, or the first id that is. It looks at no element of that list. */
export function findTooLong(bound: Bound, value: unknown, path = ""): Excess | null {
  switch (bound.kind) {
    case "text": {
      const { message, max } = bound;
      return message !== undefined && typeof value === "string" && value.length > max ? { path, message } : null;
    }
    case "list": {
      if (!Array.isArray(value)) return null;
      if (value.length > bound.max) return { path, message: bound.message };
      return firstOf(value.entries(), ([index, item]) => findTooLong(bound.item, item, `${path}/${index}`));
    }
    case "choice":
      // Each option has its own maximum length, so a text is fine if it fits one of them.
      if (typeof value === "string" && bound.options.some((option) => !findTooLong(option, value, path))) return null;
      return firstOf(bound.options, (option) => findTooLong(option, value, path));
    case "fields":
      if (typeof value !== "object" || value === null) return null;
      return firstOf(bound.fields.entries(), ([name, field]) =>
        findTooLong(field, (value as Record<string, unknown>)[name], `${path}/${name}`),
      );
  }
}

function firstOf<Entry>(entries: Iterable<Entry>, look: (entry: Entry) => Excess | null): Excess | null {
  for (const entry of entries) {
    const found = look(entry);
    if (found) return found;
  }
  return null;
}
