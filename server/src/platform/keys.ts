/**
 * The key store: one data key per tenant, each in its own file, sealed with the master key. Keys are never in the database, so that no
 * database backup can open a deleted tenant's recordings. Without its key, a recording is noise.
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

export interface Keys {
  /** Creates the tenant's key. @throws if there already is one */
  create(tenantId: string): void;
  /** @throws KeyDestroyedError if the tenant has no key, or none any more */
  dataKey(tenantId: string): Buffer;
  has(tenantId: string): boolean;
  /** The ids of the tenants that have a key. */
  list(): string[];
  /** Overwrites and removes the tenant's key. Does nothing if it is gone. */
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

const DESTROYED = ".destroyed";
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
  const cache = new Map<string, Buffer>();
  const fileOf = (tenantId: string) => resolve(folder, "tenants", `${tenantId}.key`);

  return {
    create(tenantId) {
      const file = fileOf(tenantId);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const key = randomBytes(32);
      // The key must be durable before anything is sealed with it: with a lost key, recordings are lost.
      writeFileSync(file, seal(sealingKey, key, tenantId), { mode: 0o600, flag: "wx", flush: true });
      syncFolder(dirname(file));
      cache.set(tenantId, key);
    },
    dataKey(tenantId) {
      let key = cache.get(tenantId);
      if (!key) {
        const file = fileOf(tenantId);
        if (!existsSync(file)) throw new KeyDestroyedError(tenantId);
        key = open(sealingKey, readFileSync(file), tenantId);
        cache.set(tenantId, key);
      }
      return key;
    },
    has: (tenantId) => existsSync(fileOf(tenantId)),
    list() {
      const tenants = resolve(folder, "tenants");
      const names = existsSync(tenants) ? readdirSync(tenants) : [];
      return names.filter((name) => name.endsWith(".key")).map((name) => name.slice(0, -".key".length));
    },
    destroy(tenantId) {
      cache.get(tenantId)?.fill(0);
      cache.delete(tenantId);
      const current = fileOf(tenantId);
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
    },
    platformKey: (purpose) => deriveKey(masterKey, Buffer.alloc(0), purpose),
  };
}
