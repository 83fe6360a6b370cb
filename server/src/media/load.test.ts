import { afterAll, expect, it } from "vitest";
import type { RtpClient } from "./testing/rtp-client.ts";
import { openStage, type Stage } from "./testing/stage.ts";
import { until } from "./testing/until.ts";

const LISTENERS = 200;
const PACKETS = 50;
let stage: Stage;
afterAll(() => stage.close());

it(`${LISTENERS} listeners on one port hear every packet of a talker`, async () => {
  stage = await openStage();
  const talker = await stage.join("talker", "channel");
  const listeners: RtpClient[] = [];
  for (let index = 0; index < LISTENERS; index += 20) {
    const wave = Array.from({ length: 20 }, (_, offset) => stage.join(`listener${index + offset}`, "channel"));
    listeners.push(...(await Promise.all(wave)));
  }
  const voice = stage.voice(talker);
  stage.start("t", "talker", "channel");
  for (let sent = 1; sent <= PACKETS; sent++) {
    voice.say(1);
    // Send the next packet once everybody has this one: the clients share the process and its cores with the server.
    await until(`packet ${sent}`, () => listeners.every((listener) => listener.received.length === sent));
  }
  await stage.end("t");
  expect(stage.eventsOf("slot").filter((event) => event.transmissionId === "t")).toHaveLength(LISTENERS);
});
