/**
 * The UDP port that all peers share. libjuice opens the port with its first connection and closes it with the last, so an
 * unanswered connection of our own holds it. (IceUdpMuxListener is meant to hold a port, but does not release it
 * reliably: of four stopped in a row, three kept socket and thread.)
 */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { closingConnections, openConnection } from "./connection.ts";

const OPEN_WITHIN_MS = 3_000;
const CLOSE_WITHIN_MS = 5_000;
const POLL_MS = 5;

export interface SharedPort {
  port: number;
  /** Call after closing every peer. Resolves when the port can be bound again, or rejects after 5 s. */
  release(): Promise<void>;
}

/** libjuice identifies shared sockets by port alone, not by address, so a process can have one Media per port. */
const held = new Set<number>();

/**
 * Takes the port; `port` 0 takes a free one.
 * @throws when the port cannot be taken, with a sentence for the operator
 */
export async function takePort(address: string, port: number): Promise<SharedPort> {
  const refusal = (reason: string, cause?: unknown) =>
    new Error(`Cannot listen for audio on UDP port ${port} of ${address}: ${reason}.`, { cause });
  // Probe first: on the native side, a port in use throws where nothing can catch it.
  const free = await probe(address, port).catch((error: NodeJS.ErrnoException) => {
    throw refusal(error.code === "EADDRINUSE" ? "it is in use" : error.message, error);
  });
  if (held.has(free)) throw refusal("it is in use");
  held.add(free);

  let isOpen = false;
  const holder = openConnection("port", address, free, { candidate: () => (isOpen = true) });
  const release = async () => {
    holder.close();
    await within(CLOSE_WITHIN_MS, async () => closingConnections() === 0 && (await isFree(address, free)));
    held.delete(free);
    if (!(await isFree(address, free))) throw new Error(`UDP port ${free} was not released`);
  };
  await within(OPEN_WITHIN_MS, async () => isOpen);
  if (isOpen) return { port: free, release };
  await release();
  throw refusal("no address to announce");
}

/** Polls until `condition` holds or the time is up. */
async function within(milliseconds: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition()) && performance.now() < deadline) await sleep(POLL_MS);
}

function isFree(address: string, port: number): Promise<boolean> {
  return probe(address, port).then(
    () => true,
    () => false,
  );
}

/** Binds the port briefly and returns its number. */
function probe(address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    socket.once("error", (error) => socket.close(() => reject(error)));
    socket.bind({ port, address, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}
