import { defineConfig } from "@playwright/test";

// One worker: every test file runs several browsers and a server, and what it measures is live audio.
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  globalSetup: "./e2e/support/build.ts",
  outputDir: "test-results/e2e",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  use: { actionTimeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: process.env["WHOOT_E2E_JSON"] ?? "test-results/e2e.json" }]],
});
