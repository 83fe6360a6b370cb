import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { makeInFlight } from "./in-flight.ts";

test("a workspace and a person each have a limit of open requests, and a closed response makes room for another", () => {
  const inFlight = makeInFlight({ requests: 3, requestsPerPerson: 2 });
  const open: EventEmitter[] = [];
  const enter = (accountId: string, tenantId: string | null) => {
    const response = Object.assign(new EventEmitter(), { destroyed: false });
    inFlight.enter({ accountId, tenantId }, response);
    open.push(response);
  };
  enter("ada", "acme");
  inFlight.assertRoomFor("ada");
  enter("ada", null);
  const busy = { code: "unavailable", status: 503, retryAfter: 1 };
  expect(() => enter("ada", "other")).toThrow(
    expect.objectContaining({ ...busy, detail: expect.stringMatching(/^Your account has 2 requests open at once/) }),
  );
  expect(() => inFlight.assertRoomFor("ada")).toThrow(expect.objectContaining(busy));
  inFlight.assertRoomFor("bob");
  enter("bob", "acme");
  enter("eve", "acme");
  expect(() => enter("dan", "acme")).toThrow(
    expect.objectContaining({ ...busy, detail: expect.stringMatching(/^This workspace has 3 requests open at once/) }),
  );
  enter("dan", "other");
  open[0]?.emit("close");
  enter("ada", "acme");
});
