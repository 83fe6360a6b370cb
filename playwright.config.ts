import { defineConfig } from "@playwright/test";

// One worker: every test file runs several browsers and a server, and what it measures is live audio.
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  globalSetup: "./e2e/support/build.ts",
  outputDir: "test-results/e2e",
  workers: 1,
  // Live audio on a machine that others share: CI tries once more, and the list names what was flaky.
  retries: process.env["CI"] ? 1 : 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  use: { actionTimeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: process.env["WHOOT_E2E_JSON"] ?? "test-results/e2e.json" }]],
});
