import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { callerAddress, originOf } from "./caller.ts";

const requestFrom = (ip: string | undefined) => ({ ip, headers: {} }) as unknown as FastifyRequest;

test("a caller who hung up before the request began has no address, and counts together with others like them", () => {
  expect(originOf(requestFrom(undefined)).ipAddress).toBeNull();
  expect(callerAddress(requestFrom(undefined))).toBe(callerAddress(requestFrom("")));
});

test("addresses of one IPv6 /64 are counted as one caller", () => {
  expect(callerAddress(requestFrom("2001:db8:1:2::3"))).toBe(callerAddress(requestFrom("2001:db8:1:2:ffff::9")));
  expect(callerAddress(requestFrom("2001:db8:1:3::3"))).not.toBe(callerAddress(requestFrom("2001:db8:1:2::3")));
});
