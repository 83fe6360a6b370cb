/**
 * The operator's file of breached passwords: the SHA-1 of each in hexadecimal, one a line and sorted, as Have I Been Pwned offers them
 * ("ordered by hash"). The file may have forty gigabytes, so it is searched on the disk, with about thirty reads of a block.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { StartupError } from "../platform/startup-error.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";

const BLOCK = 4_096;
/** Longer than any line: 40 digits, a colon, how often it was found, and the line's end. */
const MAX_LINE = 64;
const LINE = /^[\dA-Fa-f]{40}(?::\d{1,15})?\r?$/;

const sha1Of = (password: string) => createHash("sha1").update(password).digest("hex").toUpperCase();
const hashOf = (line: string) => line.slice(0, 40).toUpperCase();

async function read(handle: FileHandle, at: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
  return buffer.toString("latin1", 0, bytesRead);
}

async function holds(handle: FileHandle, sha1: string): Promise<boolean> {
  // The line of the hash, if there is one, begins between these two offsets.
  let [from, to] = [0, (await handle.stat()).size];
  while (to - from > BLOCK) {
    const middle = Math.floor((from + to) / 2);
    const block = await read(handle, middle, 2 * MAX_LINE);
    const begins = block.indexOf("\n") + 1;
    const found = hashOf(block.slice(begins));
    if (found === sha1) return true;
    if (found < sha1) from = middle + begins;
    else to = middle + begins;
  }
  return (await read(handle, from, to - from + MAX_LINE)).split("\n").some((line) => hashOf(line) === sha1);
}

async function withFile<Result>(file: string, work: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  const handle = await open(file);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/** How many lines the check at the start reads, spread over the file, to detect a file in another order. */
const SAMPLES = 200;

async function isSorted(handle: FileHandle, size: number): Promise<boolean> {
  let before = "";
  for (let sample = 0; sample <= SAMPLES; sample += 1) {
    const at = Math.floor((Math.max(0, size - 2 * MAX_LINE) * sample) / SAMPLES);
    const block = await read(handle, at, 2 * MAX_LINE);
    const line = block.slice(at === 0 ? 0 : block.indexOf("\n") + 1).split("\n")[0] ?? "";
    if (!LINE.test(line) || hashOf(line) < before) return false;
    before = hashOf(line);
  }
  return true;
}

/** Checks the file when the server starts. @throws StartupError if it can't be read or does not hold sorted hashes */
export async function assertBreachedFile(file: string | null): Promise<void> {
  if (file === null) return;
  const isUsable = await withFile(file, async (handle) => {
    const stat = await handle.stat();
    return stat.isFile() && (await isSorted(handle, stat.size));
  }).catch(() => false);
  if (isUsable) return;
  throw new StartupError(
    `WHOOT_BREACHED_PASSWORDS: ${file} can't be used. It must be a file of SHA-1 hashes in hexadecimal, one a line and sorted by hash.`,
  );
}

/** Call it outside of transactions: it reads a file. @throws Refusal invalid_input, with a message for the field */
export async function assertNotBreached(
  { config }: Pick<Services, "config">,
  { password, field }: { password: string; field: string },
): Promise<void> {
  const file = config.breachedPasswords;
  if (file === null) return;
  const hashes = new Set([password, password.normalize("NFC")].map(sha1Of));
  for (const sha1 of hashes) {
    if (!(await withFile(file, (handle) => holds(handle, sha1)))) continue;
    const message = "That password was stolen somewhere and is known. Choose another, and change it wherever else you use it.";
    throw new Refusal("invalid_input", { detail: message, fields: [{ path: field, message }] });
  }
}
