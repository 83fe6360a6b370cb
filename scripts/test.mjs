/**
 * `npm test`: installs what is missing, runs every vitest test, then every test in real browsers, and prints `N passed, N failed` at
 * the end. Arguments pick tests: `npm test -- invitations`, `npm test -- -t "expired link"`. `npm test -- --changed [COMMIT]` runs what
 * the changes since that commit can break; without a commit, the uncommitted changes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { changedFiles, projectsBrokenBy } from "./changed.mjs";
import { findChromium, findHeadlessShell } from "./chromium.mjs";
import { installCounterparts } from "./debian.mjs";
import { findFirefox } from "./firefox.mjs";
import { PINNED_NODE, prepare, ROOT } from "./prepare.mjs";

const RESULTS = join(ROOT, "test-results");
const VITEST = join(RESULTS, "vitest.json");
/** Runs of the projects of playwright.config.ts, one after the other; `workers` tests run in parallel. */
const BROWSER_TESTS = [
  { projects: ["pages", "voices"], workers: 2 },
  { projects: ["audio"], workers: 1 },
];
const playwrightResults = (projects) => join(RESULTS, `e2e-${projects.join("-")}.json`);
const PLAYWRIGHT_CLI = "node_modules/@playwright/test/cli.js";

const args = process.argv.slice(2);

/** The commit since which changes count; null to run everything. Taken out of `args`. */
function takeSince() {
  const at = args.indexOf("--changed");
  if (at === -1) return null;
  const [, commit] = args.splice(at, args[at + 1] && !args[at + 1].startsWith("-") ? 2 : 1);
  return commit ?? "HEAD";
}

const since = takeSince();
const broken = since === null ? null : projectsBrokenBy(changedFiles(since));

function node(program, options = {}) {
  return spawnSync(PINNED_NODE, program, { cwd: ROOT, stdio: "inherit", ...options });
}

/** The counts of a run. A run that failed outside of any test counts as one failure, so that the sum is never green. */
function countFailedRun(name, status, counts) {
  if (status !== 0 && counts.failed === 0) {
    console.error(`${name} ended with ${status ?? "a signal"} although no test failed. That counts as one failure.`);
    return { ...counts, failed: 1 };
  }
  return counts;
}

function readResults(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** The failures, repeated at the end, because nobody finds them thousands of lines above. */
const failures = [];

function noteFailure(title, message = "") {
  const firstLines = stripVTControlCharacters(message).trim().split("\n").slice(0, 8);
  failures.push([title, ...firstLines.map((line) => `    ${line}`)].join("\n"));
}

function noteVitestFailures({ testResults }) {
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(ROOT, name);
    const failed = assertionResults.filter((test) => test.status === "failed");
    for (const test of failed) noteFailure(`${file} › ${test.fullName}`, test.failureMessages[0]);
    if (status === "failed" && failed.length === 0) noteFailure(file, message);
  }
}

function notePlaywrightFailures({ suites, errors }) {
  for (const { suites: inner = [], specs = [] } of suites) {
    notePlaywrightFailures({ suites: inner, errors: [] });
    for (const { file, title, tests } of specs) {
      for (const { status, results } of tests) {
        if (status === "unexpected") noteFailure(`e2e/${file} › ${title}`, results.at(-1)?.error?.message);
      }
    }
  }
  for (const { message } of errors) noteFailure("Playwright", message);
}

const changed = (option) => (since === null ? [] : [`${option}=${since}`]);

