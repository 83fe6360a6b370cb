import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { generateOpenApi } from "../server/src/platform/http/endpoint-schema.ts";
import { text } from "./http/endpoint.ts";
import { ENDPOINTS } from "./http/endpoints.ts";
import { builtInPermissions, PERMISSIONS } from "./permissions.ts";
import { RESERVED_SLUGS, Slug, suggestSlug } from "./slug.ts";

test("there are 65 permissions in 11 categories, each once; an admin holds all, a member no admin's, a viewer fewest", () => {
  const names = PERMISSIONS.map(({ name }) => name);
  expect([new Set(names).size, names.length, new Set(PERMISSIONS.map(({ category }) => category)).size]).toEqual([65, 65, 11]);
  const [admin, member, viewer] = (["admin", "member", "viewer"] as const).map(builtInPermissions);
  expect(admin?.size).toBe(65);
  expect(member?.isSupersetOf(viewer ?? new Set())).toBe(true);
  expect([...(viewer ?? [])].sort()).toEqual(["messaging.read", "users.view", "voice.join"]);
  for (const change of ["users.invite", "channels.create", "recording.configure", "workspace.edit"])
    expect([...(member ?? [])]).not.toContain(change);
});

test("openapi.json is what the contract generates", async () => {
  const committed = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8"));
  expect(JSON.parse(JSON.stringify(await generateOpenApi()))).toEqual(committed);
});

test("every operation has an id of its own, and what happens in a tenant is for its members", () => {
  expect(new Set(ENDPOINTS.map(({ operationId }) => operationId)).size).toBe(ENDPOINTS.length);
  for (const { path, access } of ENDPOINTS)
    expect([path, path.startsWith("/tenants/{slug}")]).toEqual([path, access === "member"]);
});

describe("a slug is suggested from a name:", () => {
  test.each([
    ["Acme Corp", "acme-corp"],
    ["Ärzte & Co.", "arzte-co"],
    ["Straße 7", "strasse-7"],
    ["  --  ", ""],
    ["東京", ""],
    ["x".repeat(60), "x".repeat(40)],
    [`${"x".repeat(39)} y`, "x".repeat(39)],
  ])("%s → %s", (name, slug) => expect(suggestSlug(name)).toBe(slug));
});

test("reserved slugs could all be asked for: they are well-formed, or too short to be", () => {
  for (const slug of RESERVED_SLUGS) expect([slug, slug.length < 3 || Slug.safeParse(slug).success]).toEqual([slug, true]);
});

test("text is trimmed and normalized; what cannot be seen or stored is refused", () => {
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
    "\u034f\u0301",
    "\u{e0041}",
    "x".repeat(11),
  ])
    expect([bad, name.safeParse(bad).success]).toEqual([bad, false]);
});
