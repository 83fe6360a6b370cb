/** One PostgreSQL for the whole test run, in a temporary folder, with a migrated template database that test files clone. */
import { rm } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../platform/db/embedded.ts";
import { createOwnerAndDatabase, prepareDatabase } from "../platform/db/prepare.ts";
import { temporaryFolder } from "./folders.ts";
import { MASTER_KEY } from "./master-key.ts";

declare module "vitest" {
  interface ProvidedContext {
    adminUrl: string;
  }
}

export const TEMPLATE = "whoot_template";

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = temporaryFolder("whoot-test-postgres-");
  const postgres = await startEmbeddedPostgres(folder, [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=300",
    "shared_buffers=64MB",
  ]);
  try {
    await prepareDatabase(await createOwnerAndDatabase(postgres.adminUrl, MASTER_KEY, TEMPLATE), MASTER_KEY);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  project.provide("adminUrl", postgres.adminUrl);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
