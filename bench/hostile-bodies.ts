/**
 * Measures how long one request can keep the server's main thread busy. Each text and list of every operation of the contract is sent with
 * the longest hostile value that it takes and with a far longer one. Prints the operations, the one with the longest hold first. The
 * shortest of three tries counts, because other work of the machine only adds time.
 *
 * node bench/hostile-bodies.ts [OPERATION…]
 */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { bodyLimitOf } from "../server/src/platform/http/endpoint-schema.ts";
import type { Figure } from "./figure.ts";
import { holdEnvironment, openProbe } from "./hold.ts";
import { figure } from "./hostile-scene.ts";
import { signUpStranger, send, type Sent, type Stranger } from "./hostile-strangers.ts";
import { makeWorkspace, PASSWORD } from "./workspace.ts";

const TRIES = 3;
const HOLD_MS = 10;
/** Maximum length of a query. Node's limit is 16 KiB for the request line and all headers. */
const QUERY_CHARACTERS = 12_000;

/** Each pattern is repeated up to the wanted length. */
const TEXTS: Record<string, string> = {
  letters: "a",
  "marks of four classes": `a${"\u0315\u0300\u05ae\u0301".repeat(7)}`,
  "marks without end": "\u0315\u0300\u05ae\u0301",
  quotes: '"',
  "cells that do not end": 'a,"',
  "cells of quotes": '""",',
  lines: "\n",
  "lines of cells": "a,b;c\td\r\n",
  "dotted capital I": "\u0130",
  "a ligature of eighteen letters": "\ufdfa",
  "joined emoji": "\u{1f468}\u200d",
  "half a pair": "\ud800",
  "null bytes": "\0",
  backslashes: "\\",
  patterns: "%_\\(",
  spaces: " ",
  addresses: "a@b.cc,",
  "addresses for punycode": "a@\u00e9.b/",
  "names and addresses": '<a@b.cc>"',
  dots: "a.",
  digits: "9",
  markup: "<b>&",
};

type Json = Record<string, unknown>;
type Schema = { [key: string]: unknown; properties?: Record<string, Schema>; items?: Schema; required?: string[] };

type Ids = Record<string, string>;

interface Hostile {
  what: string;
  /** @param ids of the sender's workspace */
  body?: (ids: Ids) => unknown;
  query?: (ids: Ids) => Json;
}

function filled(pattern: string, length: number): string {
  const wanted = Math.max(0, length);
  return pattern.repeat(Math.ceil(wanted / pattern.length)).slice(0, wanted);
}

const optionsOf = (schema: Schema): Schema[] => ((schema["anyOf"] ?? schema["oneOf"]) as Schema[] | undefined) ?? [schema];

/** A valid value of the schema. @param ids by the name of the field */
function validValue(schema: Schema, name: string, ids: Ids): unknown {
  const [variant] = optionsOf(schema) as [Schema];
  if (variant["const"] !== undefined) return variant["const"];
  if (variant["enum"]) return (variant["enum"] as unknown[])[0];
  if (variant["type"] === "object") {
    const fields = Object.entries(variant.properties ?? {}).filter(([field]) => variant.required?.includes(field));
    return Object.fromEntries(fields.map(([field, fieldSchema]) => [field, validValue(fieldSchema, field, ids)]));
  }
  if (variant["type"] === "array") return [validValue(variant.items ?? {}, name.replace(/s$/, ""), ids)];
  if (variant["type"] === "boolean") return true;
  if (variant["type"] === "integer" || variant["type"] === "number") return Number(variant["minimum"] ?? 1);
  if (variant["type"] === "null") return null;
  if (variant["format"] === "uuid") return ids[name] ?? ids["roleId"];
  if (variant["format"] === "date-time") return new Date(Date.now() + 86_400_000).toISOString();
  if (variant["format"] === "date") return "2026-01-01";
  return ids[name] ?? "plain";
}

interface Place {
  path: string[];
  schema: Schema;
}

/** Every text and list of the schema, with its path. */
function textsAndLists(schema: Schema, path: string[] = []): Place[] {
  return optionsOf(schema).flatMap((variant) => {
    if (variant["type"] === "object")
      return Object.entries(variant.properties ?? {}).flatMap(([field, fieldSchema]) =>
        textsAndLists(fieldSchema, [...path, field]),
      );
    if (variant["type"] === "array") return [{ path, schema: variant }, ...textsAndLists(variant.items ?? {}, [...path, "0"])];
    const isText = variant["type"] === "string" && !variant["enum"];
    return isText ? [{ path, schema: variant }] : [];
  });
}

function replaced(value: unknown, path: string[], replacement: unknown): unknown {
  const [field, ...rest] = path;
  if (field === undefined) return replacement;
  if (field === "0") return (Array.isArray(value) ? value : [undefined]).map((item) => replaced(item, rest, replacement));
  return { ...(value as Json | undefined), [field]: replaced((value as Json | undefined)?.[field], rest, replacement) };
}

