import { afterAll, expect, it } from "vitest";
import type { RtpClient } from "./testing/rtp-client.ts";
import { openStage, type Stage } from "./testing/stage.ts";
import { until } from "./testing/until.ts";

const LISTENERS = 200;
const PACKETS = 50;
let stage: Stage;
afterAll(() => stage.close());

it(`${LISTENERS} listeners on one port hear every packet of a talker`, { timeout: 60_000 }, async () => {
  stage = await openStage();
  const talker = await stage.join("talker", "channel");
  const listeners: RtpClient[] = [];
  for (let index = 0; index < LISTENERS; index += 20) {
    const wave = Array.from({ length: 20 }, (_, offset) => stage.join(`listener${index + offset}`, "channel"));
    listeners.push(...(await Promise.all(wave)));
  }
  const voice = stage.voice(talker);
  stage.start("t", "talker", "channel");
  for (let said = 1; said <= PACKETS; said++) {
    voice.say(1);
    // The next once this one is everywhere: the clients share the process and its cores with the server.
    await until(`packet ${said}`, () => listeners.every((listener) => listener.received.length === said));
  }
  await stage.end("t");
  expect(stage.of("slot").filter((event) => event.transmissionId === "t")).toHaveLength(LISTENERS);
});
