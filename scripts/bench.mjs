/** `npm run bench`: bench/main.ts on the pinned Node, with everything installed and the web app built. */
import { PINNED_NODE, prepare, run } from "./prepare.mjs";

prepare({ web: true });
run(PINNED_NODE, ["bench/main.ts", ...process.argv.slice(2)]);
