/**
 * From the bytes that somebody sent to an image of our own. Drawn in a process of its own, a program of a few lines with nothing of
 * ours in its memory or its environment: a file that crashes the decoder, or keeps it busy, costs that process and one refusal.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { MAX_LOGO_BYTES } from "#contract/http/logos.ts";
import type { ErrorCode } from "#contract/errors.ts";
import { makeLimiter } from "../platform/limiter.ts";
import { Refusal } from "../platform/refusal.ts";
import { EXIT } from "./logo-exit.ts";

const PAINTER = fileURLToPath(new URL("logo-painter.ts", import.meta.url));
/** The last word, should the process neither draw nor end itself, as it does after 3 s of computing (logo-painter.ts). */
const TIMEOUT_MS = 30_000;
/** Drawing at the same time, all tenants together; a hostile file can hold one for 3 s, and where the machine is busy for longer. */
const AT_ONCE = 2;
/** Each holds a connection to the database meanwhile; who comes after them is told to come again. */
const MOST_WAITING = 4;

const REFUSALS: Record<number, ErrorCode> = {
  [EXIT.unsupported]: "unsupported_image",
  [EXIT.tooManyPixels]: "image_too_large",
};

const inTurn = makeLimiter(AT_ONCE, (waiting) => {
  if (waiting < MOST_WAITING) return;
  throw new Refusal("rate_limited", {
    detail: "Many images are being drawn right now. Try again in a minute.",
    retryAfter: 60,
  });
});

/**
 * @returns WebP, square, at most 256 pixels, without metadata.
 * @throws Refusal unsupported_image, image_unreadable (damaged, or not drawn in time), image_too_large, rate_limited
 */
export async function drawLogo(file: Buffer): Promise<Buffer> {
  if (file.length > MAX_LOGO_BYTES) throw new Refusal("body_too_large");
  const { code, image } = await inTurn(() => paint(file));
  if (code === 0) return image;
  throw new Refusal(REFUSALS[code] ?? "image_unreadable");
}

/** Live audio and everybody's requests come before a picture. */
function yieldToOthers({ pid }: ChildProcess): void {
  try {
    // Not the lowest: beside a machine's worth of work that one would hardly ever get a turn.
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Ended already, or a system that knows no priorities.
  }
}

function paint(file: Buffer): Promise<{ code: number; image: Buffer }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [PAINTER], {
      // No NODE_OPTIONS, no DATABASE_URL, no master key.
      env: {},
      stdio: ["pipe", "pipe", "ignore"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    yieldToOthers(child);
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.on("error", failed);
    child.on("close", (code) => done({ code: code ?? EXIT.unreadable, image: Buffer.concat(parts) }));
    child.stdin.on("error", () => {}); // it ended before it read everything, and says why by its code
    child.stdin.end(file);
  });
}
