/** `npm run generate`: writes every generated file. `npm run check` fails when one is out of date. */
import { prepare } from "./prepare.mjs";
import { runSteps } from "./steps.mjs";

prepare({ web: false });
const first = await runSteps(
  [
    { name: "contract/openapi.json", args: ["scripts/openapi.ts"] },
    { name: "server/schema.sql, server/src/platform/db/schema.ts", args: ["scripts/schema.ts"] },
    { name: "docs/permissions.md", args: ["scripts/permissions.ts"] },
    { name: "contract/letters.ts", args: ["scripts/letters.ts"] },
    { name: "package-lock.json", args: ["scripts/lock.mjs"] },
  ],
  2,
);
// Needs the openapi.json that the first steps write.
const second = await runSteps(
  [
    {
      name: "web/src/api/schema.d.ts",
      args: ["openapi-typescript", "contract/openapi.json", "--output", "web/src/api/schema.d.ts"],
    },
  ],
  1,
);
process.exit(first.length + second.length === 0 ? 0 : 1);
