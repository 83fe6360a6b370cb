/** `npm run try:idp`: an identity provider on this machine, to try single sign-on with. */
import { PINNED_NODE, prepare, run } from "./prepare.mjs";

prepare({ web: false });
run(PINNED_NODE, ["server/src/sso/testing/try-idp.ts", ...process.argv.slice(2)]);
