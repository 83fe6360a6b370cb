/** Time-based one-time passwords (RFC 6238) with SHA-1, 6 digits and 30 seconds: what every authenticator app supports. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { encodeBase32 } from "../platform/base32.ts";

const STEP_MS = 30_000;
const DIGITS = 6;
const ISSUER = "whoot";

/** 160 bits, the length of the hash (RFC 4226 §4). */
export function makeTotpSecret(): Buffer {
  return randomBytes(20);
}

/** @param now Unix time in milliseconds */
export function stepAt(now: number): number {
  return Math.floor(now / STEP_MS);
}

/** The code of a time step (RFC 4226 §5.3). */
export function codeAt(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac("sha1", secret).update(counter).digest();
  const offset = hash.readUInt8(hash.length - 1) & 0xf;
  const truncated = hash.readUInt32BE(offset) & 0x7fffffff;
  return String(truncated % 10 ** DIGITS).padStart(DIGITS, "0");
}

/**
 * Finds the time step of a code. The current step and the one before are accepted, for a slow typist or a slow clock; none ahead
 * (ASVS 5.0 §6.5.5).
 * @param code 6 digits
 * @param now Unix time in milliseconds
 * @returns null for any other code
 */
export function findStep(secret: Buffer, code: string, now: number): number | null {
  const current = stepAt(now);
  for (const step of [current, current - 1]) {
    if (timingSafeEqual(Buffer.from(codeAt(secret, step)), Buffer.from(code))) return step;
  }
  return null;
}

/** The content of the QR code, in the "Key URI Format" that authenticator apps read. */
export function totpUri(secret: Buffer, email: string): string {
  const label = `${ISSUER}:${encodeURIComponent(email)}`;
  return `otpauth://totp/${label}?secret=${encodeBase32(secret)}&issuer=${ISSUER}&algorithm=SHA1&digits=${DIGITS}&period=30`;
}
