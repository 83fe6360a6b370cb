import { expect, test, vi } from "vitest";
import { z } from "zod";
import { bounded } from "#contract/bounded.ts";
import { ClientMessage } from "#contract/gateway.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { boundOf, findTooLong, jsonBytes, Unbounded } from "./bounds.ts";
import { bodyLimitOf } from "./endpoint-schema.ts";

/** The error message for a schema without a bound; null for a schema with one. */
function refusal(schema: z.ZodType): string | null {
  try {
    boundOf(schema, "body");
    return null;
  } catch (error) {
    if (!(error instanceof Unbounded)) throw error;
    return error.message;
  }
}

test("every operation's input has a maximum length, which is checked first", () => {
  for (const { operationId, params, query, body } of ENDPOINTS) {
    for (const schema of [params, query, body])
      expect([operationId, schema ? refusal(schema) : null]).toEqual([operationId, null]);
  }
});

test("every message from a client to the gateway has a maximum length, which is checked first", () => {
  expect(refusal(ClientMessage)).toBeNull();
});

test.each([
  ["a string", z.strictObject({ name: z.string() }), "body.name accepts strings of any length"],
  ["a string with a minimum length", z.string().min(1), "body accepts strings of any length"],
  ["an email address", z.email(), "body accepts strings of any length"],
  ["a list", z.array(z.boolean()), "body accepts lists of any length"],
  ["a list in a list", z.array(z.array(z.int())).max(2), "body[] accepts lists of any length"],
  [
    "a string in a list in an optional field",
    z.strictObject({ a: z.array(z.string()).max(2).optional() }),
    /^body\.a\[\] accepts/,
  ],
  ["one choice of several", z.union([bounded(3), z.string()]), "body|1 accepts strings of any length"],
  [
    "a string that is transformed before its length is looked at",
    z
      .string()
      .transform((value) => value.trim())
      .pipe(bounded(3)),
    /^body accepts/,
  ],
  ["a string that is trimmed before its length is looked at", z.string().trim().max(3), /use bounded\(\)/],
  ["a string whose pattern is checked before its length", z.string().regex(/x/).max(3), /use bounded\(\)/],
  ["a string that is checked further when it is too long", z.string().max(3).regex(/x/), /use bounded\(\)/],
  ["an address whose format is checked before its length", z.email().max(3), /use bounded\(\)/],
  ["unknown fields", z.object({ a: z.int() }), /use strictObject/],
  ["any number of fields", z.object({}).catchall(z.int()), /any number of fields/],
  ["a record", z.record(bounded(3), z.int()), /type without a bound \(record\)/],
  ["anything", z.strictObject({ a: z.unknown() }), /body\.a has a type without a bound/],
])("boundOf refuses %s", (_what, schema, message) => {
  expect(refusal(schema)).toMatch(message);
});

test("the longest JSON that a schema accepts is as long as its bound says", () => {
  const schema = z.strictObject({
    name: bounded(5),
    ids: z.array(z.uuid()).max(3),
    on: z.boolean(),
    nested: z.strictObject({ n: z.int() }),
  });
  const longest = JSON.stringify({
    name: "\u0001".repeat(5),
    ids: Array.from({ length: 3 }, () => "01900000-0000-7000-8000-000000000000"),
    on: false,
    nested: { n: Number.MIN_SAFE_INTEGER },
  });
  expect(schema.safeParse(JSON.parse(longest)).success).toBe(true);
  expect(jsonBytes(boundOf(schema))).toBeGreaterThanOrEqual(longest.length);
});

test("a list that is too long is refused before its elements are looked at", () => {
  const look = vi.fn(() => true);
  const schema = z.strictObject({ names: z.array(bounded(3).refine(look)).max(2, "Send two names.") });
  const value = { names: ["a", "b", "c"] };
  expect(findTooLong(boundOf(schema), value)).toEqual({ path: "/names", message: "Send two names." });
  expect(findTooLong(boundOf(schema), { names: ["a", "b"] })).toBeNull();
  expect(findTooLong(boundOf(schema), { names: "abc" })).toBeNull();
  expect(look).not.toHaveBeenCalled();
});

test("a body may be as large as its operation accepts, and at least 16 kB", () => {
  const limits = new Map(ENDPOINTS.map((spec) => [spec.operationId, bodyLimitOf(spec) / 1024]));
  expect(["signUp", "signIn", "signOut", "createChannel"].map((id) => limits.get(id))).toEqual([16, 16, 16, 33]);
});

test("an id that is too long is refused before its characters are looked at, unless another option accepts it", () => {
  const id = z.uuid().toLowerCase();
  const long = "\u0130".repeat(1_000);
  const refused = { path: "/id", message: "Invalid UUID" };
  expect(findTooLong(boundOf(z.strictObject({ id })), { id: long })).toEqual(refused);
  expect(findTooLong(boundOf(z.strictObject({ id: z.union([id, z.array(id).max(2)]) })), { id: long })).toEqual(null);
  expect(findTooLong(boundOf(z.strictObject({ id: z.union([id, bounded(2_000)]) })), { id: long })).toBeNull();
});
