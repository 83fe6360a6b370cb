import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Media } from "#contract/media.ts";
import type { BuiltInRole } from "#contract/permissions.ts";
import { startMedia } from "../../media/media.ts";
import { readOggPackets } from "../../media/testing/rtp-client.ts";
import { startGateway } from "./gateway-server.ts";
import { becomePerson, wordsIn, type TestPerson } from "./person.ts";

export const tenantId = uuidv7();
/** A new gateway for each test. */
export let gateway: Awaited<ReturnType<typeof startGateway>>;
let media: Media;
let people: TestPerson[];

/**
 * Real sockets, a real media worker and real WebRTC for every test of the file. Checks after each test that every
 * transmission that began also ended and was stored in order, and that nothing is left open.
 */
export function useAudioStage(): void {
  beforeAll(async () => {
    media = await startMedia({ port: 0, listenAddress: "127.0.0.1", log: () => {} });
  });

  afterAll(() => media.close());

  beforeEach(async () => {
    people = [];
    gateway = await startGateway(media);
  });

  afterEach(async () => {
    await gateway.close();
    for (const person of people) person.hangUp();
    expect(gateway.faults).toEqual([]);
    expect(gateway.kept.complaints).toEqual([]);
    expect([...gateway.kept.ended.keys()].toSorted()).toEqual([...gateway.kept.begun.keys()].toSorted());
    expect(gateway.voice.stats()).toEqual({ tenants: 0, sessions: 0, peers: 0, talking: 0, ending: 0 });
  });
}

/** A new member of the tenant who joined these channels, with audio connected. */
export async function enter(name: string, channelIds: string[], role: BuiltInRole = "member", tenant = tenantId) {
  const subject = gateway.world.addMember(tenant, role, name);
  const person = { ...(await becomePerson(gateway.connect(subject))), subject };
  people.push(person);
  for (const channelId of channelIds) await person.join(channelId);
  await person.connectAudio();
  return person;
}

/** Waits until the recording's end is stored; returns a function that finds the frames of a word in it. */
export async function recorded(transmissionId: string): Promise<(word: string) => number[]> {
  await expect.poll(() => gateway.kept.ended.has(transmissionId)).toBe(true);
  const pieces = gateway.kept.pieces.get(transmissionId) ?? [];
  const packets = await readOggPackets(Buffer.concat(pieces.map(({ bytes }) => bytes)));
  return (word) => wordsIn(packets, word);
}

/** `recorded` for every transmission that began; waits until all have ended. */
export function everythingRecorded(): Promise<Array<(word: string) => number[]>> {
  return Promise.all([...gateway.kept.begun.keys()].map(recorded));
}

/** Presses the key, says the word, and releases the key once the listeners have heard it. */
export async function speak(speaker: TestPerson, channelId: string, word: string, ...listeners: TestPerson[]): Promise<string> {
  const transmissionId = await speaker.granted(speaker.press(channelId));
  await speaker.say(word);
  for (const listener of listeners) await listener.hears(word);
  speaker.release();
  return transmissionId;
}

/** The frame numbers of a word that was said with `speak`. */
export const FIVE_FRAMES = [0, 1, 2, 3, 4];
