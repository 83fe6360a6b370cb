/**
 * Redraws an uploaded image in a separate process, which has nothing of the server's in its memory or environment. A file that crashes the
 * decoder or keeps it busy costs that process and one refusal.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { MAX_LOGO_BYTES } from "#contract/http/logos.ts";
import type { ErrorCode } from "#contract/errors.ts";
import { Busy, makeShares } from "../platform/db/shares.ts";
import { Refusal } from "../platform/refusal.ts";
import { EXIT } from "./logo-exit.ts";

const PAINTER = fileURLToPath(new URL("logo-painter.ts", import.meta.url));
/** Last resort if the process neither draws nor kills itself, which it does after 3 s of CPU time (logo-painter.ts). */
const TIMEOUT_MS = 30_000;
/** Images drawn at once, over all tenants. A hostile file can hold one place for 3 s of CPU time, which takes longer on a busy machine. */
const AT_ONCE = 2;
/** Wait at most this long for a place, because each waiting request holds a database connection. */
const PATIENCE_MS = 10_000;

/** Limit of the process's data, for `ulimit -d`. Linux counts writable memory, not the addresses that V8 reserves. */
const MAX_DATA_KIB = 1024 * 1024;
const MAX_HEAP_MB = 128;
/** CPU time of all threads. The painter's own limit is lower, but its timer cannot fire while its JavaScript runs. */
const MAX_CPU_SECONDS = 4;

const TOO_MUCH = "That image takes too much time or memory to draw. Export it simpler, or as a PNG of 512 by 512 pixels.";
const REFUSALS: Record<number, [ErrorCode, string?]> = {
  [EXIT.unsupported]: ["unsupported_image"],
  [EXIT.tooManyPixels]: ["image_too_large"],
  [EXIT.unreadable]: ["image_unreadable"],
  [EXIT.embedsImage]: [
    "image_unreadable",
    "That SVG has another picture inside. Export it without embedded pictures, or as PNG.",
  ],
  [EXIT.showsNothing]: ["image_unreadable", "That image shows nothing: it is blank or transparent. Choose another file."],
  [EXIT.tooNarrow]: ["image_unreadable", "That image is too narrow. Crop it so that it is at most 32 times as long as wide."],
  [EXIT.tooMuchWork]: ["image_unreadable", TOO_MUCH],
};

const shares = makeShares(AT_ONCE, PATIENCE_MS);

/** Waits for a place. @returns a function that frees it. @throws Refusal rate_limited */
async function takePlace(holders: readonly string[]): Promise<() => void> {
  try {
    return await shares.take(holders);
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    const detail = "Many images are being drawn right now. Try again in a minute.";
    throw new Refusal("rate_limited", { detail, retryAfter: 60 });
  }
}

/**
 * @param holders the tenant and the person. Each of them can have one image drawn at a time.
 * @returns a square WebP of at most 256 pixels, without metadata
 * @throws Refusal body_too_large, unsupported_image, image_too_large, rate_limited; image_unreadable, also when drawing takes too long
 */
export async function drawLogo(file: Buffer, holders: readonly string[]): Promise<Buffer> {
  if (file.length > MAX_LOGO_BYTES) throw new Refusal("body_too_large");
  const freePlace = await takePlace(holders);
  const { code, image } = await paint(file).finally(freePlace);
  if (code === 0) return image;
  const [errorCode, detail] = REFUSALS[code] ?? ["image_unreadable"];
  throw new Refusal(errorCode, detail === undefined ? {} : { detail });
}

/** Runs the painter in Node, started by a shell that sets limits first. Windows has no such shell: there the painter only limits itself. */
function commandOf(): [command: string, args: string[]] {
  const node = [`--max-old-space-size=${MAX_HEAP_MB}`, PAINTER];
  if (process.platform === "win32") return [process.execPath, node];
  return [
    "/bin/sh",
    [
      "-c",
      `ulimit -d ${MAX_DATA_KIB} 2>/dev/null; ulimit -t ${MAX_CPU_SECONDS} 2>/dev/null; exec "$0" "$@"`,
      process.execPath,
      ...node,
    ],
  ];
}

/** Lowers the priority, because live audio and requests come first. */
function lowerPriority({ pid }: ChildProcess): void {
  try {
    // Not the lowest priority, with which it would hardly run on a busy machine.
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The process ended already, or the system has no priorities.
  }
}

function paint(file: Buffer): Promise<{ code: number; image: Buffer }> {
  return new Promise((done, failed) => {
    const child = spawn(...commandOf(), {
      // Keeps NODE_OPTIONS, DATABASE_URL and the master key from the process.
      env: {},
      stdio: ["pipe", "pipe", "ignore"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    lowerPriority(child);
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.on("error", failed);
    // No code means that it was killed: by itself for too much work, or by the system for too much memory.
    child.on("close", (code) => done({ code: code ?? EXIT.tooMuchWork, image: Buffer.concat(parts) }));
    child.stdin.on("error", () => {}); // the process ended before it read everything; its exit code says why
    child.stdin.end(file);
  });
}
