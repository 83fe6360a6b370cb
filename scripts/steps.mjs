/** Runs the steps of a command: programs on the pinned Node, several at once, with a line of output for each. */
import { spawn } from "node:child_process";
import { PINNED_NODE, ROOT } from "./prepare.mjs";

/** @typedef {{ name: string, args: string[], hint?: string }} Step */

const TOOLS = {
  tsc: "node_modules/typescript7/bin/tsc",
  oxlint: "node_modules/oxlint/bin/oxlint",
  oxfmt: "node_modules/oxfmt/bin/oxfmt",
  depcruise: "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
  knip: "node_modules/knip/bin/knip.js",
  "openapi-typescript": "node_modules/openapi-typescript/bin/cli.js",
};

/** Resolves with the program's exit code and output. @param {Step} step */
function perform({ args: [program, ...args] }) {
  return new Promise((resolve) => {
    const child = spawn(PINNED_NODE, [TOOLS[program] ?? program, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (bytes) => output.push(bytes));
    child.stderr.on("data", (bytes) => output.push(bytes));
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString().trim() }));
  });
}

/**
 * Runs every step, even if an earlier one failed; `atOnce` of them in parallel.
 * @param {Step[]} steps
 * @returns {Promise<string[]>} the names of the failed steps
 */
export async function runSteps(steps, atOnce) {
  const waiting = [...steps];
  const failed = [];
  const width = Math.max(...steps.map(({ name }) => name.length));
  async function work() {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const start = performance.now();
      const { code, output } = await perform(step);
      const seconds = ((performance.now() - start) / 1_000).toFixed(1).padStart(5);
      console.log(`${code === 0 ? "ok    " : "FAILED"} ${step.name.padEnd(width)} ${seconds} s`);
      if (code === 0) continue;
      failed.push(step.name);
      console.log(output.replace(/^/gm, "       "));
      if (step.hint) console.log(`       ${step.hint}`);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}
