/** `node scripts/test.mjs` runs these, then the browser tests of e2e/. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["server/**/*.test.ts", "contract/**/*.test.ts", "web/src/**/*.test.ts", "bench/**/*.test.ts"],
    globalSetup: ["server/src/testing/global-setup.ts"],
    // Processes, not threads: native code (WebRTC, argon2) and real servers end with them.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // A test left running alone would hide the others.
    allowOnly: false,
  },
});
