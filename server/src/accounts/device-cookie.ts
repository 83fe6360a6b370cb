/**
 * The device cookie (OWASP, "Slow Down Online Guessing Attacks with Device Cookies") lists the accounts that signed in with this browser.
 * Attempts from such a browser are counted apart from strangers', so strangers cannot lock an owner out. The cookie signs nobody in.
 * It is sealed and has a fixed length, so it does not reveal who uses the browser or how many they are.
 */
import { createHash, randomBytes } from "node:crypto";
import { DEVICE_SECONDS } from "../http/cookies.ts";
import type { Keys } from "../platform/keys.ts";
import { open, seal } from "../platform/seal.ts";

/** Accounts in one cookie. The one that signed in longest ago is dropped first. */
const MAX_ACCOUNTS = 16;
const CONTEXT = "device cookie";

/**
 * Bytes of each field: the SHA-256 of the email address, truncated; the device's id for this account; the account's device epoch; the time of
 * the sign-in, in Unix seconds.
 */
const ENTRY = { email: 16, id: 16, epoch: 4, at: 4 };
const ENTRY_BYTES = ENTRY.email + ENTRY.id + ENTRY.epoch + ENTRY.at;
/** With the seal's nonce (12 bytes) and tag (16 bytes). */
const SEALED_BYTES = 12 + 16 + MAX_ACCOUNTS * ENTRY_BYTES;
/** Base64url, without padding. */
const COOKIE_CHARACTERS = Math.ceil((SEALED_BYTES * 4) / 3);

interface Entry {
  email: Buffer;
  id: Buffer;
  epoch: number;
  at: number;
}

export interface Device {
  /** The key of the browser's count of attempts. */
  id: string;
  /** The account's device epoch at its last sign-in here. If the account's epoch is newer, the browser counts as a stranger. */
  epoch: number;
}

/** One key for all browsers that signed in to the account in one device epoch. Rate limits and places for hashing are counted by it. */
export const deviceGroup = (email: string, { epoch }: Device) => `${email} ${epoch}`;

export interface DeviceCookies {
  /** The cookie's entry for the email address. Null when it has none, or when the cookie is not one of this server's. */
  find(cookie: string | null, email: string): Device | null;
  /** A key that counts the account that signed in last with this browser. Null when the cookie is not one of this server's. */
  lastAccount(cookie: string | null): string | null;
  /** Returns the cookie's new value, with this account as the newest. */
  add(cookie: string | null, account: { email: string; deviceEpoch: number }): string;
}

function hashOf(email: string): Buffer {
  return createHash("sha256").update(email).digest().subarray(0, ENTRY.email);
}

function pack(entries: readonly Entry[]): Buffer {
  const bytes = Buffer.alloc(MAX_ACCOUNTS * ENTRY_BYTES);
  entries.forEach(({ email, id, epoch, at }, index) => {
    const from = index * ENTRY_BYTES;
    email.copy(bytes, from);
    id.copy(bytes, from + ENTRY.email);
    bytes.writeUInt32BE(epoch, from + ENTRY.email + ENTRY.id);
    bytes.writeUInt32BE(at, from + ENTRY.email + ENTRY.id + ENTRY.epoch);
  });
  return bytes;
}

function unpack(bytes: Buffer): Entry[] {
  const entries = Array.from({ length: MAX_ACCOUNTS }, (_, index) => {
    const from = index * ENTRY_BYTES;
    const idFrom = from + ENTRY.email;
    const epochFrom = idFrom + ENTRY.id;
    return {
      email: bytes.subarray(from, idFrom),
      id: bytes.subarray(idFrom, epochFrom),
      epoch: bytes.readUInt32BE(epochFrom),
      at: bytes.readUInt32BE(epochFrom + ENTRY.epoch),
    };
  });
  return entries.filter(({ at }) => at > 0);
}

/** @param now Unix time in milliseconds */
export function makeDeviceCookies(keys: Pick<Keys, "platformKey">, now = Date.now): DeviceCookies {
  const key = keys.platformKey("device cookie");
  const seconds = () => Math.floor(now() / 1_000);

  function read(cookie: string | null): Entry[] {
    if (cookie?.length !== COOKIE_CHARACTERS) return [];
    try {
      return unpack(open(key, Buffer.from(cookie, "base64url"), CONTEXT)).filter(({ at }) => at + DEVICE_SECONDS > seconds());
    } catch {
      return []; // forged, or sealed with another master key
    }
  }

  return {
    find(cookie, email) {
      const wanted = hashOf(email);
      const entry = read(cookie).find((known) => known.email.equals(wanted));
      return entry ? { id: entry.id.toString("base64url"), epoch: entry.epoch } : null;
    },
    lastAccount(cookie) {
      const [newest] = read(cookie);
      return newest ? `${newest.email.toString("base64url")} ${newest.epoch}` : null;
    },
    add(cookie, { email, deviceEpoch }) {
      const wanted = hashOf(email);
      const known = read(cookie);
      const before = known.find((entry) => entry.email.equals(wanted));
      // Keep the id, or every sign-in would reset the count of attempts.
      const id = before?.epoch === deviceEpoch ? before.id : randomBytes(ENTRY.id);
      const others = known.filter((entry) => entry !== before).slice(0, MAX_ACCOUNTS - 1);
      const entries = [{ email: wanted, id, epoch: deviceEpoch, at: seconds() }, ...others];
      return seal(key, pack(entries), CONTEXT).toString("base64url");
    },
  };
}