type Value = (ids: Ids) => unknown;

/** Hostile values for one place: of the maximum length, and far longer. */
function* valuesOf({ path, schema }: Place, limit: number): Generator<{ what: string; value: Value }> {
  const at = path.join(".");
  if (schema["type"] === "array") {
    const name = (path.at(-1) ?? "").replace(/s$/, "");
    const maximum = Number(schema["maxItems"] ?? 0);
    const item: Value = (ids) => validValue(schema.items ?? {}, name, ids);
    yield { what: `${at}: ${maximum} equal elements`, value: (ids) => repeated(maximum, item(ids)) };
    if (schema.items?.["format"] === "uuid")
      yield { what: `${at}: ${maximum} unknown ids`, value: () => Array.from({ length: maximum }, () => randomUUID()) };
    // Elements in which each text in turn has its maximum length.
    for (const inner of textsAndLists(schema.items ?? {})) {
      if (inner.schema["type"] === "array" || inner.schema["format"] === "uuid") continue;
      for (const [text, pattern] of Object.entries(TEXTS)) {
        const long = filled(pattern, Number(inner.schema["maxLength"] ?? 36));
        const room = Math.max(1, Math.min(maximum, Math.floor((limit - 1_000) / (Buffer.byteLength(JSON.stringify(long)) + 80))));
        yield {
          what: `${at}: ${room} with ${inner.path.join(".")} of ${text}`,
          value: (ids) => repeated(room, replaced(item(ids), inner.path, long)),
        };
      }
    }
    for (const element of [1, "", {}, []]) {
      const text = JSON.stringify(element);
      const count = Math.floor((limit - 1_000) / (text.length + 1));
      yield { what: `${at}: ${count} of ${text}`, value: () => repeated(count, element) };
    }
    return;
  }
  const maximum = Number(schema["maxLength"] ?? 36);
  const texts: Array<[what: string, text: string]> = [];
  for (const [text, pattern] of Object.entries(TEXTS)) {
    texts.push([`${maximum} of ${text}`, filled(pattern, maximum)]);
    const bytes = Buffer.byteLength(JSON.stringify(pattern)) - 2;
    const farLonger = Math.floor((limit - 1_000) / bytes) * pattern.length;
    if (farLonger > maximum) texts.push([`${farLonger} of ${text}`, filled(pattern, farLonger)]);
  }
  texts.push([`an address of ${maximum}`, `${filled("\u0130.", maximum - 12)}@example.com`]);
  texts.push([`an address of ${maximum} with a long host`, `a@${filled("\u0130.", maximum - 12)}.example`]);
  for (const [what, text] of texts) yield { what: `${at}: ${what}`, value: () => text };
}

const repeated = (count: number, item: unknown): unknown[] => Array.from({ length: count }, () => item);

function* hostileOf(spec: EndpointSpec): Generator<Hostile> {
  const schemaOf = (type: z.ZodType) => z.toJSONSchema(type, { io: "input", unrepresentable: "any" }) as Schema;
  if (spec.body) {
    const schema = schemaOf(spec.body);
    for (const place of textsAndLists(schema))
      for (const { what, value } of valuesOf(place, bodyLimitOf(spec)))
        yield { what, body: (ids) => replaced(validValue(schema, "", ids), place.path, value(ids)) };
  }
  if (spec.rawBody) {
    for (const [text, pattern] of Object.entries(TEXTS)) {
      const body = Buffer.alloc(spec.rawBody.maxBytes, Buffer.from(pattern));
      yield { what: `${body.length} bytes of ${text}`, body: () => body };
    }
  }
  if (spec.query) {
    for (const place of textsAndLists(schemaOf(spec.query)))
      for (const { what, value } of valuesOf(place, QUERY_CHARACTERS))
        yield { what: `?${what}`, query: (ids) => replaced({}, place.path, value(ids)) as Json };
  }
}

function queryText(query: Json): string {
  const encoded = (value: unknown) =>
    encodeURIComponent(typeof value === "string" ? value.toWellFormed() : JSON.stringify(value));
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((each) => `${name}=${encoded(each)}`));
  return `?${pairs.join("&")}`.slice(0, QUERY_CHARACTERS);
}

