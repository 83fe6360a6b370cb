/**
 * Writes the files that are generated from the migrations: server/schema.sql (the catalogue as text, for review) and the types that
 * queries are checked against. With --check, fails when the committed files differ.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startEmbeddedPostgres } from "../server/src/platform/db/embedded.ts";
import { createOwnerAndDatabase, prepareDatabase } from "../server/src/platform/db/prepare.ts";
import { dumpSchema } from "./dump-schema.ts";

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const check = process.argv.includes("--check");
const folder = mkdtempSync(join(tmpdir(), "whoot-schema-"));
let drifted = false;

function write(file: string, content: string): void {
  if (!check) return writeFileSync(path(file), content);
  if (readFileSync(path(file), "utf8") === content) return;
  console.error(`${file} differs from the migrations. Run \`npm run generate\` and commit the result.`);
  drifted = true;
}

const postgres = await startEmbeddedPostgres(folder, ["fsync=off"]);
try {
  const masterKey = randomBytes(32);
  const url = await createOwnerAndDatabase(postgres.adminUrl, masterKey);
  await prepareDatabase(url, masterKey);

  const client = new pg.Client({ connectionString: url });
  await client.connect();
  write("server/schema.sql", await dumpSchema(client));
  await client.end();

  const types = join(folder, "schema.ts");
  execFileSync(
    process.execPath,
    [
      path("node_modules/kysely-codegen/dist/cli/bin.js"),
      ...["--url", url, "--dialect", "postgres", "--default-schema", "public", "--include-pattern", "public.*"],
      ...["--exclude-pattern", "migrations", "--out-file", types, "--log-level", "error"],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  write("server/src/platform/db/schema.ts", readFileSync(types, "utf8"));
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(drifted ? 1 : 0);
