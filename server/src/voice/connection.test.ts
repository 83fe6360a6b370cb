import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CLIENT_MESSAGE_BURST, CLIENT_MESSAGES_PER_SECOND, CLOSE, MAX_CLIENT_MESSAGE_BYTES } from "#contract/gateway.ts";
import type { ClientMessage } from "#contract/gateway.ts";
import { makeConnection } from "./connection.ts";
import { ADMISSION_INBOX_BYTES, CLOSE_GRACE_MS, SLOW_CONSUMER_BYTES } from "./limits.ts";
import { fakeSocket } from "./testing/fake-socket.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function connect({ admitted = true } = {}) {
  const wire = fakeSocket();
  const handled: ClientMessage[] = [];
  const onEnd = vi.fn();
  const connection = makeConnection(wire.socket, () => {}, onEnd);
  const open = () => connection.open((message) => void handled.push(message));
  if (admitted) open();
  return { ...wire, connection, handled, onEnd, open };
}

const stop = { type: "talk.stop" } as const;

test.each([
  ["text that is not JSON", "talk.stop", false],
  ["truncated JSON", '{"type":"talk.stop"', false],
  ["an array", "[]", false],
  ["an unknown type", '{"type":"admin.grant"}', false],
  ["an extra field", '{"type":"talk.stop","memberId":"x"}', false],
  ["an invalid id", '{"type":"join","channelId":"../../etc"}', false],
  ["a __proto__ key", '{"__proto__":{"type":"talk.stop"}}', false],
  ["deep nesting", "[".repeat(60_000), false],
  ["a valid message in a binary frame", '{"type":"talk.stop"}', true],
])("%s is answered with malformed and ignored", (_, text, isBinary) => {
  const { sayRaw, last, handled, state } = connect();
  sayRaw(text, isBinary);
  expect(last("error").error).toBe("malformed");
  expect(handled).toEqual([]);
  expect(state.closed).toBe(null);
});

test("a message above the size limit is answered with too_large, and one at the limit is read", () => {
  const { sayRaw, last } = connect();
  sayRaw(" ".repeat(MAX_CLIENT_MESSAGE_BYTES));
  expect(last("error").error).toBe("malformed");
  sayRaw(" ".repeat(MAX_CLIENT_MESSAGE_BYTES + 1));
  expect(last("error").error).toBe("too_large");
});

test("a ping is answered with a pong at once and is not passed on", () => {
  const { say, last, handled } = connect();
  say({ type: "ping" });
  expect(last("pong")).toEqual({ type: "pong" });
  expect(handled).toEqual([]);
});

test("a full burst of messages is accepted, and one more closes the connection with 4429", () => {
  const { say, last, state, handled, onEnd } = connect();
  for (let i = 0; i < CLIENT_MESSAGE_BURST; i += 1) say(stop);
  expect(state.closed).toBe(null);
  say(stop);
  expect(last("error").error).toBe("too_many_messages");
  expect(state.closed?.code).toBe(CLOSE.tooManyMessages);
  expect(onEnd).toHaveBeenCalledOnce();
  say(stop);
  expect(handled).toHaveLength(CLIENT_MESSAGE_BURST);
});

test("malformed messages count towards the rate limit", () => {
  const { sayRaw, state } = connect();
  for (let i = 0; i <= CLIENT_MESSAGE_BURST; i += 1) sayRaw("{");
  expect(state.closed?.code).toBe(CLOSE.tooManyMessages);
});

test("messages at the sustained rate never exceed the limit", () => {
  const { say, state } = connect();
  for (let second = 0; second < 60; second += 1) {
    for (let i = 0; i < CLIENT_MESSAGES_PER_SECOND; i += 1) say(stop);
    vi.advanceTimersByTime(1_000);
  }
  expect(state.closed).toBe(null);
});

test("answered heartbeats keep the connection open, and silence closes it within 10 s", () => {
  const { say, all, state, onEnd } = connect();
  for (let i = 0; i < 10; i += 1) {
    vi.advanceTimersByTime(2_500);
    say({ type: "heartbeat" });
  }
  expect(all("heartbeat")).toHaveLength(10);
  expect(state.closed).toBe(null);
  vi.advanceTimersByTime(7_499);
  expect(onEnd).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(state.closed?.code).toBe(CLOSE.heartbeatLost);
  expect(onEnd).toHaveBeenCalledOnce();
});

test("a client that does not confirm the close is terminated after the grace period", () => {
  const { connection, state } = connect();
  connection.close(CLOSE.goneAway, "test");
  vi.advanceTimersByTime(CLOSE_GRACE_MS - 1);
  expect(state.terminated).toBe(false);
  vi.advanceTimersByTime(1);
  expect(state.terminated).toBe(true);
});

test("a client that confirms the close is not terminated, and no timer is left", () => {
  const { connection, state, drop, onEnd } = connect();
  connection.close(CLOSE.goneAway, "test");
  drop();
  expect(vi.getTimerCount()).toBe(0);
  expect(state.terminated).toBe(false);
  expect(onEnd).toHaveBeenCalledOnce();
});

test("a client that reads too slowly is terminated, and its end is reported in a later tick", () => {
  const { connection, state, onEnd, received } = connect();
  state.bufferedAmount = SLOW_CONSUMER_BYTES + 1;
  connection.send({ type: "heartbeat" });
  connection.send({ type: "heartbeat" });
  expect(state.terminated).toBe(true);
  expect(received).toEqual([]);
  expect(onEnd).not.toHaveBeenCalled();
  vi.advanceTimersByTime(0);
  expect(onEnd).toHaveBeenCalledOnce();
});

test("messages that arrive before admission are handled after it, in order", () => {
  const { say, open, handled } = connect({ admitted: false });
  say({ type: "talk.stop" });
  say({ type: "media.connect" });
  expect(handled).toEqual([]);
  open();
  expect(handled.map(({ type }) => type)).toEqual(["talk.stop", "media.connect"]);
});

test("the messages that wait for admission are limited in size", () => {
  const { say, state } = connect({ admitted: false });
  const big = { type: "media.answer", sdp: "x".repeat(31_000) } as const;
  for (let i = 0; i < Math.floor(ADMISSION_INBOX_BYTES / 31_100); i += 1) say(big);
  expect(state.closed).toBe(null);
  say(big);
  expect(state.closed?.code).toBe(CLOSE.tooManyMessages);
});

test("an error in a message handler closes that connection with 1011", () => {
  const { socket, say, state } = fakeSocket();
  const onEnd = vi.fn();
  makeConnection(socket, () => {}, onEnd).open(() => {
    throw new Error("bug");
  });
  say(stop);
  expect(state.closed).toEqual({ code: 1011, reason: "internal error" });
  expect(onEnd).toHaveBeenCalledOnce();
});
