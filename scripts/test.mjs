/**
 * `npm test`: installs what is missing, runs every test of the code, then every test in real browsers, and says at the end
 * `N passed, N failed`. Arguments pick tests: `npm test -- invitations`, `npm test -- -t "expired link"`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "./chromium.mjs";
import { PINNED_NODE, prepare, ROOT } from "./prepare.mjs";

const RESULTS = join(ROOT, "test-results");
const VITEST = join(RESULTS, "vitest.json");
/** The projects of playwright.config.ts, one run after the other, and how many of their tests run at once. */
const BROWSER_TESTS = [
  { projects: ["pages", "voices"], workers: 2 },
  { projects: ["audio"], workers: 1 },
];
const playwrightResults = (projects) => join(RESULTS, `e2e-${projects.join("-")}.json`);
const PLAYWRIGHT_CLI = "node_modules/@playwright/test/cli.js";

const args = process.argv.slice(2);

function node(program, options = {}) {
  return spawnSync(PINNED_NODE, program, { cwd: ROOT, stdio: "inherit", ...options });
}

/** What a run counted. One that broke outside of any test counts as one failure, so that the sum never looks well. */
function honest(name, status, counts) {
  if (status !== 0 && counts.failed === 0) {
    console.error(`${name} ended with ${status ?? "a signal"} though no test failed; that counts as one failure.`);
    return { ...counts, failed: 1 };
  }
  return counts;
}

function readResults(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

function runVitest() {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${VITEST}`];
  const { status } = node(["node_modules/vitest/vitest.mjs", "run", ...reporters, "--passWithNoTests", ...args]);
  const results = readResults(VITEST);
  if (!results) return honest("vitest", status ?? 1, { passed: 0, failed: 0, skipped: 0 });
  // A file that can't even be loaded has no tests that could fail.
  const broken = results.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  return honest("vitest", status, {
    passed: results.numPassedTests,
    failed: results.numFailedTests + broken.length,
    skipped: results.numPendingTests + results.numTodoTests,
  });
}

function runPlaywright(chromium, { projects, workers }) {
  // Playwright knows a test's name as -g.
  const picked = args.map((arg) => (arg === "-t" ? "-g" : arg));
  const named = projects.map((project) => `--project=${project}`);
  const program = [PLAYWRIGHT_CLI, "test", "--pass-with-no-tests", ...named, `--workers=${workers}`, ...picked];
  const env = { ...process.env, WHOOT_E2E_JSON: playwrightResults(projects) };
  if (!chromium) {
    const { stdout } = node([...program, "--list", "--reporter=json"], { env, stdio: ["ignore", "pipe", "inherit"] });
    const { stats } = JSON.parse(stdout.toString());
    return { passed: 0, failed: 0, skipped: stats.expected + stats.unexpected + stats.skipped + stats.flaky };
  }
  const { status } = node(program, { env: { ...env, WHOOT_CHROMIUM: chromium } });
  const results = readResults(playwrightResults(projects));
  if (!results) return honest("Playwright", status ?? 1, { passed: 0, failed: 0, skipped: 0 });
  const { expected, flaky, unexpected, skipped } = results.stats;
  return honest("Playwright", status, { passed: expected + flaky, failed: unexpected + results.errors.length, skipped });
}

prepare({ web: true });
const chromium = findChromium();
if (!chromium && process.env.CI) {
  console.error("There is no Chromium here and none could be installed: the browser tests can't run.");
  console.log("0 passed, 1 failed");
  process.exit(1);
}

mkdirSync(RESULTS, { recursive: true });
for (const file of [VITEST, ...BROWSER_TESTS.map(({ projects }) => playwrightResults(projects))]) rmSync(file, { force: true });

console.log("\nTests of the code");
const runs = [runVitest()];
console.log(chromium ? `\nTests in browsers (${chromium})` : "\nTests in browsers: NONE");
for (const part of BROWSER_TESTS) runs.push(runPlaywright(chromium, part));

if (!chromium) {
  console.log(`
########################################################################################
  THE BROWSER TESTS DID NOT RUN: there is no Chromium here, and none could be installed.
  Audio that is really heard is not tested. Install Chromium or Google Chrome, or name
  one with WHOOT_CHROMIUM, and run the command again.
########################################################################################
`);
}
const sum = (of) => runs.reduce((total, counts) => total + counts[of], 0);
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
if (passed + failed === 0) console.log(args.length > 0 ? "No test matches." : "No test ran.");
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
