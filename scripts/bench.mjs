/** `npm run bench`: installs what is missing, builds the web app, and runs bench/main.ts on the pinned Node. */
import { PINNED_NODE, prepare, run } from "./prepare.mjs";

prepare({ web: true });
run(PINNED_NODE, ["bench/main.ts", ...process.argv.slice(2)]);
