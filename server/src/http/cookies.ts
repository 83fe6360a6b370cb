/**
 * Our cookies: `__Host-`, HttpOnly, Secure, SameSite=Lax (RFC 6265bis). On plain-http loopback their names have no prefix and end in the
 * port: browsers send cookies to every port of a host, so a second server on this machine would overwrite them.
 */
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { hashToken } from "../platform/tokens.ts";

type CookieConfig = Pick<Config, "secureCookies">;

/**
 * The session; the mark of a browser that signs up, in which the mailed link needs no password; the device
 * cookie; a sign-in that waits for its second step; the marks of a browser that got a passkey challenge, and of one that went to an
 * identity provider.
 */
type CookieName = "whoot-session" | "whoot-sign-up" | "whoot-device" | "whoot-second-step" | "whoot-passkey" | "whoot-sso";

const SIGN_UP_SECONDS = 24 * 3600;
/** The longest that browsers keep a cookie (RFC 6265bis §5.5). */
export const DEVICE_SECONDS = 400 * 24 * 3600;

function nameOf(request: FastifyRequest, config: CookieConfig, base: CookieName): string {
  return config.secureCookies ? `__Host-${base}` : `${base}-${request.socket.localPort}`;
}

function attributes(config: CookieConfig) {
  return { path: "/", httpOnly: true, secure: config.secureCookies, sameSite: "lax" as const };
}

function read(request: FastifyRequest, config: CookieConfig, base: CookieName): string | null {
  return request.cookies[nameOf(request, config, base)] ?? null;
}

interface Cookie {
  base: CookieName;
  value: string;
  /** Seconds. */
  maxAge: number;
}

function set(reply: FastifyReply, config: CookieConfig, { base, value, maxAge }: Cookie): void {
  reply.setCookie(nameOf(reply.request, config, base), value, { ...attributes(config), maxAge });
}

/** Whether a request has a session cookie, valid or not. This is cheap, because it decides which queue the request waits in. */
export function hasSessionCookie(request: IncomingMessage): boolean {
  return request.headers.cookie?.includes("whoot-session") ?? false;
}

export function readSessionToken(request: FastifyRequest, config: CookieConfig): string | null {
  return read(request, config, "whoot-session");
}

/** The hash by which the session is found. Null for a request without a session cookie. */
export function readSessionHash(request: FastifyRequest, config: CookieConfig): Buffer | null {
  const token = readSessionToken(request, config);
  return token ? hashToken(token) : null;
}

/** @param maxAge seconds */
export function setSessionToken(reply: FastifyReply, config: CookieConfig, token: string, maxAge: number): void {
  set(reply, config, { base: "whoot-session", value: token, maxAge });
}

export function clearSessionToken(reply: FastifyReply, config: CookieConfig): void {
  reply.clearCookie(nameOf(reply.request, config, "whoot-session"), attributes(config));
}

export function readSignUpToken(request: FastifyRequest, config: CookieConfig): string | null {
  return read(request, config, "whoot-sign-up");
}

export function setSignUpToken(reply: FastifyReply, config: CookieConfig, token: string): void {
  set(reply, config, { base: "whoot-sign-up", value: token, maxAge: SIGN_UP_SECONDS });
}

export function readDeviceCookie(request: FastifyRequest, config: CookieConfig): string | null {
  return read(request, config, "whoot-device");
}

export function setDeviceCookie(reply: FastifyReply, config: CookieConfig, value: string): void {
  set(reply, config, { base: "whoot-device", value, maxAge: DEVICE_SECONDS });
}

export function readSecondStep(request: FastifyRequest, config: CookieConfig): string | null {
  return read(request, config, "whoot-second-step");
}

/** @param maxAge seconds */
export function setSecondStep(reply: FastifyReply, config: CookieConfig, value: string, maxAge: number): void {
  set(reply, config, { base: "whoot-second-step", value, maxAge });
}

export function clearSecondStep(reply: FastifyReply, config: CookieConfig): void {
  reply.clearCookie(nameOf(reply.request, config, "whoot-second-step"), attributes(config));
}

/** As long as a sign-in page may stay open. The cookie is not renewed, because that would break the challenges of other tabs. */
const PASSKEY_SECONDS = 24 * 3600;

/** The value of a cookie that whoot set; null for anything else. */
function readMark(request: FastifyRequest, config: CookieConfig, base: "whoot-passkey" | "whoot-sso"): string | null {
  const token = read(request, config, base);
  return token !== null && /^[\w-]{43}$/.test(token) ? token : null;
}

export function readPasskeyToken(request: FastifyRequest, config: CookieConfig): string | null {
  return readMark(request, config, "whoot-passkey");
}

export function setPasskeyToken(reply: FastifyReply, config: CookieConfig, token: string): void {
  set(reply, config, { base: "whoot-passkey", value: token, maxAge: PASSKEY_SECONDS });
}

const SSO_SECONDS = 24 * 3600;

/** One per browser, not per sign-in: two tabs can be on their way to a provider at once. */
export function readSsoBrowser(request: FastifyRequest, config: CookieConfig): string | null {
  return readMark(request, config, "whoot-sso");
}

export function setSsoBrowser(reply: FastifyReply, config: CookieConfig, token: string): void {
  set(reply, config, { base: "whoot-sso", value: token, maxAge: SSO_SECONDS });
}
