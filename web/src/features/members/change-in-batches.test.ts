import { expect, test } from "vitest";
import type { ErrorCode, Problem } from "#contract/errors.ts";
import { MAX_MEMBERS_AT_ONCE } from "#contract/http/members.ts";
import { ApiError, unreachable } from "../../api/errors.ts";
import { changeInBatches } from "./change-in-batches.ts";

const people = (count: number) =>
  Array.from({ length: count }, (_, place) => ({ memberId: `m${place}`, name: `Person ${place}` }));

function refusal(code: ErrorCode, status: number, fields: Problem["fields"]): ApiError {
  const problem = { code, status, detail: "Nothing was changed.", fields } as Problem;
  return new ApiError(code, status, "Nothing was changed.", { problem });
}

/** Answers like the server: a request with a member who can't be changed changes nobody, and names that member. */
function server(blocked: ReadonlyMap<string, string>, code: ErrorCode = "outranked") {
  const requests: string[][] = [];
  const send = (memberIds: string[]) => {
    requests.push(memberIds);
    const fields = memberIds.flatMap((id, place) => {
      const message = blocked.get(id);
      return message === undefined ? [] : [{ path: `memberIds.${place}`, message }];
    });
    return fields.length > 0 ? Promise.reject(refusal(code, 403, fields)) : Promise.resolve();
  };
  return { requests, send };
}

const options = { isGoneDone: false, onProgress: () => {}, isStopped: () => false };

test("any number of people is changed, each once, in requests no larger than the server accepts", async () => {
  const { requests, send } = server(new Map());
  const progress: number[] = [];
  const all = people(1_203);
  const outcome = await changeInBatches(all, send, { ...options, onProgress: (done) => progress.push(done) });
  expect(requests.map(({ length }) => length)).toEqual([500, 500, 203]);
  expect(Math.max(...requests.map(({ length }) => length))).toBeLessThanOrEqual(MAX_MEMBERS_AT_ONCE);
  expect(outcome).toEqual({ done: all.map(({ memberId }) => memberId), refused: [], left: [], error: null });
  expect(progress).toEqual([500, 1_000, 1_203]);
});

test("people who can't be changed are reported with the reason, and everybody else is changed", async () => {
  const { send } = server(
    new Map([
      ["m3", "Person 3: The owner can't be suspended."],
      ["m700", "Person 700: Their role is above yours."],
    ]),
  );
  const outcome = await changeInBatches(people(1_000), send, options);
  expect(outcome.done).toHaveLength(998);
  expect(outcome.refused).toEqual([
    { memberId: "m3", why: "Person 3: The owner can't be suspended." },
    { memberId: "m700", why: "Person 700: Their role is above yours." },
  ]);
  expect([outcome.left, outcome.error]).toEqual([[], null]);
});

test("a person who has already left counts as removed, but not as suspended", async () => {
  const gone = () => server(new Map([["m1", "No longer a member of this workspace."]]), "not_found");
  const suspended = await changeInBatches(people(600), gone().send, options);
  expect(suspended.refused).toEqual([{ memberId: "m1", why: "Person 1: No longer a member of this workspace." }]);
  const removed = await changeInBatches(people(600), gone().send, { ...options, isGoneDone: true });
  expect([removed.done.length, removed.refused]).toEqual([600, []]);
});

test("a failed request ends the change and reports who is done and who is left, so that it can continue", async () => {
  let requests = 0;
  const failing = () => {
    requests += 1;
    return requests === 2 ? Promise.reject(unreachable()) : Promise.resolve();
  };
  const outcome = await changeInBatches(people(1_100), failing, options);
  expect([outcome.done.length, outcome.left.length, outcome.error]).toEqual([500, 600, expect.any(ApiError)]);
  const rest = await changeInBatches(outcome.left, failing, options);
  expect([rest.done.length, rest.left, rest.error]).toEqual([600, [], null]);
});

test("after a stop no other request is sent", async () => {
  const { requests, send } = server(new Map());
  const outcome = await changeInBatches(people(1_100), send, { ...options, isStopped: () => requests.length === 1 });
  expect([requests.length, outcome.done.length, outcome.left.length, outcome.error]).toEqual([1, 500, 600, null]);
});
