/** `npm run check`: every static check of the code. */
import { prepare } from "./prepare.mjs";
import { runSteps } from "./steps.mjs";

const GENERATE = "Run `npm run generate` and commit the result.";

prepare({ web: false });
// The slow steps come first, so that the fast ones run in parallel with them.
const failed = await runSteps(
  [
    { name: "types of server, contract, scripts", args: ["tsc", "--noEmit", "-p", "."] },
    { name: "types of web", args: ["tsc", "--noEmit", "-p", "web"] },
    { name: "types of e2e", args: ["tsc", "--noEmit", "-p", "e2e"] },
    { name: "types of bench", args: ["tsc", "--noEmit", "-p", "bench"] },
    { name: "lint", args: ["oxlint", "--format=unix", "."] },
    { name: "drift of schema.sql and the types of its rows", args: ["scripts/schema.ts", "--check"] },
    { name: "dead code", args: ["knip", "--no-progress", "--treat-config-hints-as-errors"] },
    {
      name: "import boundaries",
      args: [
        "depcruise",
        "--config",
        ".dependency-cruiser.mjs",
        "--output-type",
        "err-long",
        "contract",
        "server/src",
        "web/src",
        "scripts",
        "bench",
        "e2e",
      ],
    },
    { name: "format", args: ["oxfmt", "--check", "."], hint: "Run `npm run format`." },
    { name: "drift of openapi.json", args: ["scripts/openapi.ts", "--check"] },
    {
      name: "drift of the client's types",
      args: ["openapi-typescript", "contract/openapi.json", "--output", "web/src/api/schema.d.ts", "--check"],
      hint: GENERATE,
    },
    { name: "drift of docs/permissions.md", args: ["scripts/permissions.ts", "--check"] },
    { name: "drift of contract/letters.ts", args: ["scripts/letters.ts", "--check"] },
    { name: "lock file", args: ["scripts/lock.mjs", "--check"] },
  ],
  2,
);
console.log(failed.length === 0 ? "\nAll checks passed." : `\nFailed: ${failed.join("; ")}.`);
process.exit(failed.length === 0 ? 0 : 1);
