/** Finds the browser tests that `npm test -- --changed` runs: the projects of playwright.config.ts that a change can break. */
import { spawnSync } from "node:child_process";
import { ROOT } from "./prepare.mjs";

const ALL = ["pages", "voices", "audio"];

/**
 * vitest follows imports by itself. Browser tests load the built app, which no import leads to. A server change that tests of pages and audio do
 * not exercise runs only the "voices", which go from sign-up to the end of a workspace.
 */
const BREAKS = [
  { files: /^(package|playwright\.config|scripts\/|web\/vite|server\/migrations\/)/, projects: ALL },
  {
    files: /^(server\/src\/(voice|media|recordings|gateway|platform)\/|web\/src\/voice\/|contract\/(gateway|media))/,
    projects: ["voices", "audio"],
  },
  { files: /^(web|contract)\/(?!.*\.test\.ts$)/, projects: ["pages", "voices"] },
  { files: /^server\/src\/(?!.*\.test\.ts$)/, projects: ["voices"] },
];

function git(...args) {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.trim());
  return stdout.split("\n").filter(Boolean);
}

/**
 * @param {string} since a commit
 * @returns {string[]} the files that differ from that commit, untracked ones too
 * @throws {Error} when git does not know the commit
 */
export function changedFiles(since) {
  return [...git("diff", "--name-only", since), ...git("ls-files", "--others", "--exclude-standard")];
}

/**
 * @param {string[]} files
 * @returns {string[]} the projects whose tests all run. Of the others, run those whose own files changed.
 */
export function projectsBrokenBy(files) {
  const broken = BREAKS.filter(({ files: pattern }) => files.some((file) => pattern.test(file)));
  return ALL.filter((project) => broken.some(({ projects }) => projects.includes(project)));
}
