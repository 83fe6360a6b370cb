import { describe, expect, test } from "vitest";
import { builtInPermissions, type Permission, PERMISSION_NAMES } from "#contract/permissions.ts";
import { nameKey } from "#contract/look-alikes.ts";
import { deleteRefusal, editRefusal, looksBuiltIn, permissionsToReplace, roleAbilities, withheld } from "./policy.ts";

function holding(...permissions: Permission[]) {
  const held = new Set(permissions);
  return { roleId: "own", may: (permission: Permission) => held.has(permission) };
}
const role = (...permissions: Permission[]) => ({ roleId: "r", builtIn: null, permissions: new Set(permissions) });
const admin = { ...holding(...PERMISSION_NAMES), roleId: "admin" };
const editor = holding("roles.view", "roles.edit", "roles.delete", "voice.join");

describe("who may edit and delete which role", () => {
  const builtIn = { roleId: "admin", builtIn: "admin", permissions: builtInPermissions("admin") };
  test.each([
    ["an admin, a role of the workspace's own", admin, role("audit.view"), null],
    ["an admin, a role that allows nothing", admin, role(), null],
    ["an admin, a built-in role", admin, builtIn, "built_in"],
    ["somebody who may not, a built-in role", holding(), builtIn, "built_in"],
    ["somebody who may not", holding("roles.view", "voice.join"), role("voice.join"), "not_allowed"],
    ["an editor, a role below", editor, role("voice.join"), null],
    ["an editor, a role that holds more", editor, role("voice.join", "audit.view"), "holds_more"],
    ["an editor, a role that holds other things", editor, role("audit.view"), "holds_more"],
    ["an editor, their own role", editor, { ...role("voice.join"), roleId: "own" }, "own_role"],
  ] as const)("%s: %4$s", (_, actor, of, refusal) => {
    expect([editRefusal(actor, of), deleteRefusal(actor, of)]).toEqual([refusal, refusal]);
  });

  test("to edit is not to delete", () => {
    const abilities = roleAbilities(holding("roles.edit", "voice.join"), role("voice.join"));
    expect(abilities).toEqual({ edit: true, editRefusal: null, delete: false, deleteRefusal: "not_allowed", give: true });
  });

  test("a role that holds more cannot be given, whoever may give roles", () => {
    expect(roleAbilities(holding("users.change_role"), role("voice.join")).give).toBe(false);
    expect(withheld(editor, ["voice.join", "audit.view", "audit.export"])).toEqual(["audit.view", "audit.export"]);
  });
});

test("to replace a role takes what giving the other one takes", () => {
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
])("%j and %j are one name", (a, b) => expect(nameKey(a)).toBe(nameKey(b)));

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
])("%j looks built in", (name) => expect(looksBuiltIn(name)).toBe(true));
test.each(["Administrators of nights", "Members", "Диспетчер", "Viewer 2", "Shop owner"])("%j does not", (name) =>
  expect(looksBuiltIn(name)).toBe(false),
);
