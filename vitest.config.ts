/** `node scripts/test.mjs` runs these, then the browser tests of e2e/. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["server/**/*.test.ts", "contract/**/*.test.ts", "web/src/**/*.test.ts", "bench/**/*.test.ts"],
    globalSetup: ["server/src/testing/global-setup.ts"],
    // Processes, not threads: native code (WebRTC, argon2) and real servers end with them.
    pool: "forks",
    // A style sheet would be read as empty: tokens.test.ts computes contrasts from one.
    css: true,
    maxWorkers: 2,
    // Only a test that hangs takes this long. The limit is high because other programs may use the machine.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    // The list of what failed shows messages alone, so they hold the values.
    chaiConfig: { truncateThreshold: 1_000 },
    // A test left running alone would hide the others.
    allowOnly: false,
  },
});
