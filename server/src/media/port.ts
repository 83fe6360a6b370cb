/** The one UDP port that all peers share. */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { IceUdpMuxListener } from "node-datachannel";

const FREE_WITHIN_MS = 3_000;
const FREE_POLL_MS = 20;

export interface SharedPort {
  port: number;
  /** Resolves when the port can be bound again, or rejects after 3 s. */
  release(): Promise<void>;
}

/**
 * Takes the port and holds it until released, also while there is no peer. `port` 0 takes a free one.
 * Rejects with a sentence for the operator where the port cannot be had.
 */
export async function takePort(address: string, port: number): Promise<SharedPort> {
  const free = await probe(address, port).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "EADDRINUSE" ? "it is in use" : error.message;
    throw new Error(`Cannot listen for audio on UDP port ${port} of ${address}: ${reason}.`, { cause: error });
  });
  let listener: IceUdpMuxListener;
  try {
    listener = new IceUdpMuxListener(free, address);
  } catch (error) {
    // Between the probe and now, or by another Media of this process on another address: libjuice tells them by port alone.
    throw new Error(`Cannot listen for audio on UDP port ${free} of ${address}: it is in use.`, { cause: error });
  }
  return {
    port: free,
    async release() {
      listener.stop();
      const deadline = performance.now() + FREE_WITHIN_MS;
      // The native side closes its socket on a thread of its own.
      while (!(await probe(address, free).then(() => true, () => false))) {
        if (performance.now() > deadline) throw new Error(`UDP port ${free} was not freed`);
        await sleep(FREE_POLL_MS);
      }
    },
  };
}

/** Binds the port for a moment. */
function probe(address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port, address, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}
