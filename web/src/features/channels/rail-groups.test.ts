import { expect, test } from "vitest";
import type { Channel } from "../../api/types.ts";
import { groupsOf } from "./rail-groups.ts";

const channels = ["Crane", "Dispatch", "Gate", "Yard"].map(
  (name) => ({ channelId: name.toLowerCase(), name, description: name === "Gate" ? "Lorries in and out" : "" }) as Channel,
);

function shown(joined: string[], favourites: string[], query = "") {
  const groups = groupsOf(channels, { joined, isFavourite: (channelId) => favourites.includes(channelId), query });
  return Object.fromEntries(groups.map((group) => [group.title, group.channels.map(({ name }) => name)]));
}

test("joined channels come first in the order of the board, then favourites, then the others by name", () => {
  expect(shown(["yard", "dispatch"], ["gate", "yard"])).toEqual({
    Joined: ["Yard", "Dispatch"],
    Favourites: ["Gate"],
    Others: ["Crane"],
  });
  expect(shown([], [])).toEqual({ Others: ["Crane", "Dispatch", "Gate", "Yard"] });
});

test("a search finds channels of all groups by name and description", () => {
  expect(shown(["yard"], [], "ya")).toEqual({ Matches: ["Yard"] });
  expect(shown(["yard"], [], "lorries")).toEqual({ Matches: ["Gate"] });
  expect(shown([], [], "zzz")).toEqual({});
});

test("a deleted channel that is still remembered as joined is left out", () => {
  expect(shown(["gone"], [])).toEqual({ Others: ["Crane", "Dispatch", "Gate", "Yard"] });
});
