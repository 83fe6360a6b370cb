/**
 * The key store: one data key per tenant, each in a file of its own, sealed by the master key. Never in the database: a
 * database backup must not hold what opens a deleted tenant's recordings. Destroying the key makes them noise.
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
import { StartupError } from "../config.ts";
import { open, seal } from "./seal.ts";

export interface Keys {
  /** Makes the tenant's key. @throws when there is one already. */
  create(tenantId: string): void;
  /** @throws KeyDestroyedError when the tenant has none (any more). */
  dataKey(tenantId: string): Buffer;
  has(tenantId: string): boolean;
  /** The tenants that have one. */
  list(): string[];
  /** Overwrites and removes it. Harmless when it is gone. */
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

/** HKDF-SHA-256 (RFC 5869): a 32-byte key for one purpose, so that no key serves two. */
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
/** Nonce, tag and 32 bytes of key. */
const SEALED_KEY_LENGTH = 60;

/** @throws StartupError when there are tenant keys and the master key opens none of them. */
function assertMasterKeyFits(folder: string, sealingKey: Buffer): void {
  const tenants = resolve(folder, "tenants");
  if (!existsSync(tenants)) return;
  const names = readdirSync(tenants);
  for (const name of names.filter((of) => of.endsWith(DESTROYED))) rmSync(resolve(tenants, name));
  let tried = 0;
  for (const name of names.filter((of) => of.endsWith(".key"))) {
    const sealed = readFileSync(resolve(tenants, name));
    if (sealed.length !== SEALED_KEY_LENGTH) continue; // a crash cut it before its tenant came to be
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
    `The master key doesn't open the tenants' keys in ${folder}. Set WHOOT_MASTER_KEY, or put master.key back, as it was.`,
  );
}

/**
 * Keys on disk below `folder`. A tenant's key stays in memory once opened.
 * @throws StartupError when the master key is another than the one that sealed them.
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
      // On disk before anything is sealed with it: a lost key is lost recordings.
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
      const living = fileOf(tenantId);
      if (!existsSync(living)) return;
      // Under another name first: what a crash leaves half overwritten is no key that fails to open.
      const file = `${living}${DESTROYED}`;
      renameSync(living, file);
      // Overwriting is for plain disks; on copy-on-write ones the sealed copy that may remain needs the master key.
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
