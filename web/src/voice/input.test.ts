import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeInput } from "./input.ts";

/** A fake `navigator.mediaDevices` with the microphones that are plugged in, and the tracks that were opened. */
let devices: EventTarget & { plugged: string[]; opened: FakeTrack[] };

class FakeTrack extends EventTarget {
  readyState = "live";
  muted = false;
  readonly deviceId: string;
  constructor(deviceId: string) {
    super();
    this.deviceId = deviceId;
  }
  getSettings = () => ({ deviceId: this.deviceId });
  stop = () => void (this.readyState = "ended");
  tell = (event: string) => this.dispatchEvent(new Event(event));
}

beforeEach(() => {
  devices = Object.assign(new EventTarget(), {
    plugged: ["headset"],
    opened: [] as FakeTrack[],
    getUserMedia: () => {
      const [deviceId] = devices.plugged;
      if (deviceId === undefined) return Promise.reject(new DOMException("none", "NotFoundError"));
      const track = new FakeTrack(deviceId);
      devices.opened.push(track);
      return Promise.resolve({ getAudioTracks: () => [track] });
    },
    enumerateDevices: () => Promise.resolve(devices.plugged.map((deviceId) => ({ kind: "audioinput", deviceId }))),
  });
  vi.stubGlobal("navigator", { mediaDevices: devices });
  vi.stubGlobal("MediaStream", Object);
});
afterEach(() => void vi.unstubAllGlobals());

function open() {
  const onMicrophone = vi.fn();
  const onLost = vi.fn();
  const source = { connect() {}, disconnect() {} };
  const context = () => ({ createMediaStreamSource: () => source, createAnalyser: () => ({}) }) as unknown as AudioContext;
  const input = makeInput({ context, onMicrophone, onLost });
  input.start();
  const reported = () => onMicrophone.mock.lastCall?.[0];
  /** Changes the system's list of devices. */
  const plug = async (...plugged: string[]) => {
    devices.plugged = plugged;
    devices.dispatchEvent(new Event("devicechange"));
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { input, onLost, reported, plug };
}

test("a microphone that leaves the list of devices is lost even if its track doesn't end, and is reopened when it returns", async () => {
  const { input, onLost, reported, plug } = open();
  await input.ask();
  expect(reported()).toBe("ready");
  await plug();
  expect(onLost.mock.calls).toEqual([["microphone_lost"]]);
  expect([reported(), input.track()]).toEqual(["missing", null]);
  expect(devices.opened[0]!.readyState, "its light goes out").toBe("ended");
  await plug("headset");
  expect(reported()).toBe("ready");
  expect(input.track()).toBe(devices.opened[1]);
  expect(onLost).toHaveBeenCalledOnce();
  input.close();
});

test("a lost microphone is replaced at once by another, and other devices that come or go change nothing", async () => {
  const { input, onLost, reported, plug } = open();
  await input.ask();
  await plug("headset", "webcam");
  await plug("headset");
  expect(onLost).not.toHaveBeenCalled();
  expect(devices.opened).toHaveLength(1);
  await plug("webcam");
  expect(onLost).toHaveBeenCalledOnce();
  expect(reported()).toBe("ready");
  expect(devices.opened.at(-1)!.deviceId).toBe("webcam");
  input.close();
});

test("a microphone that the system mutes is reported lost once, and works again when it is unmuted", async () => {
  const { input, onLost, reported } = open();
  await input.ask();
  const [track] = devices.opened;
  track!.muted = true;
  track!.tell("mute");
  expect([reported(), input.track()]).toEqual(["muted", null]);
  expect(onLost.mock.calls).toEqual([["microphone_muted"]]);
  track!.muted = false;
  track!.tell("unmute");
  expect([reported(), input.track()]).toEqual(["ready", track]);
  expect(devices.opened, "it is not asked for again").toHaveLength(1);
  input.close();
});

test("events of a microphone that was replaced are ignored", async () => {
  const { input, onLost, reported, plug } = open();
  await input.ask();
  await plug("webcam");
  const [old] = devices.opened;
  for (const event of ["mute", "unmute", "ended"]) old!.tell(event);
  expect(onLost).toHaveBeenCalledOnce();
  expect(reported()).toBe("ready");
  input.close();
});

test("a person who was never asked for a microphone is not asked when a device is plugged in", async () => {
  const { input, reported, plug } = open();
  await plug("headset", "webcam");
  expect(devices.opened).toEqual([]);
  expect(reported()).toBeUndefined();
  input.close();
});
