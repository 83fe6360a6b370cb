import { defineConfig } from "@playwright/test";

/** Specs in which nobody listens. */
const PAGES = /\/(accessibility|access-reviews|audit-log|frame|invitations|keyboard-\w+|members)\.spec\.ts$/;

// Every file runs several browsers and a server. Where live audio is measured it has the machine for itself; pages share it.
export default defineConfig({
  testDir: "e2e",
  projects: [
    { name: "pages", testMatch: PAGES, outputDir: "test-results/pages" },
    { name: "voices", testMatch: "*.spec.ts", testIgnore: PAGES, outputDir: "test-results/voices" },
  ],
  globalSetup: "./e2e/support/build.ts",
  workers: 1,
  // Live audio on a machine that others share: CI tries once more, and the list names what was flaky.
  retries: process.env["CI"] ? 1 : 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  use: { actionTimeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: process.env["WHOOT_E2E_JSON"] ?? "test-results/e2e.json" }]],
});
