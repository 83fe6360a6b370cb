import { afterEach, beforeEach, expect, test } from "vitest";
import { v4 as uuidv4, v7 as uuidv7 } from "uuid";
import { CLIENT_MESSAGE_BURST, MAX_CLIENT_MESSAGE_BYTES } from "#contract/gateway.ts";
import { startGateway } from "./testing/gateway-server.ts";
import { scriptedMedia } from "./testing/scripted-media.ts";

let gateway: Awaited<ReturnType<typeof startGateway>>;
let worker: ReturnType<typeof scriptedMedia>;

beforeEach(async () => {
  worker = scriptedMedia();
  gateway = await startGateway(worker.media);
});

afterEach(async () => {
  await gateway.close();
  expect(gateway.faults).toEqual([]);
  expect(gateway.kept.complaints).toEqual([]);
  expect(gateway.voice.stats()).toEqual({ tenants: 0, sessions: 0, peers: 0, talking: 0, ending: 0 });
});

async function enter(tenantId: string, name = "Ada", ...channelIds: string[]) {
  const subject = gateway.world.addMember(tenantId, "member", name);
  const client = gateway.connect(subject);
  await client.opened();
  const { sessionId, memberId } = await client.next("welcome");
  for (const channelId of channelIds) {
    client.send({ type: "join", channelId });
    await client.next("joined", (joined) => joined.channelId === channelId);
  }
  client.send({ type: "media.connect" });
  await client.next("media.offer");
  client.send({ type: "media.answer", sdp: "answer" });
  await client.next("media.state");
  return { ...client, subject, sessionId, memberId };
}

test("two people join a channel and see each other, the talk, and the departure", async () => {
  const tenantId = uuidv7();
  const channelId = gateway.world.addChannel(tenantId);
  const ada = await enter(tenantId, "Ada", channelId);
  const ben = await enter(tenantId, "Ben", channelId);
  await ada.next("presence", ({ changes }) => changes.some(({ joined }) => joined.some(({ name }) => name === "Ben")));

  ada.send({ type: "talk.start", channelId, pressId: 1 });
  const { transmissionId } = await ada.next("talk.granted");
  expect((await ben.next("talker.started")).talker).toMatchObject({ transmissionId, name: "Ada", sessionId: ada.sessionId });
  ada.send({ type: "talk.stop" });
  await ben.next("talker.stopped");

  ada.kill();
  const gone = await ben.next("presence", ({ changes }) => changes.some(({ left }) => left.includes(ada.sessionId)));
  expect(gone.changes).toEqual([{ channelId, joined: [], left: [ada.sessionId] }]);
});

test("messages that a client sends before its welcome are answered after it", async () => {
  const tenantId = uuidv7();
  const channelId = gateway.world.addChannel(tenantId);
  const client = gateway.connect(gateway.world.addMember(tenantId));
  await client.opened();
  client.send({ type: "join", channelId });
  client.send({ type: "talk.start", channelId, pressId: 3 });
  expect(await client.next("talk.denied")).toMatchObject({ pressId: 3, reason: "no_media" });
  expect(client.received.map(({ type }) => type)).toEqual(["welcome", "joined", "talk.denied"]);
});

test("another tenant's channel is answered exactly like one that never existed, and nothing happens in it", async () => {
  const acme = uuidv7();
  const globex = uuidv7();
  const ownChannelId = gateway.world.addChannel(acme);
  const foreign = gateway.world.addChannel(globex, { recording: true });
  const victim = await enter(globex, "Victim", foreign);
  const ada = await enter(acme, "Ada", ownChannelId);
  await victim.settled();
  const receivedBefore = victim.received.length;
  const commands = worker.commands.length;

  const answers = async (channelId: string) => {
    const before = ada.received.length;
    ada.send({ type: "join", channelId });
    ada.send({ type: "leave", channelId });
    ada.send({ type: "talk.start", channelId, pressId: 1 });
    await ada.next("talk.denied", (denied) => denied.channelId === channelId);
    return JSON.parse(JSON.stringify(ada.received.slice(before)).replaceAll(channelId, "?")) as unknown[];
  };
  const toForeign = await answers(foreign);
  expect(toForeign).toEqual(await answers(uuidv4()));
  expect(toForeign).toEqual(await answers(foreign.toUpperCase()));
  expect(toForeign).toMatchObject([
    { type: "error", error: "unknown_channel" },
    { type: "error", error: "unknown_channel" },
    { type: "error", error: "unknown_channel" },
    { type: "talk.denied", reason: "not_joined" },
  ]);
  await victim.settled();
  expect(victim.received.slice(receivedBefore).map(({ type }) => type)).toEqual(["error"]);
  // Each denied press drops its buffered audio. The media worker got no other command.
  expect(worker.commands.slice(commands).map(({ type }) => type)).toEqual(Array(3).fill("dropBuffered"));
});

