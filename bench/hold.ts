/** The longest time that a server's main thread computes without a pause; everything else, audio too, waits meanwhile. */
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PROBE = fileURLToPath(new URL("./hold-probe.mjs", import.meta.url));
const PATH = join(tmpdir(), `whoot-hold-${process.pid}.sock`);

/** Environment of the server under test. @param options more options of Node */
export function holdEnvironment(options = ""): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=${PROBE} ${options}`, HOLD_PROBE: PATH };
}

export interface Probe {
  /** The longest hold since the last call, in ms. */
  takeLongest(): Promise<number>;
  close(): void;
}

export async function openProbe(): Promise<Probe> {
  const socket = connect(PATH);
  await new Promise((open, fail) => socket.once("connect", open).once("error", fail));
  return {
    async takeLongest() {
      await sleep(3); // a hold is recorded only when the thread's next timer runs
      const answer = new Promise<Buffer>((resolve) => socket.once("data", resolve));
      socket.write("?");
      return Number(String(await answer));
    },
    close: () => socket.destroy(),
  };
}
