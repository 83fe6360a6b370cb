import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
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
