/** Translates the errors of openid-client into refusals, which an admin reads when testing the connection. */
import * as client from "openid-client";
import { SsoRefusal } from "./asserted.ts";

/** How oauth4webapi describes a failed check. Each check sets some of these fields. */
interface Check {
  claim?: string;
  claims?: Record<string, unknown>;
  expected?: unknown;
  now?: number;
  signature?: unknown;
  alg?: unknown;
}

function* causesOf(error: unknown): Generator<Error & { code?: string }> {
  for (let at = error; at instanceof Error; at = at.cause) yield at;
}

function checkOf(error: unknown): Check {
  const last = Array.from(causesOf(error)).at(-1)?.cause;
  return typeof last === "object" && last !== null ? last : {};
}

const isUnreachable = (error: unknown) => Array.from(causesOf(error)).some(({ name }) => name === "OutboundError");
const codeOf = (error: unknown) => (error as { code?: string }).code ?? "unreadable";
const timeOf = (seconds: number) => new Date(seconds * 1_000).toISOString();
const say = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 300);

function timeRefusal({ claim = "", claims = {}, now }: Check): SsoRefusal {
  const time = claims[claim];
  if (typeof time !== "number" || now === undefined) return new SsoRefusal("id_token_time");
  return new SsoRefusal("id_token_time", { expected: timeOf(now), received: timeOf(time), seconds: Math.abs(now - time) });
}

function claimRefusal({ claim = "", claims = {}, expected }: Check): SsoRefusal {
  // The value of a nonce would help nobody.
  if (claim === "nonce") return new SsoRefusal("id_token", { received: claim });
  const received = `${claim}: ${say(claims[claim])}`;
  return new SsoRefusal("id_token", { ...(expected !== undefined && { expected: `${claim}: ${say(expected)}` }), received });
}

/** The refusal when exchanging the code failed, or its ID token was not accepted. */
export function exchangeRefusal(error: unknown): SsoRefusal {
  if (isUnreachable(error)) return new SsoRefusal("provider_unreachable");
  if (error instanceof client.ResponseBodyError) return new SsoRefusal("code_exchange", { received: error.error });
  // The answer to a wrong client secret (RFC 6749 §5.2).
  if (error instanceof client.WWWAuthenticateChallengeError)
    return new SsoRefusal("code_exchange", { received: "invalid_client" });
  const [code, check] = [codeOf(error), checkOf(error)];
  if (code === "OAUTH_JWT_TIMESTAMP_CHECK_FAILED") return timeRefusal(check);
  if (code === "OAUTH_JWT_CLAIM_COMPARISON_FAILED") return claimRefusal(check);
  if (check.alg !== undefined) return new SsoRefusal("id_token_signature", { received: say(check.alg) });
  if (check.signature !== undefined || code === "OAUTH_KEY_SELECTION_FAILED") return new SsoRefusal("id_token_signature");
  return new SsoRefusal("id_token", { received: code });
}

export function userinfoRefusal(error: unknown): SsoRefusal {
  if (isUnreachable(error)) return new SsoRefusal("provider_unreachable");
  if (codeOf(error) === "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED") return new SsoRefusal("userinfo");
  return new SsoRefusal("provider_error", { received: codeOf(error) });
}
