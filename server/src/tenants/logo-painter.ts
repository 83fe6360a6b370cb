/** The program that draws one logo. It reads the file from standard input, writes WebP to standard output, and exits with a code of logo-exit.ts. */
import { buffer } from "node:stream/consumers";
import sharp, { type Sharp } from "sharp";
import { EXIT, Unpaintable } from "./logo-exit.ts";
import { readSvg, type Svg, writeSvg } from "./logo-svg.ts";

const SIDE = 256;
/** A decoded pixel takes four bytes. A PNG of 1 MB in one colour can have far more pixels. */
const MAX_PIXELS = 25_000_000;
/** A longer image would be drawn less than 8 pixels wide. */
const MAX_RATIO = 32;
/**
 * An ordinary logo takes 200 ms, mostly for starting the process. Counts CPU time, not waiting: on a busy machine a harmless file may wait long,
 * while a hostile one uses CPU time.
 */
const MAX_CPU_MS = 3_000;
/** Bytes of resident memory. An ordinary logo takes 100 MB, a photo of 25 megapixels 250 MB. logo-drawing.ts sets a higher hard limit. */
const MAX_RSS = 400 * 1024 * 1024;
/** Pixels with a lower alpha, of 255, count as invisible. */
const FAINT = 16;
const WHITE = 250;

/**
 * Allows only the formats that may be uploaded, detected from the bytes. librsvg runs no scripts, and loads no references from an SVG that is
 * given as bytes without a base URL.
 */
function restrictSharp(): void {
  // One thread, because live audio needs the other cores.
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({
    operation: ["Png", "Jpeg", "Webp", "Svg"].map((format) => `VipsForeignLoad${format}Buffer`),
  });
}

/** Kills the process at its limits. Drawing runs in native threads, which nothing milder than SIGKILL stops. */
function killAtLimits(): void {
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    if ((user + system) / 1_000 > MAX_CPU_MS || process.memoryUsage.rss() > MAX_RSS) process.kill(process.pid, "SIGKILL");
  }, 20).unref();
}

const OPTIONS = { limitInputPixels: MAX_PIXELS, failOn: "error" } as const;

/** Whether the first bytes are those of a PNG, JPEG or WebP. */
function isRaster(file: Buffer): boolean {
  const head = file.subarray(0, 12).toString("latin1");
  return head.startsWith("\u0089PNG") || head.startsWith("\u00ff\u00d8\u00ff") || /^RIFF.{4}WEBP/s.test(head);
}

/** @throws Unpaintable showsNothing or tooNarrow, for a frame in which nothing can be seen */
function assertFrame(width: number, height: number): void {
  if (!(width > 0 && height > 0)) throw new Unpaintable(EXIT.showsNothing);
  if (Math.max(width / height, height / width) > MAX_RATIO) throw new Unpaintable(EXIT.tooNarrow);
}

/** Width and height, in pixels, of the test drawings that find an SVG's extent. */
const PROBE = 512;
/** Test drawings before giving up. */
const PROBES = 12;

