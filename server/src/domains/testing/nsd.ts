/** nsd on loopback: real authoritative servers for the tests of domains. */
import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export interface NameServer {
  /** Serves these zones from now on, given as records without the SOA. A null zone answers SERVFAIL, as a secondary that never got it. */
  serve(zones: Record<string, string | null>): Promise<void>;
  stop(): Promise<void>;
}

export function openNameServer(nsd: string, folder: string, address: string, port: number): NameServer {
  let running: ChildProcess | null = null;
  let serial = 0;
  async function stop(): Promise<void> {
    const stopping = running;
    running = null;
    if (!stopping || stopping.exitCode !== null) return;
    await new Promise((resolve) => {
      stopping.once("exit", resolve);
      stopping.kill("SIGTERM");
    });
  }
  return {
    stop,
    async serve(zones) {
      await stop();
      serial += 1;
      mkdirSync(folder, { recursive: true });
      const parts = Object.entries({ ...zones, "ready.test": "@ NS ready.test." }).map(([name, records]) => {
        if (records === null)
          return `zone:\n  name: "${name}"\n  request-xfr: AXFR 127.0.0.1@9 NOKEY\n  allow-notify: 127.0.0.1 NOKEY\n`;
        const soa = `$ORIGIN ${name}.\n$TTL 60\n@ SOA ns1 admin ${serial} 60 60 86400 60\n`;
        writeFileSync(join(folder, `${name}.zone`), `${soa}${records}\n`);
        return `zone:\n  name: "${name}"\n  zonefile: "${name}.zone"\n`;
      });
      const settings = [
        ["ip-address", `${address}@${port}`],
        ["zonesdir", `"${folder}"`],
        ["pidfile", '""'],
        ["xfrdfile", `"${join(folder, "xfrd.state")}"`],
        ["zonelistfile", `"${join(folder, "zone.list")}"`],
        ["xfrdir", `"${folder}"`],
        ["username", '""'],
        ["chroot", '""'],
        ["database", '""'],
        ["server-count", "1"],
        ["rrl-ratelimit", "0"],
      ].map(([name, value]) => `  ${name}: ${value}\n`);
      const file = join(folder, "nsd.conf");
      writeFileSync(file, `server:\n${settings.join("")}remote-control:\n  control-enable: no\n${parts.join("")}`);
      const started = spawn(nsd, ["-d", "-c", file], { stdio: ["ignore", "pipe", "pipe"] });
      running = started;
      let output = "";
      for (const stream of [started.stdout, started.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const resolver = new Resolver({ timeout: 500, tries: 1 });
      resolver.setServers([`${address}:${port}`]);
      for (const deadline = performance.now() + 120_000; ; await pause(50)) {
        const soa = await resolver.resolveSoa("ready.test").catch(() => null);
        if (soa?.serial === serial) return;
        if (started.exitCode !== null || performance.now() > deadline) throw new Error(`nsd did not start: ${output}`);
      }
    },
  };
}
