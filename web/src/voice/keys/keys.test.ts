import { expect, test } from "vitest";
import { filesHolding } from "../../ui/testing/sources.ts";

const talkKeys = ["voice/keys/use-talk-keys.ts", "voice/keys/use-talk-pointer.ts"];

test("only the files of the talk keys begin and end a press", () => {
  expect(filesHolding(/\b(client|voice|useVoiceClient\(\))\.(press|toggle|release|loseKey)\(/)).toEqual(talkKeys);
});

test("only the files of the talk keys know which element is a talk button", () => {
  expect(filesHolding(/data-talk-channel|talkChannel\b|\bTALK_CHANNEL\b/)).toEqual(["voice/keys/talk-channel.ts", ...talkKeys]);
});

test("only the files of the talk keys handle the release of a key or pointer", () => {
  expect(filesHolding(/["']keyup["']|onKeyUp|onPointerUp|onTouch|["'](pointer|mouse)up["']|["']touch/)).toEqual(talkKeys);
});