async function furnish(mallory: Stranger): Promise<Ids> {
  const path = `/tenants/${mallory.slug}`;
  type Items = { items: Array<Record<string, string>> };
  const channel = await mallory.api<{ channelId: string }>("POST", `${path}/channels`, { name: "Hers" });
  const role = await mallory.api<{ roleId: string }>("POST", `${path}/roles`, { name: "Hers", permissions: [] });
  const { items } = await mallory.api<Items>("GET", `${path}/members`);
  const body = { name: "Hers", dueAt: new Date(Date.now() + 86_400_000).toISOString() };
  const review = await mallory.api<{ reviewId: string }>("POST", `${path}/access-reviews`, body);
  const ids = {
    channelId: channel.channelId,
    roleId: role.roleId,
    reviewId: review.reviewId,
    memberId: items[0]?.["memberId"] ?? "",
  };
  const words = { slug: mallory.slug, password: PASSWORD, name: "Plain", currentPassword: PASSWORD, newPassword: PASSWORD };
  let people = 0;
  return {
    ...words,
    ...ids,
    defaultRoleId: ids.roleId,
    // A new address each time, because some requests are counted by mailbox.
    get email() {
      return `somebody${(people += 1)}@example.com`;
    },
  };
}

export interface Held {
  operation: string;
  what: string;
  ms: number;
  status: number;
  /** How many requests a limit refused even from a fresh sender, so that they measured nothing. */
  limited: string;
}

/** Statuses of a rate limit or a full queue: the request was refused before it was parsed. */
const LIMITED = new Set([429, 503]);
/** How often a fresh sender may take over, for one operation. */
const MAX_CHANGES = 60;

let sentRequests = 0;

interface Sender {
  mallory: Stranger;
  ids: Ids;
}

/** Sends each request from another IP address, because invalid requests are counted by address. */
function sendHostile(url: string, { mallory, ids }: Sender, spec: EndpointSpec, hostile: Hostile): Promise<Sent> {
  sentRequests += 1;
  const path = spec.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? randomUUID());
  const body = hostile.body?.(ids);
  const raw = Buffer.isBuffer(body) ? body : null;
  return send(url, spec.method, `${path}${hostile.query ? queryText(hostile.query(ids)) : ""}`, {
    body: raw ?? (body === undefined ? null : JSON.stringify(body)),
    headers: {
      ...(spec.access === "public" ? {} : { cookie: mallory.cookie }),
      ...(raw ? { "content-type": sentRequests % 2 === 0 ? "image/svg+xml" : "image/png" } : {}),
    },
    from: `127.5.${(sentRequests >> 7) & 255}.${1 + (sentRequests & 127)}`,
    alone: true,
  });
}

/** @param operations ids; none: all. @returns the longest hold of each operation, the longest first */
export async function walkBodies(operations: readonly string[] = []): Promise<Held[]> {
  const bench = await makeWorkspace({ WHOOT_LOG: "silent", ...holdEnvironment() });
  let people = 0;
  /** A sender whose counters are all at zero. */
  async function freshSender(): Promise<Sender> {
    people += 1;
    const mallory = await signUpStranger(bench, `mallory${people}`, `127.6.${people >> 7}.${1 + (people & 127)}`);
    return { mallory, ids: await furnish(mallory) };
  }
  const probe = await openProbe();

  async function longestOf(spec: EndpointSpec, sender: Sender): Promise<{ held: Held | null; sender: Sender }> {
    let longest: Omit<Held, "limited"> | null = null;
    let [current, sent, limited, changes] = [sender, 0, 0, 0];
    for (const hostile of hostileOf(spec)) {
      let ms = Infinity;
      let status = 0;
      for (let turn = 0; turn < TRIES && ms > (longest?.ms ?? 0); turn += 1) {
        await probe.takeLongest();
        ({ status } = await sendHostile(bench.url, current, spec, hostile).catch(() => ({ status: 0 })));
        const held = await probe.takeLongest();
        if (LIMITED.has(status) && changes < MAX_CHANGES) {
          changes += 1;
          current = await freshSender();
          turn -= 1;
        } else ms = Math.min(ms, held);
      }
      sent += 1;
      if (LIMITED.has(status)) limited += 1;
      if (ms > (longest?.ms ?? -1)) longest = { operation: spec.operationId, what: hostile.what, ms, status };
    }
    return { held: longest && { ...longest, limited: `${limited} of ${sent}` }, sender: current };
  }

  try {
    let sender = await freshSender();
    const all: Held[] = [];
    for (const spec of ENDPOINTS) {
      if (operations.length > 0 && !operations.includes(spec.operationId)) continue;
      const { held, sender: last } = await longestOf(spec, sender);
      if (held) all.push(held);
      sender = last;
    }
    return all.toSorted((a, b) => b.ms - a.ms);
  } finally {
    probe.close();
    await bench.close();
  }
}

export async function measureBodies(): Promise<Figure[]> {
  const [first] = await walkBodies();
  if (!first) throw new Error("no operation takes a text or a list");
  const reference = `${first.operation}, ${first.what}, answered with ${first.status}`;
  return [
    figure("the longest time that one request's text holds the main thread", Number(first.ms.toFixed(1)), {
      aim: HOLD_MS,
      unit: "ms",
      reference,
    }),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const held = await walkBodies(process.argv.slice(2));
  console.table(held.map(({ ms, ...rest }) => ({ ms: Number(ms.toFixed(1)), ...rest })));
  process.exit(0);
}
