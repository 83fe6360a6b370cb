import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../testing/folders.ts";
import { openBlobs } from "./blobs.ts";

const folder = temporaryFolder("whoot-test-blobs-");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("no tenant id and no blob name leads out of the tenant's folder", async () => {
  const blobs = openBlobs(resolve(folder, "exports"));
  const tenantId = "00000000-0000-7000-8000-000000000000";
  mkdirSync(resolve(folder, "exports", tenantId), { recursive: true });
  mkdirSync(resolve(folder, "keys"));
  const key = resolve(folder, "keys", "tenant.key");
  writeFileSync(key, "key");
  for (const name of ["../../keys/tenant.key", key, "..", ".", ""]) {
    await expect((async () => blobs.remove(tenantId, name))()).rejects.toThrow("not the name of a blob");
    await expect((async () => blobs.read(tenantId, name))()).rejects.toThrow("not the name of a blob");
    await expect((async () => blobs.write(tenantId, name))()).rejects.toThrow("not the name of a blob");
  }
  for (const id of ["../keys", resolve(folder, "keys"), "", "."]) {
    await expect((async () => blobs.removeTenant(id))()).rejects.toThrow("not a tenant id");
    await expect((async () => blobs.list(id))()).rejects.toThrow("not a tenant id");
    await expect((async () => blobs.remove(id, "tenant.key"))()).rejects.toThrow("not a tenant id");
  }
  expect(existsSync(key)).toBe(true);
});

describe("a blob that is replaced", () => {
  const tenantId = "00000000-0000-7000-8000-000000000002";
  const blobs = openBlobs(resolve(folder, "replaced"));
  const textOf = async (name: string) => {
    const blob = await blobs.read(tenantId, name);
    const text = blob && String(await blob.read(0, blob.size));
    await blob?.close();
    return text;
  };
  async function write(name: string, text: string): Promise<void> {
    const writer = await blobs.write(tenantId, name);
    await writer.append(Buffer.from(text));
    await writer.finish();
  }

  test("holds the old bytes until the new ones are complete, and open readers go on reading the old ones", async () => {
    await write("one", "old bytes");
    const reader = await blobs.read(tenantId, "one");
    const writer = await blobs.replace(tenantId, "one");
    await writer.append(Buffer.from("new"));
    expect(await textOf("one")).toBe("old bytes");
    await writer.finish();
    expect(await textOf("one")).toBe("new");
    expect(String(await reader?.read(0, 9))).toBe("old bytes");
    await reader?.close();
    expect(await blobs.list(tenantId)).toEqual(["one"]);
  });

  test("is gone for good when it is removed meanwhile", async () => {
    await write("two", "old");
    const writer = await blobs.replace(tenantId, "two");
    await writer.append(Buffer.from("new"));
    await blobs.remove(tenantId, "two");
    await writer.finish();
    expect(await textOf("two")).toBeNull();
    expect(await blobs.list(tenantId)).not.toContain("two");
  });

  test("keeps the old bytes when the replacement is abandoned, or cut short by a crash and begun again", async () => {
    await write("three", "old");
    const abandoned = await blobs.replace(tenantId, "three");
    await abandoned.append(Buffer.from("half"));
    await abandoned.abandon();
    expect(await textOf("three")).toBe("old");
    writeFileSync(resolve(folder, "replaced", tenantId, "three.new"), "longer than what comes");
    expect(await blobs.listUnfinished()).toEqual([]);
    const writer = await blobs.replace(tenantId, "three");
    await writer.append(Buffer.from("new"));
    await writer.finish();
    expect(await textOf("three")).toBe("new");
    expect(await blobs.list(tenantId)).toContain("three");
  });

  test("must exist already", async () => {
    await expect((async () => blobs.replace("00000000-0000-7000-8000-000000000003", "none"))()).rejects.toThrow("ENOENT");
    const writer = await blobs.replace(tenantId, "none");
    await writer.finish();
    expect(await textOf("none")).toBeNull();
  });
});
