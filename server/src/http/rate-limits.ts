/**
 * Limits how often somebody may call an operation. Each limit is checked as soon as its key is known, because an early refusal costs least.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { callerAddress } from "../platform/http/caller.ts";
import { Refusal } from "../platform/refusal.ts";

export interface RateLimit {
  max: number;
  /** Milliseconds. */
  timeWindow: number;
  /** The key to count by, which may come from the body. Default: the account, or the address of a caller who is not signed in. */
  key?: (request: FastifyRequest) => string;
}

interface EndpointLimits {
  /** Checks the limits by caller. Call it before the body is read. @throws Refusal rate_limited */
  beforeBody(request: FastifyRequest): Promise<void>;
  /** Checks the limits that have a key, in their order. Call it once the body has been validated. @throws Refusal rate_limited */
  withBody(request: FastifyRequest): Promise<void>;
  /** Counts a stranger's invalid request. Call it when a public operation has failed. */
  refused(request: FastifyRequest, error: Error): Promise<void>;
}

/** How many counters each limit keeps. The least recently used one is dropped first. */
const COUNTS = 50_000;

/** Invalid requests that one address, or one known browser, may send to all public operations together. Typing errors cause only a few. */
const INVALID = { max: 300, timeWindow: 5 * 60_000 };

/** The key by which a request is counted: the account, or the IP address. */
export function caller(request: FastifyRequest): string {
  return request.identified?.principal.accountId ?? callerAddress(request);
}

function tooMany(seconds: number): Refusal {
  return new Refusal("rate_limited", { detail: `Too many attempts. Try again in ${seconds} seconds.`, retryAfter: seconds });
}

/**
 * @param browserOf identifies a browser that has signed in here before; null for a stranger's. Known browsers are counted apart from their
 * address, so that one colleague cannot lock out a whole office.
 * @param counts how many counters each limit keeps; tests set it
 */
export function makeRateLimits(app: FastifyInstance, browserOf: (request: FastifyRequest) => string | null, counts = COUNTS) {
  function counter({ max, timeWindow }: RateLimit, keyGenerator: (request: FastifyRequest) => string) {
    const settings = { max, timeWindow, keyGenerator, cache: counts }; // `cache` is missing from its type
    return app.createRateLimit(settings);
  }

  const sender = (request: FastifyRequest) => browserOf(request) ?? callerAddress(request);
  const countInvalid = counter(INVALID, sender);
  /** Senders that are locked out, and until when, in milliseconds since 1970. */
  const lockedUntil = new Map<string, number>();

  function assertNotLockedOut(request: FastifyRequest): void {
    if (lockedUntil.size === 0) return;
    const from = sender(request);
    const left = (lockedUntil.get(from) ?? 0) - Date.now();
    if (left > 0) throw tooMany(Math.ceil(left / 1_000));
    lockedUntil.delete(from);
  }

  async function check(request: FastifyRequest, count: ReturnType<typeof counter>): Promise<void> {
    const verdict = await count(request);
    if (!verdict.isAllowed && verdict.isExceeded) throw tooMany(verdict.ttlInSeconds);
  }

  return {
    forEndpoint(spec: EndpointSpec, limits: readonly RateLimit[]): EndpointLimits {
      const own: Array<ReturnType<typeof counter>> = [];
      const keyed: Array<ReturnType<typeof counter>> = [];
      for (const limit of limits) {
        const { key = caller } = limit;
        (limit.key ? keyed : own).push(counter(limit, (request) => `${spec.operationId} ${key(request)}`));
      }
      return {
        async beforeBody(request) {
          if (spec.access === "public") assertNotLockedOut(request);
          for (const count of own) await check(request, count);
        },
        async withBody(request) {
          for (const count of keyed) await check(request, count);
        },
        async refused(request, error) {
          if (!isInvalid(error)) return;
          const verdict = await countInvalid(request);
          if (verdict.isAllowed || !verdict.isExceeded) return;
          if (lockedUntil.size >= counts) lockedUntil.delete(lockedUntil.keys().next().value ?? "");
          lockedUntil.set(sender(request), Date.now() + verdict.ttl);
        },
      };
    },
  };
}

/** Whether the request could not be parsed, was too large, had another type, or broke the schema. */
function isInvalid(error: Error): boolean {
  const { statusCode, status } = error as { statusCode?: number; status?: number };
  return [400, 413, 415].includes(status ?? statusCode ?? 500);
}
