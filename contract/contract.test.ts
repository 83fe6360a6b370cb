import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { generateOpenApi } from "../server/src/platform/http/endpoint-schema.ts";
import { text } from "./http/endpoint.ts";
import { ENDPOINTS } from "./http/endpoints.ts";
import { builtInPermissions, PERMISSIONS } from "./permissions.ts";
import { RESERVED_SLUGS, Slug } from "./slug.ts";

test("there are 65 distinct permissions in 11 categories; Admin holds all, Member none that changes the workspace, Viewer three", () => {
  const names = PERMISSIONS.map(({ name }) => name);
  expect([new Set(names).size, names.length, new Set(PERMISSIONS.map(({ category }) => category)).size]).toEqual([65, 65, 11]);
  const [admin, member, viewer] = (["admin", "member", "viewer"] as const).map(builtInPermissions);
  expect(admin?.size).toBe(65);
  expect(member?.isSupersetOf(viewer ?? new Set())).toBe(true);
  expect([...(viewer ?? [])].sort()).toEqual(["messaging.read", "users.view", "voice.join"]);
  for (const change of ["users.invite", "channels.create", "recording.configure", "workspace.edit"])
    expect([...(member ?? [])]).not.toContain(change);
});

test("openapi.json is up to date with the contract", async () => {
  const committed = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8"));
  expect(JSON.parse(JSON.stringify(await generateOpenApi()))).toEqual(committed);
});

test("operation ids are unique, and exactly the operations below a tenant's path are for members", () => {
  expect(new Set(ENDPOINTS.map(({ operationId }) => operationId)).size).toBe(ENDPOINTS.length);
  for (const { path, access } of ENDPOINTS)
    expect([path, path.startsWith("/tenants/{slug}")]).toEqual([path, access === "member"]);
});

test("every reserved slug is well-formed or too short, so that none is reserved in vain", () => {
  for (const slug of RESERVED_SLUGS) expect([slug, slug.length < 3 || Slug.safeParse(slug).success]).toEqual([slug, true]);
});

test("text is trimmed and normalized; invisible text and text that cannot be stored are refused", () => {
  const name = text(1, 10, "a name");
  expect(name.parse("  Zu\u0308rich ")).toBe("Zürich");
  for (const bad of [
    "",
    "   ",
    "\u0000",
    "a\u0007",
    "\ud800",
    "\u200b",
    "\ufeff",
    "\u202e",
    "\u200d",
    "\u3164 \u2800",
    "a\u061c",
    "a\u180e",
    "a\ufff9b\ufffac\ufffb",
    "\u034f\u0301",
    "\u{e0041}",
    "x".repeat(11),
  ])
    expect([bad, name.safeParse(bad).success]).toEqual([bad, false]);
});

test("text that is too long or has too many marks is refused before it is normalized", () => {
  const normalize = vi.spyOn(String.prototype, "normalize");
  try {
    const marks = "\u0315\u0300\u05ae\u0301".repeat(8_000);
    for (const bad of [`a${marks}`, " ".repeat(64_000), "a".repeat(41), `a${marks.slice(0, 31)}`])
      expect(text(1, 10, "a name").safeParse(bad).success).toBe(false);
    expect(normalize).not.toHaveBeenCalled();
  } finally {
    normalize.mockRestore();
  }
});

test("text may exceed its maximum before it is composed and trimmed", () => {
  const name = text(1, 10, "a name");
  expect(name.parse("\u03b1\u0313\u0300\u0345".repeat(10))).toBe("\u1f82".repeat(10));
  expect(name.parse(`${" ".repeat(20)}Ada\n`)).toBe("Ada");
});

interface Definition {
  type: string;
  shape?: Record<string, z.core.$ZodType>;
  innerType?: z.core.$ZodType;
  checks?: z.core.$ZodCheck[];
  check?: string;
}

// Zod documents `_zod` for libraries that read schemas (https://zod.dev/library-authors).
// oxlint-disable-next-line no-underscore-dangle
const definitionOf = (schema: z.core.$ZodType | z.core.$ZodCheck) => schema._zod.def as unknown as Definition;

/** Paths of the lists in an answer that are neither pages nor bounded. Does not look into the items of lists. */
function unboundedLists(schema: z.core.$ZodType, path: string, inPage = false): string[] {
  const { type, shape = {}, innerType, checks = [] } = definitionOf(schema);
  if (innerType) return unboundedLists(innerType, path);
  if (type === "object") {
    return Object.entries(shape).flatMap(([name, field]) =>
      unboundedLists(field, `${path}.${name}`, "nextCursor" in shape && name === "items"),
    );
  }
  const isBounded = checks.some((check) => definitionOf(check).check === "max_length");
  return type !== "array" || inPage || isBounded ? [] : [path];
}

/** Lists that are short for another reason. */
const SHORT_LISTS: Record<string, string> = {
  "lookUpDeletion.steps": "one for each kind of data that a deletion erases",
  "lookUpDeletion.receipt.erased": "one for each table",
  "lookUpDeletion.receipt.replays": "one for each restored backup, which only an operator makes",
};

test("every list in an answer is a page or has a maximum length", () => {
  const unbounded = ENDPOINTS.flatMap(({ operationId, success }) =>
    success.schema ? unboundedLists(success.schema, operationId) : [],
  );
  expect(unbounded.filter((path) => !(path in SHORT_LISTS))).toEqual([]);
  expect(Object.keys(SHORT_LISTS).filter((path) => !unbounded.includes(path))).toEqual([]);
});

test("unboundedLists finds an unbounded list, and accepts a page and a list with a maximum", () => {
  const list = z.array(z.int());
  expect(unboundedLists(z.strictObject({ items: list }), "x")).toEqual(["x.items"]);
  expect(unboundedLists(z.strictObject({ a: z.strictObject({ b: list.nullable() }) }), "x")).toEqual(["x.a.b"]);
  expect(unboundedLists(z.strictObject({ items: list, nextCursor: z.string().nullable(), more: list }), "x")).toEqual(["x.more"]);
  expect(unboundedLists(z.strictObject({ items: list.max(3) }), "x")).toEqual([]);
});