/** x, y, width, height of the visible part in pixels of the test drawing; null when nothing is visible. */
async function findInk(svg: Buffer): Promise<[number, number, number, number] | null> {
  const { data, info } = await sharp(svg, OPTIONS).ensureAlpha().extractChannel(3).raw().toBuffer({ resolveWithObject: true });
  let [left, top, right, bottom] = [info.width, info.height, -1, -1];
  for (const [index, alpha] of data.entries()) {
    if (alpha === 0) continue;
    const [x, y] = [index % info.width, Math.floor(index / info.width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = y;
  }
  return right < 0 ? null : [left, top, right - left + 1, bottom - top + 1];
}

/**
 * The frame for an SVG that has none: the extent of what it draws, found by test drawings in a wide frame first and then in closer ones.
 * @throws Unpaintable showsNothing
 */
async function findFrame(svg: Svg): Promise<[number, number, number, number]> {
  // librsvg tells how large the drawing is, but not where it is.
  const unknown = { width: 1, height: 1 };
  const { width, height } = await sharp(writeSvg(svg, null, null), OPTIONS)
    .metadata()
    .catch(() => unknown);
  let span = 8 * Math.max(width, height, 1);
  let [x, y] = [-span / 2, -span / 2];
  for (let probe = 0; probe < PROBES; probe += 1) {
    const ink = await findInk(writeSvg(svg, [x, y, span, span], { width: PROBE, height: PROBE }));
    const pixel = span / PROBE;
    const isCut = !ink || ink[0] === 0 || ink[1] === 0 || ink[0] + ink[2] === PROBE || ink[1] + ink[3] === PROBE;
    if (isCut) {
      [x, y, span] = [x - 1.5 * span, y - 1.5 * span, 4 * span];
      continue;
    }
    const frame: [number, number, number, number] = [x + ink[0] * pixel, y + ink[1] * pixel, ink[2] * pixel, ink[3] * pixel];
    // At this size one pixel is less than a hundredth of the drawing.
    if (Math.max(ink[2], ink[3]) > PROBE / 4) return frame;
    span = Math.max(frame[2], frame[3]) * 2;
    [x, y] = [frame[0] + frame[2] / 2 - span / 2, frame[1] + frame[3] / 2 - span / 2];
  }
  throw new Unpaintable(EXIT.showsNothing);
}

async function openSvg(file: Buffer): Promise<Sharp> {
  const svg = readSvg(file);
  const viewBox = svg.viewBox ?? (await findFrame(svg));
  const { width, height } = svg.size ?? { width: viewBox[2], height: viewBox[3] };
  assertFrame(viewBox[2], viewBox[3]);
  assertFrame(width, height);
  // An SVG has no pixels of its own, so it is drawn at the wanted size, whatever size it states.
  const scale = SIDE / Math.max(width, height);
  return sharp(writeSvg(svg, viewBox, { width: width * scale, height: height * scale }), OPTIONS);
}

async function openRaster(file: Buffer): Promise<Sharp> {
  const { width, height } = await sharp(file, { ...OPTIONS, limitInputPixels: false }).metadata();
  assertFrame(width, height);
  return sharp(file, OPTIONS);
}

/** @throws Unpaintable showsNothing, for an image that is all transparent, or opaque and all white */
async function assertShows(image: Buffer): Promise<void> {
  const { channels, isOpaque } = await sharp(image).stats();
  const { hasAlpha } = await sharp(image).metadata();
  if (hasAlpha && (channels.at(-1)?.max ?? 0) < FAINT) throw new Unpaintable(EXIT.showsNothing);
  if (isOpaque && channels.every(({ min }) => min >= WHITE)) throw new Unpaintable(EXIT.showsNothing);
}

async function draw(file: Buffer): Promise<Buffer> {
  if (file.length === 0) throw new Unpaintable(EXIT.unsupported);
  const isVector = !isRaster(file);
  const image = await (isVector ? openSvg(file) : openRaster(file));
  const oriented = await image
    .autoOrient()
    .toColourspace("srgb")
    .png({ compressionLevel: 0 })
    .resize({ width: SIDE, height: SIDE, fit: "inside", withoutEnlargement: true })
    .toBuffer();
  await assertShows(oriented);
  const { width, height } = await sharp(oriented).metadata();
  const side = isVector ? SIDE : Math.max(width, height);
  return sharp(oriented)
    .resize(side, side, { fit: "contain", background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .webp({ quality: 90 })
    .toBuffer();
}

function exitCode(error: unknown): number {
  if (error instanceof Unpaintable) return error.code;
  const message = error instanceof Error ? error.message : "";
  if (/unsupported image format|is empty/.test(message)) return EXIT.unsupported;
  return /pixel limit/.test(message) ? EXIT.tooManyPixels : EXIT.unreadable;
}

if (import.meta.main) {
  restrictSharp();
  killAtLimits();
  try {
    process.stdout.write(await draw(await buffer(process.stdin)));
  } catch (error) {
    process.exitCode = exitCode(error);
  }
}
