import { expect, test } from "vitest";
import { builtInPermissions, isAvailable, type Permission, PERMISSION_CATEGORIES, PERMISSIONS } from "#contract/permissions.ts";
import { union, without } from "../../ui/sets.ts";
import { diffWords, matches, nearestBuiltIn } from "./role-diff.ts";
import { missingFor } from "./useless-without.ts";

const member = builtInPermissions("member");

test("every permission is in one of the 11 categories", () => {
  expect(PERMISSION_CATEGORIES.length).toBe(11);
  expect(PERMISSION_CATEGORIES.flatMap(({ entries }) => entries)).toEqual(PERMISSIONS);
});

test("a role is described by its differences from the nearest built-in role", () => {
  expect(diffWords(member)).toBe("Same as Member");
  expect(diffWords(union(member, ["audit.view", "users.invite"]))).toBe("Like Member, 2 more");
  expect(diffWords(without(union(member, ["audit.view"]), new Set<Permission>(["voice.latch"])))).toBe(
    "Like Member, 1 more, 1 fewer",
  );
  expect(diffWords(new Set(["voice.join"]))).toBe("Like Viewer, 1 fewer");
  expect(diffWords(without(builtInPermissions("admin"), new Set<Permission>(["workspace.export"])))).toBe("Like Admin, 1 fewer");
});

test("permissions that are not available yet make no difference", () => {
  expect(diffWords(new Set([...member].filter(isAvailable)))).toBe("Same as Member");
  expect(diffWords(union(member, ["voice.priority", "webhooks.manage"]))).toBe("Same as Member");
});

test("between two built-in roles that are equally near, the one that allows less is chosen", () => {
  const half = [...member]
    .filter((permission) => isAvailable(permission) && !builtInPermissions("viewer").has(permission))
    .slice(0, 2);
  expect(nearestBuiltIn(union(builtInPermissions("viewer"), half))).toBe("viewer");
});

test("a search needs every word, in what the permission allows, its name or its category", () => {
  const found = (search: string) => PERMISSIONS.filter((entry) => matches(entry, search)).map(({ name }) => name);
  expect(found("audit log")).toEqual(["audit.view", "audit.export"]);
  expect(found("VOICE.TRANSMIT")).toEqual(["voice.transmit"]);
  expect(found("log export")).toEqual(["audit.export"]);
  expect(found("")).toHaveLength(PERMISSIONS.length);
  expect(found("zebra")).toEqual([]);
});

test("a permission that has no effect alone names the one that it needs", () => {
  expect(missingFor("voice.transmit", new Set(["voice.transmit"]))).toBe("voice.join");
  expect(missingFor("voice.transmit", new Set(["voice.transmit", "voice.join"]))).toBe(null);
  expect(missingFor("voice.transmit", new Set())).toBe(null);
});
