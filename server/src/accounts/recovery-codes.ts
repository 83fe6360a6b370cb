/** Recovery codes: ten for an account, each usable once, for people who have lost their authenticator app. */
import { randomBytes } from "node:crypto";
import { encodeBase32 } from "../platform/base32.ts";
import { type Hashing, withHashing } from "./passwords.ts";

const CODES = 10;
/** Base32 characters: 50 bits. */
const CODE_CHARACTERS = 10;
const SALT_BYTES = 16;

export interface RecoveryCodes {
  /** The codes as the person sees them, once: "ABCDE-FGHIJ". */
  codes: string[];
  salt: Buffer;
  hashes: Buffer[];
}

function makeCode(): string {
  // 7 bytes make 12 characters; the last two are dropped.
  return encodeBase32(randomBytes(7)).slice(0, CODE_CHARACTERS);
}

/** @throws Refusal unavailable, when the hashing queue is full */
export function makeRecoveryCodes(accountId: string): Promise<RecoveryCodes> {
  const codes = Array.from({ length: CODES }, makeCode);
  const salt = randomBytes(SALT_BYTES);
  return withHashing({ known: accountId }, async (hashing) => {
    const hashes: Buffer[] = [];
    // Hashed one after another, because all at once would delay everybody else's sign-ins.
    for (const code of codes) hashes.push(await hashing.hashWithSalt(code, salt));
    return { codes: codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`), salt, hashes };
  });
}

/**
 * @param code without hyphens, in capital letters
 * @throws Refusal unavailable, when the hashing queue is full
 */
export function hashRecoveryCode(accountId: string, code: string, salt: Buffer): Promise<Buffer> {
  // A lane of its own, so that an attacker who knows the password and guesses codes takes no places from the person's other requests.
  return withHashing({ known: `${accountId} recovery code` }, (hashing: Hashing) => hashing.hashWithSalt(code, salt));
}
