/** Writes contract/openapi.json from the contract. With --check, fails when the committed file differs. */
import { readFileSync, writeFileSync } from "node:fs";
import { generateOpenApi } from "../server/src/platform/http/endpoint-schema.ts";

const FILE = new URL("../contract/openapi.json", import.meta.url);
const generated = `${JSON.stringify(await generateOpenApi(), null, 2)}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(FILE, "utf8") !== generated) {
    console.error("contract/openapi.json differs from the contract. Run `npm run generate` and commit the result.");
    process.exit(1);
  }
} else {
  writeFileSync(FILE, generated);
}
