/** Ports for servers that tests start and restart. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that systems use for outgoing connections (from 32,768 or 49,152), so that no connection takes the port while its server is
 * stopped; above 10,080, the last port that browsers refuse.
 */
const LOWEST = 11_000;
const HIGHEST = 32_000;
const ATTEMPTS = 5;

async function isFree(port: number, address: string): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket("udp4");
  try {
    await once(tcp.listen(port, address), "listening");
    await once(udp.bind({ port, address, exclusive: true }), "listening");
    return true;
  } catch {
    return false;
  } finally {
    if (tcp.listening) await once(tcp.close(), "close");
    await once(udp.close(), "close");
  }
}

/** @returns a port that is free for TCP and for UDP on each of these addresses: audio uses the UDP port of the same number */
export async function freePort(...addresses: string[]): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const free = await Promise.all(addresses.map((address) => isFree(port, address)));
    if (free.every(Boolean)) return port;
  }
}

/** Calls `start` with a free port, and with another one if a program took the port in between. */
export async function onFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort("127.0.0.1"));
    } catch (error) {
      if (attempt === ATTEMPTS || !/port \d+ .*is in use/i.test(String(error))) throw error;
    }
  }
}
