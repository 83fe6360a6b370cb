/** `npm run whoot -- COMMAND`: installs what is missing, and runs server/src/cli.ts on the pinned Node. */
import { PINNED_NODE, prepare, run } from "./prepare.mjs";

prepare({ web: false });
run(PINNED_NODE, ["server/src/cli.ts", ...process.argv.slice(2)]);
