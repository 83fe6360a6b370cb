/** Steps of a command: programs on the pinned Node, some beside each other, one line for each. */
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

/** Ends with the program's exit code and all that it said. @param {Step} step */
function perform({ args: [program, ...args] }) {
  return new Promise((resolve) => {
    const child = spawn(PINNED_NODE, [TOOLS[program] ?? program, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    child.stdout.on("data", (bytes) => said.push(bytes));
    child.stderr.on("data", (bytes) => said.push(bytes));
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(said).toString().trim() }));
  });
}

/**
 * Runs every step, whether or not an earlier one failed; as many at once as `atOnce`.
 * @param {Step[]} steps
 * @returns {Promise<string[]>} the names of those that failed
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
