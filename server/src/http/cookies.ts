/** The session cookie: `__Host-`, HttpOnly, Secure, SameSite=Lax (RFC 6265bis); on plain-http loopback without the prefix. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";

type CookieConfig = Pick<Config, "secureCookies">;

const name = (config: CookieConfig, base: string) => (config.secureCookies ? `__Host-${base}` : base);

function attributes(config: CookieConfig) {
  return { path: "/", httpOnly: true, secure: config.secureCookies, sameSite: "lax" as const };
}

export function readSessionToken(request: FastifyRequest, config: CookieConfig): string | null {
  return request.cookies[name(config, "whoot-session")] ?? null;
}

/** @param maxAge seconds. */
export function setSessionToken(reply: FastifyReply, config: CookieConfig, token: string, maxAge: number): void {
  reply.setCookie(name(config, "whoot-session"), token, { ...attributes(config), maxAge });
}

export function clearSessionToken(reply: FastifyReply, config: CookieConfig): void {
  reply.clearCookie(name(config, "whoot-session"), attributes(config));
}

/** Marks the browser that signs up, so that its mailed link needs no password there. */
export function readSignUpToken(request: FastifyRequest, config: CookieConfig): string | null {
  return request.cookies[name(config, "whoot-sign-up")] ?? null;
}

export function setSignUpToken(reply: FastifyReply, config: CookieConfig, token: string): void {
  reply.setCookie(name(config, "whoot-sign-up"), token, { ...attributes(config), maxAge: 24 * 3600 });
}
