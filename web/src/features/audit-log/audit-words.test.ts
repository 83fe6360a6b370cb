import { expect, test } from "vitest";
import { AUDIT_ACTION_NAMES } from "#contract/audit.ts";
import { changeWords, fieldWords, sentence } from "./audit-words.ts";

const when = (iso: string) => `at ${iso}`;
const worded = (action: string, changes: Record<string, { from?: unknown; to?: unknown }> = {}) =>
  sentence({ action, changes, actor: { memberId: null, name: "Ada" }, target: { type: "member", id: null, name: "Ben" } })
    .join(" ")
    .trim();

test("each action is worded as a sentence of its own", () => {
  expect(worded("member.role_changed")).toBe("Ada changed the role of Ben");
  expect(worded("session.signed_in")).toBe("Ada signed in");
  expect(worded("member.left")).toBe("Ada left");
  const decided = (to: string, more = {}) => worded("access_review.decided", { decision: { from: "pending", to }, ...more });
  expect(decided("approved")).toBe("Ada reviewed and approved the access of Ben");
  expect(decided("changed", { role: { to: "Viewer" } })).toBe("Ada reviewed access and gave the role Viewer to Ben");
  expect(decided("revoked")).toBe("Ada reviewed and revoked the access of Ben");
  expect(worded("robot.fed")).toBe("Ada did “robot.fed” to Ben");
  expect(new Set(AUDIT_ACTION_NAMES.map((action) => worded(action))).size).toBe(AUDIT_ACTION_NAMES.length);
});

test("changes are worded field by field, and lists by what was added and removed", () => {
  expect(
    changeWords(
      {
        role: { from: "Member", to: "Admin" },
        recording: { from: false, to: true },
        description: { from: "Nights", to: "" },
        permissions: { from: ["voice.join", "voice.latch"], to: ["voice.join", "channels.create"] },
        dueAt: { to: "2026-01-01T00:00:00.000Z" },
      },
      when,
    ),
  ).toEqual([
    { field: "Role", from: "Member", to: "Admin", added: [], removed: [] },
    { field: "Recording", from: "off", to: "on", added: [], removed: [] },
    { field: "Description", from: "Nights", to: "nothing", added: [], removed: [] },
    { field: "Permissions", from: null, to: null, added: ["create channels"], removed: ["latch the talk key (hands-free)"] },
    { field: "Due", from: null, to: "at 2026-01-01T00:00:00.000Z", added: [], removed: [] },
  ]);
  expect(fieldWords("invitedBy")).toBe("Invited by");
  expect(fieldWords("policy")).toBe("Policy");
});

test("why a sign-in was refused is said in a sentence", () => {
  expect(changeWords({ reason: { from: null, to: "audience" }, joining: { from: "invited", to: "just_in_time" } }, when)).toEqual(
    [
      { field: "Reason", from: "nothing", to: expect.stringContaining("meant for another application"), added: [], removed: [] },
      expect.objectContaining({ field: "Who gets in", from: "members and invited people" }),
    ],
  );
});
