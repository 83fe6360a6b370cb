import { defineConfig } from "@playwright/test";

/** What is heard is measured in them, in milliseconds, decibels and packets, so they need the machine for themselves. */
const AUDIO = /\/(audio|firefox|hostile|tail)\.spec\.ts$/;
/** Somebody talks in them, and others hear it or don't. */
const VOICES = /\/(faults|general|microphone|odd-browsers|path|roles|switcher|ways-to-talk)\.spec\.ts$/;

// Every worker runs several browsers and a server. How many run at once, scripts/test.mjs says.
export default defineConfig({
  testDir: "e2e",
  projects: [
    { name: "pages", testMatch: "*.spec.ts", testIgnore: [AUDIO, VOICES], outputDir: "test-results/pages" },
    { name: "voices", testMatch: VOICES, outputDir: "test-results/voices" },
    { name: "audio", testMatch: AUDIO, outputDir: "test-results/audio" },
  ],
  globalSetup: "./e2e/support/build.ts",
  workers: 1,
  // Tests make people and workspaces of their own, so whichever worker is free takes the next one, not the next file.
  fullyParallel: true,
  // Live audio on a machine that others share: CI tries once more, and the list names what was flaky.
  retries: process.env["CI"] ? 1 : 0,
  forbidOnly: true,
  // Only a test that hangs takes this long. The limit is high because other programs may use the machine.
  timeout: 600_000,
  expect: { timeout: 60_000 },
  use: { actionTimeout: 60_000 },
  reporter: [["list"], ["json", { outputFile: process.env["WHOOT_E2E_JSON"] ?? "test-results/e2e.json" }]],
});
