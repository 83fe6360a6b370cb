import { expect, test } from "vitest";
import { makeCallers } from "./callers.ts";

test("all known sessions of a person count as one caller, and so do all unknown sessions", () => {
  const callers = makeCallers(2);
  const hash = (token: string | null) => (token === null ? null : Buffer.from(token));
  callers.remember(hash("laptop"), "ada");
  callers.remember(hash("phone"), "ada");
  expect(["laptop", "phone", "invented", null].map((token) => callers.callerOf(hash(token)))).toEqual(["ada", "ada", "", ""]);
  callers.remember(hash("laptop"), "ada");
  callers.remember(hash("other"), "bob");
  expect(["laptop", "phone", "other"].map((token) => callers.callerOf(hash(token)))).toEqual(["ada", "", "bob"]);
});
