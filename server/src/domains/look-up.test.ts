/** Look-ups at real name servers (nsd) on loopback, which are also the root of what the test's resolver knows. */
import { createSocket } from "node:dgram";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { debianProgram } from "../testing/debian-program.ts";
import { freePort } from "../testing/free-port.ts";
import { temporaryFolder } from "../testing/folders.ts";
import { tellFinding } from "./finding.ts";
import { makeLookUp } from "./look-up.ts";
import { type NameServer, openNameServer } from "./testing/nsd.ts";

const nsd = debianProgram("nsd", "what name servers answer about a domain");
const TOKEN = "abcdefghijklmnopqrstuvwxyz234567";
const VALUE = `"token=${TOKEN} expiry=never"`;
const ONE = "@ NS ns1\nns1 A 127.0.0.1\n";
/** A second name server, which also serves the zone. */
const TWO = `${ONE}@ NS ns2\nns2 A 127.0.0.2\n`;
/** A second name server, at an address where nobody answers. */
const SILENT = `${ONE}@ NS ns2\nns2 A 127.0.0.3\n`;

const folder = temporaryFolder("whoot-nsd-");
let port = 0;
let primary: NameServer;
let secondary: NameServer;
const silent = createSocket("udp4");

async function lookUp(domain: string, network = "127.0.0.0") {
  const allow = { hosts: new Set<string>(), networks: [[network, 8] as const] };
  const finding = await makeLookUp({ allow, dnsServers: [`127.0.0.1:${port}`], dnsPort: port })(domain, TOKEN);
  return { finding, outcome: finding.outcome, says: tellFinding(finding).join(" ") };
}

describe.skipIf(nsd === null)("the record of a domain, asked of its own name servers", () => {
  beforeAll(async () => {
    port = await freePort("127.0.0.1", "127.0.0.2", "127.0.0.3");
    primary = openNameServer(nsd ?? "", join(folder, "one"), "127.0.0.1", port);
    secondary = openNameServer(nsd ?? "", join(folder, "two"), "127.0.0.2", port);
    await new Promise<void>((resolve) => silent.bind(port, "127.0.0.3", resolve));
    await primary.serve({
      "found.example.com": `${ONE}_whoot-challenge TXT ${VALUE}\n_whoot-challenge TXT "of somebody else"`,
      "split.example.com": `${ONE}_whoot-challenge TXT "token=${TOKEN.slice(0, 7)}" "${TOKEN.slice(7)} exp" "iry=never"`,
      "missing.example.com": ONE,
      "other.example.com": `${ONE}_whoot-challenge TXT "token=aaaa expiry=never"`,
      "doubled.example.com": `${ONE}_whoot-challenge.doubled.example.com TXT ${VALUE}`,
      "apex.example.com": `${ONE}@ TXT "v=spf1 -all"\n@ TXT ${VALUE}`,
      "parent.com": `${ONE}_whoot-challenge TXT ${VALUE}\nbelow A 192.0.2.1`,
      "alias.example.com": `${ONE}_whoot-challenge CNAME proof.target.example.com.`,
      "target.example.com": "@ NS ns2\nns2 A 127.0.0.2\n",
      "dangling.example.com": `${ONE}_whoot-challenge CNAME gone.target.example.com.`,
      "loop.example.com": `${ONE}_whoot-challenge CNAME a\na CNAME b\nb CNAME a`,
      "stale.example.com": `${TWO}_whoot-challenge TXT ${VALUE}`,
      "half.example.com": SILENT,
      "silent.example.com": "@ NS ns2\nns2 A 127.0.0.3\n",
      "fallback.example.com": `@ NS ns2\nns2 A 127.0.0.3\n_whoot-challenge TXT ${VALUE}`,
      "broken.example.com": null,
      "lame.example.com": `@ NS ns2\nns2 A 127.0.0.2\n_whoot-challenge A 192.0.2.1`,
      "private.example.com": `@ NS ns9\nns9 A 10.0.0.53\n`,
      "xn--mnchen-3ya.de": `${ONE}_whoot-challenge TXT ${VALUE}`,
    });
    await secondary.serve({ "stale.example.com": TWO, "target.example.com": `@ NS ns2\nns2 A 127.0.0.2\nproof TXT ${VALUE}` });
  });

  afterAll(async () => {
    silent.close();
    await primary.stop();
    await secondary.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ["found.example.com", "found", /^ns1\.found\.example\.com has the record\.$/],
    ["split.example.com", "found", /has the record/],
    ["xn--mnchen-3ya.de", "found", /has the record/],
    ["missing.example.com", "absent", /ns1\.missing\.example\.com \(serial 1\) has no TXT record at _whoot-challenge\.missing/],
    ["other.example.com", "absent", /has the TXT record “token=aaaa expiry=never”, which isn't this workspace's/],
    ["doubled.example.com", "absent", /The record is at _whoot-challenge\.doubled\.example\.com\.doubled\.example\.com/],
    ["apex.example.com", "absent", /The record is at apex\.example\.com itself\. It must be at _whoot-challenge\.apex/],
    ["below.parent.com", "absent", /The record is at _whoot-challenge\.parent\.com\. It must be at _whoot-challenge\.below/],
    ["alias.example.com", "found", /is an alias \(CNAME\) of proof\.target\.example\.com\..*has the record/],
    ["dangling.example.com", "absent", /is an alias \(CNAME\) of gone\.target\.example\.com\..*Put the record there/],
    ["loop.example.com", "absent", /has no TXT record/],
    [
      "stale.example.com",
      "found",
      /disagree: ns1\.stale\S+ \(serial 1\) has the record, ns2\.stale\S+ \(serial 1\) doesn't have it yet/,
    ],
    ["half.example.com", "unknown", /ns1\.half\S+ \(serial 1\) has no TXT record.*ns2\.half\S+ didn't answer/],
    ["silent.example.com", "unknown", /ns2\.silent\S+ didn't answer\. So whoot asked its own DNS resolver, which doesn't have/],
    [
      "fallback.example.com",
      "found",
      /ns2\.fallback\S+ didn't answer\. So whoot asked its own DNS resolver, which has the record/,
    ],
    ["broken.example.com", "unknown", /can't be found just now/],
    ["lame.example.com", "unknown", /ns2\.lame\S+ couldn't answer for the domain/],
    ["private.example.com", "unknown", /ns9\.private\S+ has no public address, so whoot doesn't ask it/],
    ["nobody.example.net", "unknown", /can't be found just now/],
  ])("%s: %s", async (domain, outcome, says) => {
    const answer = await lookUp(domain);
    expect(answer).toMatchObject({ outcome, says: expect.stringMatching(says) as string });
  });

  test("name servers on addresses that are not public are never asked", async () => {
    const { finding, outcome } = await lookUp("missing.example.com", "126.0.0.0");
    expect(finding.servers).toEqual([{ name: "ns1.missing.example.com", address: null, says: "private", serial: null }]);
    expect(outcome).toBe("unknown");
  });
});
