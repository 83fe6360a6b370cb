import { describe, expect, test } from "vitest";
import { builtInPermissions, type Permission } from "#contract/permissions.ts";
import { decisionRefusal } from "./policy.ts";

const OPEN = { ended: false, alone: false };
const reviewer = (...held: Permission[]) => ({ memberId: "me", may: (permission: Permission) => held.includes(permission) });
const somebody = (permissions: Iterable<Permission>) =>
  ({ memberId: "they", isOwner: false, nowRoleId: "theirs", permissions }) as const;

describe("a reviewer may change and revoke only those whom they could change without a review:", () => {
  const helper = reviewer("users.change_role", "users.remove", "security.run_access_reviews");
  test.each([
    ["a Member", somebody(builtInPermissions("member")), "outranked", null],
    ["a member with a permission that the reviewer lacks", somebody(["voice.join", "channels.edit"]), "outranked", "outranked"],
    ["a member with permissions that the reviewer holds, too", somebody(["users.remove"]), null, null],
    ["an Admin", somebody(builtInPermissions("admin")), "outranked", "outranked"],
  ] as const)("%s", (_, item, change, revoke) => {
    expect(decisionRefusal(helper, item, "change", OPEN)).toBe(change);
    expect(decisionRefusal(helper, item, "revoke", OPEN)).toBe(revoke);
    expect(decisionRefusal(helper, item, "approve", OPEN)).toBeNull();
  });
});