test("two tenants see nothing of each other, even when their channels have the same id", async () => {
  const acme = uuidv7();
  const globex = uuidv7();
  const channelId = gateway.world.addChannel(acme);
  gateway.world.addChannel(globex, { channelId });
  const ada = await enter(acme, "Ada", channelId);
  const eve = await enter(globex, "Eve", channelId);
  await eve.next("presence");

  ada.send({ type: "talk.start", channelId, pressId: 1 });
  const { transmissionId } = await ada.next("talk.granted");
  gateway.voice.onChange({ kind: "changed", tenantId: acme, what: "tenant" });
  const eavesdropper = worker.all("openPeer")[1]?.peerId ?? "";
  worker.emit({ type: "slot", peerId: eavesdropper, mid: "0", transmissionId, channelId: "opaque" });
  expect((await eve.next("slot")).source).toBe(null);
  ada.send({ type: "talk.stop" });
  ada.close();
  await ada.closed();
  await eve.settled();

  const secrets = [acme, ada.sessionId, ada.memberId, transmissionId, "Ada"];
  const everything = JSON.stringify(eve.received);
  for (const secret of secrets) expect(everything).not.toContain(secret);
  expect(eve.all("talker.started")).toEqual([]);
  expect(eve.all("changed")).toEqual([]);
  const mediaChannels = new Set(worker.all("subscribe").map((command) => command.channelId));
  expect(mediaChannels.size).toBe(2);
});

test("malformed, binary and too large messages are answered with an error and keep the connection open", async () => {
  const tenantId = uuidv7();
  const ada = await enter(tenantId);
  ada.sendRaw("{");
  expect((await ada.consume("error")).error).toBe("malformed");
  ada.sendRaw(Buffer.from('{"type":"talk.stop"}'));
  expect((await ada.consume("error")).error).toBe("malformed");
  ada.sendRaw(`{"type":"media.answer","sdp":"${"x".repeat(MAX_CLIENT_MESSAGE_BYTES)}"}`);
  expect((await ada.consume("error")).error).toBe("too_large");
  await ada.settled();
});

test("a frame above the socket's limit closes the socket and removes the session", async () => {
  const ada = await enter(uuidv7());
  ada.sendRaw("x".repeat(1024 * 1024));
  expect(await ada.closed()).toBe(1009);
  await expect.poll(() => gateway.voice.stats().sessions).toBe(0);
});

test("a client that floods the gateway is closed with 4429 and its talk ends, while others can talk", async () => {
  const tenantId = uuidv7();
  const channelId = gateway.world.addChannel(tenantId);
  const flooder = await enter(tenantId, "Flood", channelId);
  const ben = await enter(tenantId, "Ben", channelId);
  flooder.send({ type: "talk.start", channelId, pressId: 1 });
  await ben.next("talker.started");
  for (let i = 0; i < CLIENT_MESSAGE_BURST * 2; i += 1) flooder.sendRaw("{}");
  expect(await flooder.closed()).toBe(4429);
  expect(flooder.all("error").at(-1)?.error).toBe("too_many_messages");
  await ben.next("talker.stopped");
  ben.send({ type: "talk.start", channelId, pressId: 1 });
  await ben.next("talk.granted");
});

test("a person whose network fails disappears for the others within 10 s", async () => {
  const tenantId = uuidv7();
  const channelId = gateway.world.addChannel(tenantId);
  const ada = await enter(tenantId, "Ada", channelId);
  const ben = await enter(tenantId, "Ben", channelId);
  ada.send({ type: "talk.start", channelId, pressId: 1 });
  await ben.next("talker.started");
  ada.freeze();
  const since = performance.now();
  await expect.poll(() => ben.all("talker.stopped").length).toBe(1);
  await ben.next("presence", ({ changes }) => changes.some(({ left }) => left.includes(ada.sessionId)));
  expect(performance.now() - since).toBeGreaterThan(5_000);
  expect(gateway.voice.stats().sessions).toBe(1);
});

test("closing the server asks everybody to reconnect", async () => {
  const tenantId = uuidv7();
  const ada = await enter(tenantId);
  const ben = await enter(tenantId, "Ben");
  await gateway.voice.close();
  expect([await ada.closed(), await ben.closed()]).toEqual([1012, 1012]);
});

test("50 people who connect at once all see each other", async () => {
  const tenantId = uuidv7();
  const channelId = gateway.world.addChannel(tenantId);
  const people = await Promise.all(Array.from({ length: 50 }, (_, i) => enter(tenantId, `P${i}`, channelId)));
  for (const client of people) {
    const seen = () => {
      const sessionIds = new Set<string>();
      for (const message of client.received) {
        if (message.type === "welcome")
          for (const { people: here } of message.channels) for (const p of here) sessionIds.add(p.sessionId);
        if (message.type !== "presence") continue;
        for (const { joined, left } of message.changes) {
          for (const person of joined) sessionIds.add(person.sessionId);
          for (const sessionId of left) sessionIds.delete(sessionId);
        }
      }
      return sessionIds.size;
    };
    await expect.poll(seen).toBe(people.length);
  }
});
