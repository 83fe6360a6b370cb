/**
 * The key store: one data key per tenant, each in its own file, sealed with the master key. While a key is being replaced, the previous one
 * is kept too. Keys are never in the database, so no database backup can open a deleted tenant's recordings.
 */
import { hkdfSync, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { StartupError } from "./startup-error.ts";
import { open, seal } from "./seal.ts";
import { UUID } from "./uuid.ts";

/** A key that something is being sealed with. */
export interface HeldKey {
  readonly key: Buffer;
  /** Call when nothing more is sealed with it. */
  release(): void;
}

export interface Keys {
  /** Creates the tenant's key. @throws if there already is one */
  create(tenantId: string): void;
  /** The key to seal with. @throws KeyDestroyedError if the tenant has no key */
  dataKey(tenantId: string): Buffer;
  /** The key to seal with, for work that goes on. A replaced key is not destroyed before its release. @throws KeyDestroyedError */
  hold(tenantId: string): HeldKey;
  /** The keys to open with: the current one and, until it is destroyed, the previous one. @throws KeyDestroyedError */
  openingKeys(tenantId: string): Buffer[];
  /** Names the current key without telling it: 16 hexadecimal digits. @throws KeyDestroyedError */
  nameOf(tenantId: string): string;
  /**
   * Replaces the key of this name with a new one, durably, and keeps the old one to open with. Does nothing if the key was replaced
   * already.
   */
  replace(tenantId: string, name: string): void;
  /** The name of the previous key; null when it is destroyed. */
  previousName(tenantId: string): string | null;
  /** Whether something is still being sealed with the previous key. */
  isPreviousHeld(tenantId: string): boolean;
  /** Overwrites and removes the previous key. Does nothing if there is none. */
  destroyPrevious(tenantId: string): void;
  has(tenantId: string): boolean;
  /** The ids of the tenants that have a key. */
  list(): string[];
  /** The ids of the tenants whose key was replaced and not destroyed yet. */
  listReplaced(): string[];
  /** Overwrites and removes the tenant's keys. Does nothing if there are none. */
  destroy(tenantId: string): void;
  /** A key for a purpose above tenants, derived from the master key. */
  platformKey(purpose: string): Buffer;
}

export class KeyDestroyedError extends Error {
  override name = "KeyDestroyedError";
  constructor(tenantId: string) {
    super(`tenant ${tenantId} has no key`);
  }
}

/**
 * Opens with the first of the keys that fits.
 * @param keys at least one
 * @throws what `open` throws with the last of them
 */
export async function openWithEither<Result>(
  keys: readonly Buffer[],
  open: (key: Buffer) => Result | Promise<Result>,
): Promise<Result> {
  let failure: unknown;
  for (const key of keys) {
    try {
      return await open(key);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Derives a 32-byte key with HKDF-SHA-256 (RFC 5869). Each purpose gets a key of its own. */
export function deriveKey(key: Buffer, salt: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, salt, `whoot ${purpose}`, 32));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A tenant's files, in the order of their destruction: the key that has() looks for goes last. */
const PARTS = ["next", "copy", "previous", "key"] as const;

interface TenantKeys {
  current: Buffer;
  previous: Buffer | null;
}

const nameOf = (key: Buffer) => deriveKey(key, Buffer.alloc(0), "key name").toString("hex", 0, 8);

/** The ids of the tenants that have a file with this ending. */
function namesOf(folder: string, ending: string): string[] {
  const tenants = resolve(folder, "tenants");
  const names = existsSync(tenants) ? readdirSync(tenants) : [];
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .filter((id) => UUID.test(id));
}

const DESTROYED = ".destroyed";

/** Does nothing if there is no such file. */
function destroyFile(current: string): void {
  if (!existsSync(current)) return;
  // Renamed first, so that a crash while overwriting does not leave a key file that cannot be opened.
  const file = `${current}${DESTROYED}`;
  renameSync(current, file);
  // Overwriting helps on plain disks. A copy-on-write disk may keep the old bytes, which are sealed with the master key.
  const handle = openSync(file, "r+");
  try {
    writeSync(handle, randomBytes(statSync(file).size));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  rmSync(file);
  syncFolder(dirname(file));
}

/** Bytes: nonce, tag and 32 bytes of key. */
const SEALED_KEY_LENGTH = 60;

/** @throws StartupError if there are tenant keys and the master key opens none of them */
function assertMasterKeyFits(folder: string, sealingKey: Buffer): void {
  const tenants = resolve(folder, "tenants");
  if (!existsSync(tenants)) return;
  const names = readdirSync(tenants);
  for (const name of names.filter((file) => file.endsWith(DESTROYED))) rmSync(resolve(tenants, name));
  let tried = 0;
  for (const name of names.filter((file) => file.endsWith(".key"))) {
    const sealed = readFileSync(resolve(tenants, name));
    if (sealed.length !== SEALED_KEY_LENGTH) continue; // cut short by a crash, before its tenant was created
    try {
      open(sealingKey, sealed, name.slice(0, -".key".length)).fill(0);
      return;
    } catch {
      tried += 1;
    }
    if (tried === 100) break;
  }
  if (tried === 0) return;
  throw new StartupError(
    `The master key doesn't open the tenants' keys in ${folder}. Restore the previous WHOOT_MASTER_KEY or master.key.`,
  );
}

/**
 * Opens the keys below `folder`. An opened tenant key stays in memory.
 * @throws StartupError if the keys were sealed with another master key
 */
export function openKeys(folder: string, masterKey: Buffer): Keys {
  const sealingKey = deriveKey(masterKey, Buffer.alloc(0), "tenant key sealing");
  assertMasterKeyFits(folder, sealingKey);
  const cache = new Map<string, TenantKeys>();
  /** How often each key is held. */
  const holders = new Map<Buffer, number>();
  const fileOf = (tenantId: string, part: (typeof PARTS)[number]) => resolve(folder, "tenants", `${tenantId}.${part}`);

  function write(tenantId: string, part: "key" | "next" | "copy", key: Buffer, flag: "w" | "wx"): void {
    // A key must be durable before anything is sealed with it: with a lost key, recordings are lost.
    writeFileSync(fileOf(tenantId, part), seal(sealingKey, key, tenantId), { mode: 0o600, flag, flush: true });
  }

  function read(tenantId: string, part: "key" | "previous"): Buffer | null {
    const file = fileOf(tenantId, part);
    return existsSync(file) ? open(sealingKey, readFileSync(file), tenantId) : null;
  }

  function keysOf(tenantId: string): TenantKeys {
    const cached = cache.get(tenantId);
    if (cached) return cached;
    const current = read(tenantId, "key");
    if (!current) throw new KeyDestroyedError(tenantId);
    const keys = { current, previous: read(tenantId, "previous") };
    cache.set(tenantId, keys);
    return keys;
  }

  return {
    create(tenantId) {
      mkdirSync(dirname(fileOf(tenantId, "key")), { recursive: true, mode: 0o700 });
      const current = randomBytes(32);
      write(tenantId, "key", current, "wx");
      syncFolder(resolve(folder, "tenants"));
      cache.set(tenantId, { current, previous: null });
    },
    dataKey: (tenantId) => keysOf(tenantId).current,
    hold(tenantId) {
      const key = keysOf(tenantId).current;
      holders.set(key, (holders.get(key) ?? 0) + 1);
      let held = true;
      return {
        key,
        release() {
          if (!held) return;
          held = false;
          const left = (holders.get(key) ?? 1) - 1;
          if (left === 0) holders.delete(key);
          else holders.set(key, left);
        },
      };
    },
    openingKeys(tenantId) {
      const { current, previous } = keysOf(tenantId);
      return previous ? [current, previous] : [current];
    },
    nameOf: (tenantId) => nameOf(keysOf(tenantId).current),
    replace(tenantId, name) {
      const { current: previous, previous: older } = keysOf(tenantId);
      if (nameOf(previous) !== name) return;
      // A crash may have left a copy of the current key.
      if (older && !older.equals(previous)) throw new Error(`the previous key of tenant ${tenantId} still opens files`);
      const current = randomBytes(32);
      write(tenantId, "next", current, "w");
      // In this order, so that the key files open everything whenever the process crashes. A crash must not leave half a copy under the
      // final name.
      write(tenantId, "copy", previous, "w");
      renameSync(fileOf(tenantId, "copy"), fileOf(tenantId, "previous"));
      renameSync(fileOf(tenantId, "next"), fileOf(tenantId, "key"));
      syncFolder(resolve(folder, "tenants"));
      cache.set(tenantId, { current, previous });
    },
    previousName(tenantId) {
      const { previous } = keysOf(tenantId);
      return previous && nameOf(previous);
    },
    isPreviousHeld(tenantId) {
      const { previous } = keysOf(tenantId);
      return previous !== null && holders.has(previous);
    },
    destroyPrevious(tenantId) {
      const { current } = keysOf(tenantId);
      // The copy in memory is not overwritten, because a reader of a file that was sealed anew meanwhile may still use it.
      cache.set(tenantId, { current, previous: null });
      destroyFile(fileOf(tenantId, "previous"));
    },
    has: (tenantId) => existsSync(fileOf(tenantId, "key")),
    list: () => namesOf(folder, ".key"),
    listReplaced: () => namesOf(folder, ".previous"),
    destroy(tenantId) {
      const keys = cache.get(tenantId);
      keys?.current.fill(0);
      keys?.previous?.fill(0);
      cache.delete(tenantId);
      for (const part of PARTS) destroyFile(fileOf(tenantId, part));
    },
    platformKey: (purpose) => deriveKey(masterKey, Buffer.alloc(0), purpose),
  };
}
