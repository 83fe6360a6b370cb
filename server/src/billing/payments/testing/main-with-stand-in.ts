/** The program of main.ts, with a stand-in for Stripe on the port that the first argument names: for tests in browsers. */
import { loadConfig } from "../../../config.ts";
import { startServer } from "../../../main.ts";
import { STAND_IN_KEYS } from "./stand-in.ts";

const port = Number(process.argv[2]);
const config = { ...loadConfig(process.env), stripe: { ...STAND_IN_KEYS, standIn: { host: "127.0.0.1" as const, port } } };
const server = await startServer(config);
console.log(`whoot runs at ${server.url}`);
process.on("SIGTERM", () => void server.close().then(() => process.exit(0)));
