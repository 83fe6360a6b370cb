import { expect, test } from "vitest";
import { builtInPermissions } from "#contract/permissions.ts";
import { channelAbilities, permissionsToChange, permissionsToCreate } from "./policy.ts";

const ROLES = ["admin", "member", "viewer"] as const;
const chosen = { memberId: "chosen", roleId: "none" };
const other = { memberId: "other", roleId: "none" };
const open = { transmission: "open", talkerRoleIds: new Set<string>(), talkerMemberIds: new Set<string>() } as const;
const restricted = { ...open, transmission: "restricted", talkerMemberIds: new Set(["chosen"]) } as const;
const restrictedToRole = { ...open, transmission: "restricted", talkerRoleIds: new Set(["none"]) } as const;

test("each built-in role has the expected abilities on open and restricted channels", () => {
  const lines = ROLES.flatMap((role) => {
    const permissions = builtInPermissions(role);
    const situations = [
      ["open", channelAbilities({ ...other, permissions }, open)],
      ["restricted, not chosen", channelAbilities({ ...other, permissions }, restricted)],
      ["restricted, chosen", channelAbilities({ ...chosen, permissions }, restricted)],
      ["restricted, role chosen", channelAbilities({ ...other, permissions }, restrictedToRole)],
    ] as const;
    return situations.map(([situation, { talkRefusal, ...abilities }]) => {
      const allowed = Object.entries(abilities)
        .filter(([, isAllowed]) => isAllowed)
        .map(([ability]) => ability);
      return `${role.padEnd(6)} | ${situation.padEnd(23)} | ${allowed.join(" ")}${talkRefusal ? ` | cannot talk: ${talkRefusal}` : ""}`;
    });
  });
  expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    admin  | open                    | join talk playRecordings edit configureRecording setTransmission delete
    admin  | restricted, not chosen  | join playRecordings edit configureRecording setTransmission delete | cannot talk: channel_restricted
    admin  | restricted, chosen      | join talk playRecordings edit configureRecording setTransmission delete
    admin  | restricted, role chosen | join talk playRecordings edit configureRecording setTransmission delete
    member | open                    | join talk playRecordings
    member | restricted, not chosen  | join playRecordings | cannot talk: channel_restricted
    member | restricted, chosen      | join talk playRecordings
    member | restricted, role chosen | join talk playRecordings
    viewer | open                    | join | cannot talk: role_cannot_talk
    viewer | restricted, not chosen  | join | cannot talk: role_cannot_talk
    viewer | restricted, chosen      | join | cannot talk: role_cannot_talk
    viewer | restricted, role chosen | join | cannot talk: role_cannot_talk
    "
  `);
});

test("each setting of a channel needs its own permission", () => {
  expect(permissionsToChange({})).toEqual([]);
  expect(permissionsToChange({ name: "x" })).toEqual(["channels.edit"]);
  expect(permissionsToChange({ description: "" })).toEqual(["channels.edit"]);
  expect(permissionsToChange({ recording: false })).toEqual(["recording.configure"]);
  expect(permissionsToChange({ transmission: "open" })).toEqual(["channels.set_transmission"]);
  expect(permissionsToChange({ talkers: {} })).toEqual(["channels.set_transmission"]);
  expect(permissionsToChange({ name: "x", recording: true, talkers: {} })).toEqual([
    "channels.edit",
    "recording.configure",
    "channels.set_transmission",
  ]);
  expect(permissionsToCreate({ recording: false, transmission: "open" })).toEqual([]);
  expect(permissionsToCreate({ recording: true, transmission: "restricted" })).toEqual([
    "recording.configure",
    "channels.set_transmission",
  ]);
});
