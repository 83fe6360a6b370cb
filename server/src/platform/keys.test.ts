/** The key store: what it keeps through a replacement, a crash in the middle of one, and a destruction. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../testing/folders.ts";
import { KeyDestroyedError, type Keys, openKeys, openWithEither } from "./keys.ts";

const root = temporaryFolder("whoot-test-keys-");
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MASTER = randomBytes(32);
const TENANT = "00000000-0000-7000-8000-000000000001";
let folder: string;
let keys: Keys;
let first: Buffer;
let count = 0;

beforeEach(() => {
  folder = resolve(root, String((count += 1)));
  keys = openKeys(folder, MASTER);
  keys.create(TENANT);
  first = Buffer.from(keys.dataKey(TENANT));
});

const reopen = () => openKeys(folder, MASTER);
const files = () => readdirSync(resolve(folder, "tenants")).toSorted();
const file = (part: string) => resolve(folder, "tenants", `${TENANT}.${part}`);

test("a replaced key still opens, the new one seals, and both exist after a restart", () => {
  const name = keys.nameOf(TENANT);
  keys.replace(TENANT, name);
  const second = Buffer.from(keys.dataKey(TENANT));
  expect(second.equals(first)).toBe(false);
  for (const opened of [keys, reopen()]) {
    expect(opened.openingKeys(TENANT)).toEqual([second, first]);
    expect(opened.nameOf(TENANT)).not.toBe(name);
    expect(opened.previousName(TENANT)).toBe(name);
    expect(opened.listReplaced()).toEqual([TENANT]);
    expect(opened.list()).toEqual([TENANT]);
  }
});

test("replacing the key of a name twice replaces it once", () => {
  const name = keys.nameOf(TENANT);
  keys.replace(TENANT, name);
  const second = Buffer.from(keys.dataKey(TENANT));
  keys.replace(TENANT, name);
  expect(keys.dataKey(TENANT)).toEqual(second);
  keys.destroyPrevious(TENANT);
  keys.replace(TENANT, name);
  expect(reopen().openingKeys(TENANT)).toEqual([second]);
});

test("a key is not replaced again while the previous key still exists", () => {
  keys.replace(TENANT, keys.nameOf(TENANT));
  const opening = keys.openingKeys(TENANT).map((key) => Buffer.from(key));
  expect(() => keys.replace(TENANT, keys.nameOf(TENANT))).toThrow("still opens files");
  expect(reopen().openingKeys(TENANT)).toEqual(opening);
});

test("a file whose name does not begin with an id is ignored in the key folder", () => {
  writeFileSync(resolve(folder, "tenants", "notes.previous"), "x");
  writeFileSync(resolve(folder, "tenants", "notes.key"), "x");
  expect([reopen().list(), reopen().listReplaced()]).toEqual([[TENANT], []]);
});

test("a destroyed old key is no longer on the disk, and destroying it again does nothing", () => {
  keys.replace(TENANT, keys.nameOf(TENANT));
  const second = Buffer.from(keys.dataKey(TENANT));
  for (let times = 0; times < 2; times += 1) {
    keys.destroyPrevious(TENANT);
    expect(files()).toEqual([`${TENANT}.key`]);
    expect(keys.openingKeys(TENANT)).toEqual([second]);
    expect(keys.previousName(TENANT)).toBeNull();
  }
});

test("an old key counts as held until everybody who seals with it has released it", () => {
  const [one, other] = [keys.hold(TENANT), keys.hold(TENANT)];
  expect(keys.isPreviousHeld(TENANT)).toBe(false);
  keys.replace(TENANT, keys.nameOf(TENANT));
  const ofNew = keys.hold(TENANT);
  expect([one.key, other.key, ofNew.key]).toEqual([first, first, keys.dataKey(TENANT)]);
  one.release();
  one.release();
  expect(keys.isPreviousHeld(TENANT)).toBe(true);
  other.release();
  expect(keys.isPreviousHeld(TENANT)).toBe(false);
});

describe("after a crash in the middle of a replacement, the old key opens and seals, and the replacement can be repeated:", () => {
  const torn = Buffer.from("torn");
  test.each<[string, () => void]>([
    ["with half of the new key", () => writeFileSync(file("next"), torn)],
    ["with half of the copy", () => writeFileSync(file("copy"), torn)],
    ["with a whole copy, before the new key is in place", () => writeFileSync(file("previous"), readFileSync(file("key")))],
  ])("%s", (_moment, crash) => {
    crash();
    const after = reopen();
    expect(after.dataKey(TENANT)).toEqual(first);
    after.replace(TENANT, after.nameOf(TENANT));
    expect(after.dataKey(TENANT)).not.toEqual(first);
    expect(after.openingKeys(TENANT)[1]).toEqual(first);
    after.destroyPrevious(TENANT);
    after.destroy(TENANT);
    expect(files()).toEqual([]);
  });
});

test("destroying a tenant's key removes all its files and its copy in memory", () => {
  keys.replace(TENANT, keys.nameOf(TENANT));
  const inMemory = keys.openingKeys(TENANT);
  writeFileSync(file("next"), "left behind");
  keys.destroy(TENANT);
  expect(files()).toEqual([]);
  expect(inMemory).toEqual([Buffer.alloc(32), Buffer.alloc(32)]);
  for (const use of [keys.dataKey, keys.hold, keys.openingKeys, keys.nameOf])
    expect(() => use(TENANT)).toThrow(KeyDestroyedError);
  expect(keys.has(TENANT)).toBe(false);
});

test("the name of a key is 16 hexadecimal digits, which the key's bytes don't contain", () => {
  const name = keys.nameOf(TENANT);
  expect(name).toMatch(/^[0-9a-f]{16}$/);
  expect(first.toString("hex")).not.toContain(name);
});

test("opening with either key returns what the first fitting one opens, and throws when none fits", async () => {
  keys.replace(TENANT, keys.nameOf(TENANT));
  const only = (wanted: Buffer) => (key: Buffer) => {
    if (!key.equals(wanted)) throw new Error("does not fit");
    return "opened";
  };
  expect(await openWithEither(keys.openingKeys(TENANT), only(first))).toBe("opened");
  await expect(openWithEither(keys.openingKeys(TENANT), only(Buffer.alloc(32)))).rejects.toThrow("does not fit");
});
