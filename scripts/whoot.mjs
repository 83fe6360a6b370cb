/** `npm run whoot -- COMMAND`: server/src/cli.ts on the pinned Node, with everything installed. */
import { PINNED_NODE, prepare, run } from "./prepare.mjs";

prepare({ web: false });
run(PINNED_NODE, ["server/src/cli.ts", ...process.argv.slice(2)]);