function runVitest() {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${VITEST}`];
  const { status } = node([
    "node_modules/vitest/vitest.mjs",
    "run",
    ...reporters,
    "--passWithNoTests",
    ...changed("--changed"),
    ...args,
  ]);
  const results = readResults(VITEST);
  if (!results) return countFailedRun("vitest", status ?? 1, { passed: 0, failed: 0, skipped: 0 });
  noteVitestFailures(results);
  // A file that cannot be loaded reports no failed tests.
  const broken = results.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  return countFailedRun("vitest", status, {
    passed: results.numPassedTests,
    failed: results.numFailedTests + broken.length,
    skipped: results.numPendingTests + results.numTodoTests,
  });
}

/** With `--changed`, each run in two: the projects that may be broken whole, and the others' own changed files. */
function withoutUntouched({ projects, workers }) {
  if (broken === null) return [{ projects, workers, options: [] }];
  const parts = [
    { projects: projects.filter((project) => broken.includes(project)), workers, options: [] },
    { projects: projects.filter((project) => !broken.includes(project)), workers, options: changed("--only-changed") },
  ];
  return parts.filter((part) => part.projects.length > 0);
}

function runPlaywright(chromium, { projects, workers, options }) {
  // Playwright's option for a test's name is -g.
  const filters = args.map((arg) => (arg === "-t" ? "-g" : arg));
  const projectArgs = projects.map((project) => `--project=${project}`);
  const program = [
    PLAYWRIGHT_CLI,
    "test",
    "--pass-with-no-tests",
    ...projectArgs,
    `--workers=${workers}`,
    ...options,
    ...filters,
  ];
  const env = { ...process.env, WHOOT_E2E_JSON: playwrightResults(projects) };
  if (!chromium) {
    const { stdout } = node([...program, "--list", "--reporter=json"], { env, stdio: ["ignore", "pipe", "inherit"] });
    const { stats } = JSON.parse(stdout.toString());
    return { passed: 0, failed: 0, skipped: stats.expected + stats.unexpected + stats.skipped + stats.flaky };
  }
  const { status } = node(program, {
    env: { ...env, WHOOT_CHROMIUM: chromium, WHOOT_HEADLESS_SHELL: headlessShell ?? "", WHOOT_FIREFOX: firefox ?? "" },
  });
  const results = readResults(playwrightResults(projects));
  if (!results) return countFailedRun("Playwright", status ?? 1, { passed: 0, failed: 0, skipped: 0 });
  notePlaywrightFailures(results);
  const { expected, flaky, unexpected, skipped } = results.stats;
  return countFailedRun("Playwright", status, { passed: expected + flaky, failed: unexpected + results.errors.length, skipped });
}

prepare({ web: true });
const chromium = findChromium();
const firefox = chromium && findFirefox();
const headlessShell = chromium && findHeadlessShell(chromium);
if (!firefox && process.env.CI) {
  console.error("Chromium or Firefox is missing and could not be installed, so the browser tests can't run.");
  console.log("0 passed, 1 failed");
  process.exit(1);
}

// Tests without their counterpart are skipped with a message.
installCounterparts();

mkdirSync(RESULTS, { recursive: true });
const browserRuns = BROWSER_TESTS.flatMap(withoutUntouched);
for (const file of [VITEST, ...browserRuns.map(({ projects }) => playwrightResults(projects))]) rmSync(file, { force: true });

console.log("\nTests without browsers");
const runs = [runVitest()];
console.log(chromium ? `\nTests in browsers (${chromium})` : "\nTests in browsers: NONE");
if (chromium && !firefox) console.log("There is no Firefox here: talk between Firefox and Chromium is NOT tested.");
for (const part of browserRuns) runs.push(runPlaywright(chromium, part));

if (!chromium) {
  console.log(`
########################################################################################
  THE BROWSER TESTS DID NOT RUN: there is no Chromium here, and none could be installed.
  Real audio is not tested. Install Chromium or Google Chrome, or set WHOOT_CHROMIUM to
  its path, and run the command again.
########################################################################################
`);
}
const sum = (kind) => runs.reduce((total, counts) => total + counts[kind], 0);
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
if (failures.length > 0) console.log(`\nWhat failed:\n\n${failures.join("\n\n")}`);
if (passed + failed === 0) console.log(args.length > 0 ? "No test matches." : "No test ran.");
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
