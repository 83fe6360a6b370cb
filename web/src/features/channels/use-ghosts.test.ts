import { expect, test } from "vitest";
import type { Channel } from "../../api/types.ts";
import { placeGhosts } from "./use-ghosts.ts";

const channel = (name: string) => ({ channelId: name, name }) as Channel;
const tiles = (...names: string[]) => names.map(channel);
const ghost = (name: string, place: number) => ({ channel: channel(name), place, undo: () => {} });
const shown = (...args: Parameters<typeof placeGhosts>) =>
  placeGhosts(...args).map(({ channel: { name }, undo }) => (undo ? `(${name})` : name));

test("the tile of a channel that was left keeps its place, so that no other tile moves", () => {
  expect(shown(tiles("b", "c"), [ghost("a", 0)])).toEqual(["(a)", "b", "c"]);
  expect(shown(tiles("c"), [ghost("a", 0), ghost("b", 1)])).toEqual(["(a)", "(b)", "c"]);
  expect(shown([], [ghost("a", 0)])).toEqual(["(a)"]);
});

test("a channel that is joined again is a tile again", () => {
  expect(shown(tiles("a", "b"), [ghost("a", 0)])).toEqual(["a", "b"]);
});
