/** The program that draws one logo: a file on its standard input, WebP on its standard output; how it went is its exit code. */
import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import { EXIT } from "./logo-exit.ts";

const SIDE = 256;
/** Decoded, four bytes each. A 1 MB PNG of one colour can hold far more. */
const MAX_PIXELS = 25_000_000;
/**
 * Milliseconds. An ordinary logo takes 200, most of them the start of the process. Computing, not waiting: on a busy machine, where everybody else comes
 * first, an innocent file may take its time; a hostile one that is drawn for minutes computes.
 */
const MAX_CPU_MS = 3_000;
/** At which an SVG is as large as it says it is, in pixels. */
const DPI = 72;

/**
 * Only what is meant to be sent; by what the bytes say, never by a name. An SVG is drawn by librsvg, which runs no script and, given
 * bytes without a base address, loads nothing that the file refers to.
 */
function confine(): void {
  // One core at most: others have calls on theirs.
  sharp.concurrency(1);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({
    operation: ["Png", "Jpeg", "Webp", "Svg"].map((format) => `VipsForeignLoad${format}Buffer`),
  });
}

/** The drawing goes on in threads of its own, and would not be stopped by anything milder. */
function endWhenTooLong(): void {
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    if ((user + system) / 1_000 > MAX_CPU_MS) process.kill(process.pid, "SIGKILL");
  }, 100).unref();
}

async function draw(file: Buffer): Promise<Buffer> {
  const options = { limitInputPixels: MAX_PIXELS, failOn: "error" } as const;
  const { format, width, height } = await sharp(file, { ...options, limitInputPixels: false }).metadata();
  const longest = Math.max(width, height);
  const isVector = format === "svg";
  // An SVG has no pixels of its own: drawn at the size that is wanted, however small or large it says it is.
  const density = isVector ? Math.min(100_000, Math.max(1, (DPI * SIDE) / longest)) : undefined;
  const side = isVector ? SIDE : Math.min(SIDE, longest);
  return sharp(file, { ...options, ...(density === undefined ? {} : { density }) })
    .autoOrient()
    .resize(side, side, { fit: "contain", background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .webp({ quality: 90 })
    .toBuffer();
}

function exitCode(error: unknown): number {
  const message = error instanceof Error ? error.message : "";
  if (/unsupported image format|is empty/.test(message)) return EXIT.unsupported;
  return /pixel limit/.test(message) ? EXIT.tooManyPixels : EXIT.unreadable;
}

if (import.meta.main) {
  confine();
  endWhenTooLong();
  try {
    process.stdout.write(await draw(await buffer(process.stdin)));
  } catch (error) {
    process.exitCode = exitCode(error);
  }
}
