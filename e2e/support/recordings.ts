/** Opens stored recordings from the data folder without the server, as an operator with the keys could. */
import { expect, type Page } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openBlobs } from "../../server/src/platform/blobs.ts";
import { openKeys } from "../../server/src/platform/keys.ts";
import { Recorder } from "../../server/src/media/recorder.ts";
import { opusSamples } from "../../server/src/media/rtp.ts";
import type { ReceivedRtp } from "../../server/src/media/testing/rtp-client.ts";
import { openSealedAudio } from "../../server/src/recordings/sealed-audio.ts";
import type { Company } from "./people.ts";
import type { Whoot } from "./server.ts";
import { unpack } from "./sound.ts";

const RATE = 48_000;

export interface Decoded {
  samples: Float32Array;
  rate: number;
  durationMs: number;
}

async function tenantIdOf(company: Company): Promise<string> {
  return (await company.owner.api<{ tenantId: string }>("GET", `/tenants/${company.slug}`)).tenantId;
}

/** Names of all files of the company's recordings on disk. */
export async function storedFiles(whoot: Whoot, company: Company): Promise<string[]> {
  const folder = join(whoot.dataFolder, "recordings");
  const tenantId = await tenantIdOf(company);
  return readdirSync(folder).includes(tenantId) ? readdirSync(join(folder, tenantId)).toSorted() : [];
}

/** The Ogg stream, unsealed with the tenant's key. */
export async function unseal(whoot: Whoot, company: Company, transmissionId: string): Promise<Buffer> {
  const tenantId = await tenantIdOf(company);
  const master = readFileSync(join(whoot.dataFolder, "keys", "master.key"), "utf8").trim();
  const keys = openKeys(join(whoot.dataFolder, "keys"), Buffer.from(master, "hex"));
  const blob = await openBlobs(join(whoot.dataFolder, "recordings")).read(tenantId, transmissionId);
  if (!blob) throw new Error(`no recording is stored for ${transmissionId}`);
  const file = await blob.read(0, blob.size);
  expect(file.includes("OggS"), "no audio is on the disk unencrypted").toBe(false);
  const audio = await openSealedAudio(keys.dataKey(tenantId), transmissionId, blob);
  const parts: Buffer[] = [];
  for await (const part of audio.read(0, audio.size)) parts.push(part);
  await blob.close();
  return Buffer.concat(parts);
}

/** Makes an Ogg file of the packets that a listener received. Lost packets are concealed, as in a browser. */
export async function oggOf(packets: readonly ReceivedRtp[]): Promise<Buffer> {
  const pages: Uint8Array[] = [];
  const recorder = new Recorder(({ bytes }) => pages.push(bytes));
  for (const { bytes, payload, sequence, timestamp, receivedAtMs } of packets) {
    const samples = opusSamples(payload[0]!, payload[1] ?? 0);
    recorder.write({ frame: bytes, sequence, timestamp, samples, level: 0, receivedAtMs });
  }
  await recorder.end();
  return Buffer.concat(pages);
}

/** Decodes the file in the page's browser. */
export async function decode(page: Page, ogg: Buffer): Promise<Decoded> {
  const text = await page.evaluate(
    async ({ base64, rate }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const decoded = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.buffer);
      return window.whootTest.pack(decoded.getChannelData(0));
    },
    { base64: ogg.toString("base64"), rate: RATE },
  );
  const samples = unpack(text);
  return { samples, rate: RATE, durationMs: (samples.length / RATE) * 1_000 };
}
