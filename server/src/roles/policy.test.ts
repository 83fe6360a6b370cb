import { describe, expect, test } from "vitest";
import { builtInPermissions, type Permission, PERMISSION_NAMES, withheld } from "#contract/permissions.ts";
import { nameKey } from "#contract/look-alikes.ts";
import { deleteRefusal, editRefusal, looksBuiltIn, permissionsToReplace, roleAbilities } from "./policy.ts";

function holding(...permissions: Permission[]) {
  const held = new Set(permissions);
  return { roleId: "own", may: (permission: Permission) => held.has(permission) };
}
const role = (...permissions: Permission[]) => ({ roleId: "r", builtIn: null, permissions: new Set(permissions) });
const admin = { ...holding(...PERMISSION_NAMES), roleId: "admin" };
const editor = holding("roles.view", "roles.edit", "roles.delete", "voice.join");

describe("editing and deleting a role: by", () => {
  const builtIn = { roleId: "admin", builtIn: "admin", permissions: builtInPermissions("admin") };
  test.each([
    ["an admin, a custom role", admin, role("audit.view"), null],
    ["an admin, a role that allows nothing", admin, role(), null],
    ["an admin, a built-in role", admin, builtIn, "built_in"],
    ["a member without the permission, a built-in role", holding(), builtIn, "built_in"],
    ["a member without the permission, a custom role", holding("roles.view", "voice.join"), role("voice.join"), "not_allowed"],
    ["an editor, a role that holds less", editor, role("voice.join"), null],
    ["an editor, a role that holds more", editor, role("voice.join", "audit.view"), "holds_more"],
    ["an editor, a role that holds other things", editor, role("audit.view"), "holds_more"],
    ["an editor, their own role", editor, { ...role("voice.join"), roleId: "own" }, "own_role"],
  ] as const)("%s: %4$s", (_, actor, rule, refusal) => {
    expect([editRefusal(actor, rule), deleteRefusal(actor, rule)]).toEqual([refusal, refusal]);
  });

  test("somebody with roles.edit only may not delete", () => {
    const abilities = roleAbilities(holding("roles.edit", "voice.join"), role("voice.join"));
    expect(abilities).toEqual({ edit: true, editRefusal: null, delete: false, deleteRefusal: "not_allowed", give: true });
  });

  test("a member who may give roles cannot give one that holds more than theirs", () => {
    expect(roleAbilities(holding("users.change_role"), role("voice.join")).give).toBe(false);
    expect(withheld(["voice.join", "audit.view", "audit.export"], editor.may)).toEqual(["audit.view", "audit.export"]);
  });
});

test("replacing a role needs the permissions for each kind of use that it has", () => {
  expect(permissionsToReplace({ members: 0, invitations: 0, channels: 0 })).toEqual([]);
  expect(permissionsToReplace({ members: 0, invitations: 0, channels: 3 })).toEqual(["channels.set_transmission"]);
  expect(permissionsToReplace({ members: 2, invitations: 0, channels: 0 })).toEqual(["users.change_role"]);
  expect(permissionsToReplace({ members: 2, invitations: 1, channels: 0 })).toEqual(["users.change_role", "users.invite"]);
});

test.each([
  ["Stewards", "stewards"],
  ["Shift  lead", "Shift lead"],
  ["Ste\u200dwards", "Stewards"],
  ["Stewards\ufe0f", "Stewards"],
  ["Ｓtewards", "Stewards"],
  ["ﬁre", "fire"],
])("%j and %j count as the same name", (a, b) => expect(nameKey(a)).toBe(nameKey(b)));

test.each([
  "Admin",
  "ADMIN",
  "Ad\u200cmin",
  "Аdmin",
  "Ａdmin",
  "Mеmber",
  "view er",
  "Vіewer",
  "Admin.",
  "A-d-m-i-n",
  "Owner",
  "0wner",
  "Оwner",
  "Administrator",
  "(administrator)",
])("%j looks like a built-in role", (name) => expect(looksBuiltIn(name)).toBe(true));
test.each(["Administrators of nights", "Members", "Диспетчер", "Viewer 2", "Shop owner"])(
  "%j does not look like a built-in role",
  (name) => expect(looksBuiltIn(name)).toBe(false),
);
