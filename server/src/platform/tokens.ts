/** Bearer tokens: 256 random bits, handed out once as base64url, stored as a SHA-256 hash (ASVS 5.0 §7.2, §11.4). */
import { createHash, randomBytes } from "node:crypto";

export function makeToken(): string {
  return randomBytes(32).toString("base64url");
}

export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
