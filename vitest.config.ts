/** `node scripts/test.mjs` runs these, then the browser tests of e2e/. */
import { globSync, readFileSync } from "node:fs";
import { defineConfig, type TestUserConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const FILES = globSync("{server,contract,bench,web/src}/**/*.test.ts", { cwd: import.meta.dirname }).map((file) =>
  file.replaceAll("\\", "/"),
);

/** What changes the whole process. A file that does this, or imports a helper that does, gets a process of its own. */
const CHANGES_PROCESS =
  /vi\.(mock|doMock|useFakeTimers|stubGlobal|stubEnv)\(|setDefaultCACertificates\(|process\.env(\.\w+|\[[^\]]+\]) = |process\.memoryUsage\(|testing\/(openid-side|metadata-server)\.ts"/;

const ALONE = "alone";
const alone = FILES.filter((file) => CHANGES_PROCESS.test(readFileSync(new URL(file, import.meta.url), "utf8")));

const SETTINGS: TestUserConfig = {
  // Processes, not threads: native code (WebRTC, argon2) and real servers end with them.
  pool: "forks",
  // A style sheet would be read as empty: tokens.test.ts computes contrasts from one.
  css: true,
  // Only a test that hangs takes this long. The limit is high because other programs may use the machine.
  testTimeout: 600_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 120_000 } },
  // The list of what failed shows messages alone, so they hold the values.
  chaiConfig: { truncateThreshold: 1_000 },
  // A test left running alone would hide the others.
  allowOnly: false,
};

/** Files that share a process come first, because a file that needs its own one would end it. */
class SharedFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isAlone = ({ project }: TestSpecification) => Number(project.name === ALONE);
    return sorted.toSorted((a, b) => isAlone(a) - isAlone(b));
  }
}

export default defineConfig({
  test: {
    globalSetup: ["server/src/testing/global-setup.ts"],
    // More than two cores, because a worker often waits for PostgreSQL.
    maxWorkers: 3,
    sequence: { sequencer: SharedFirst },
    projects: [
      // One process runs many files. Loading the whole server for each of them took a third of the CPU time.
      { test: { ...SETTINGS, name: "shared", isolate: false, include: FILES.filter((file) => !alone.includes(file)) } },
      { test: { ...SETTINGS, name: ALONE, isolate: true, include: alone } },
    ],
  },
});
