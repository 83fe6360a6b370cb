/**
 * Rewrites an SVG for librsvg with its drawing elements only: in UTF-8, without document type, entities, comments, scripts, and elements of other
 * namespaces. So nothing in it can expand, include or embed anything.
 */
import { SaxesParser, type SaxesTagNS } from "saxes";
import { EXIT, Unpaintable } from "./logo-exit.ts";

const SVG = "http://www.w3.org/2000/svg";
const XLINK = "http://www.w3.org/1999/xlink";
const XML = "http://www.w3.org/XML/1998/namespace";
/** Elements that are dropped with their content. librsvg draws none of them, and harmless files contain them. */
const LEFT_OUT = new Set([
  "script",
  "foreignObject",
  "metadata",
  "animate",
  "animateMotion",
  "animateTransform",
  "set",
  "audio",
  "video",
]);
/** Elements that embed another image, of any size and format. */
const EMBEDS = new Set(["image", "feImage"]);
/** A logo has hundreds of elements. */
const MAX_ELEMENTS = 50_000;
/** Each is computed for the whole canvas. */
const MAX_FILTER_PRIMITIVES = 100;
const MAX_DEPTH = 200;
/** Characters that are searched for a document type, because the regular expression can take quadratic time. */
const MAX_PROLOGUE = 20_000;
/** Characters of an entity's value (Illustrator declares namespaces so). */
const MAX_ENTITY = 200;
/** Characters of the rewritten content. */
const MAX_OUTPUT = 4_000_000;

/** Characters of a length, such as "10mm". */
const MAX_LENGTH = 100;

/** CSS pixels of each unit (CSS Values 4 §6.2). Units that depend on a page, such as %, are missing. */
const UNITS: Record<string, number> = { "": 1, px: 1, pt: 4 / 3, pc: 16, mm: 96 / 25.4, cm: 96 / 2.54, in: 96, q: 96 / 101.6 };

export interface Svg {
  /** Attributes of the root element, without those of its frame. */
  attributes: string;
  /** Everything within the root element. */
  content: string;
  /** x, y, width, height in user units; null when the file has neither a viewBox nor a size. */
  viewBox: [number, number, number, number] | null;
  /** Size of the frame in pixels; null when the file has none. */
  size: { width: number; height: number } | null;
}

/** In the encoding that the file declares (XML 1.0, appendix F). Old programs declare UTF-8, or nothing, and write windows-1252. */
function decodeXml(file: Buffer): string {
  const head = file.subarray(0, 4).toString("latin1");
  const declared = /^<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(
    file.subarray(0, 300).toString("latin1"),
  )?.[1];
  let label = declared ?? "utf-8";
  if (head.startsWith("\u00ff\u00fe") || head.startsWith("<\0")) label = "utf-16le";
  else if (head.startsWith("\u00fe\u00ff") || head.startsWith("\0<")) label = "utf-16be";
  else if (head.startsWith("\u00ef\u00bb\u00bf")) label = "utf-8";
  // A declaration in eight-bit characters cannot be in UTF-16, whatever it says (XML 1.0 §4.3.3).
  else if (/^utf-?16/i.test(label)) label = "utf-8";
  try {
    return new TextDecoder(label, { fatal: true }).decode(file);
  } catch {
    return new TextDecoder("windows-1252").decode(file);
  }
}

/** `--brand: #d01414` in a style. */
const VARIABLE = /(--[\w-]{1,100})\s{0,20}:\s{0,20}([^\s;}"'<&][^;}"'<&]{0,200})/g;
const USE = /var\(\s{0,20}(--[\w-]{1,100})\s{0,20}(?:,(?:[^()<>]|\([^()<>]{0,100}\)){0,200})?\)/g;

/** Replaces CSS variables by their values, because librsvg knows only the fallbacks of var(). */
function replaceVariables(text: string): string {
  if (!text.includes("var(")) return text;
  const values = new Map(Array.from(text.matchAll(VARIABLE), ([, name = "", value = ""]) => [name, value.trim()]));
  return text.replaceAll(USE, (use, name: string) => values.get(name) ?? use);
}

/** The file's entities. Only plain text is allowed, since entities with markup or other entities can multiply. @throws Unpaintable unreadable */
function readEntities(text: string): Record<string, string> {
  const doctype = /<!DOCTYPE[^[>]{0,1000}\[([\s\S]*?)\]\s{0,100}>/.exec(text.slice(0, MAX_PROLOGUE))?.[1] ?? "";
  const entities: Record<string, string> = {};
  for (const [, name = "", double, single] of doctype.matchAll(/<!ENTITY\s+([\w.:-]+)\s+(?:"([^"]*)"|'([^']*)')\s*>/g)) {
    const value = double ?? single ?? "";
    if (value.length > MAX_ENTITY || /[<&%]/.test(value)) throw new Unpaintable(EXIT.unreadable);
    entities[name] = value;
  }
  return entities;
}

function toPixels(length: string | undefined): number | null {
  const [, number, unit] = /^\+?([\d.]+(?:e[+-]?\d+)?)\s*([a-z]*)$/i.exec((length ?? "").slice(0, MAX_LENGTH).trim()) ?? [];
  const factor = UNITS[(unit ?? "%").toLowerCase()];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}

function readViewBox(value: string | undefined): Svg["viewBox"] {
  const numbers = (value ?? "")
    .slice(0, 4 * MAX_LENGTH)
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const [x, y, width, height, ...more] = numbers;
  if (x === undefined || y === undefined || width === undefined || height === undefined || more.length > 0) return null;
  return numbers.every(Number.isFinite) ? [x, y, width, height] : null;
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function attributesOf({ attributes }: SaxesTagNS, leaveOut: ReadonlySet<string>): string {
  let written = "";
  const hasLink = Object.values(attributes).some(({ uri, local }) => uri === "" && local === "href");
  for (const { uri, local, value } of Object.values(attributes)) {
    const isLink = local === "href";
    // Keep only links within the drawing: gradients, clips, symbols.
    if (isLink && !value.startsWith("#")) continue;
    // Files for old and new programs have both. SVG 2 says to ignore xlink:href then.
    if (isLink && uri === XLINK && hasLink) continue;
    if ((uri === "" && !leaveOut.has(local) && !/^(xmlns|on)/i.test(local)) || (uri === XLINK && isLink)) {
      written += ` ${local}="${escape(value)}"`;
      // xml:base is dropped: it would change where the drawing's own links lead.
    } else if (uri === XML && (local === "space" || local === "lang")) written += ` xml:${local}="${escape(value)}"`;
  }
  return written;
}

const NONE = new Set<string>();
/** Attributes of the root element that writeSvg sets anew. */
const FRAME = new Set(["width", "height", "viewBox", "x", "y"]);

/** @throws Unpaintable unsupported, unreadable, embedsImage, tooMuchWork */
export function readSvg(file: Buffer): Svg {
  // Browsers that find an SVG within a page forgive spaces before it and the doctype of HTML, so files have them.
  const text = replaceVariables(decodeXml(file).trim()).replace(/^((?:<\?[^>]{0,200}>\s{0,99})?)<!doctype\s/i, "$1<!DOCTYPE ");
  if (text.length > MAX_OUTPUT) throw new Unpaintable(EXIT.tooMuchWork); // a variable's value may be longer than its use
  if (!/<(?:[\w.-]+:)?svg[\s>/]/.test(text)) throw new Unpaintable(EXIT.unsupported);
  const parser = new SaxesParser({
    xmlns: true,
    position: false,
    additionalNamespaces: { xlink: XLINK },
  });
  Object.assign(parser.ENTITIES, readEntities(text));
  const content: string[] = [];
  let length = 0;
  let depth = 0;
  let elements = 0;
  let primitives = 0;
  /** Depth inside an element that is left out; 0 outside. */
  let skipped = 0;
  let root: SaxesTagNS | null = null;

  function write(part: string): void {
    length += part.length;
    if (length > MAX_OUTPUT) throw new Unpaintable(EXIT.tooMuchWork);
    content.push(part);
  }
  parser.on("error", (error) => {
    // Harmless: elements with an unknown prefix are left out.
    if (!/unbound namespace prefix/.test(error.message)) throw new Unpaintable(EXIT.unreadable);
  });
  parser.on("opentag", (tag) => {
    depth += 1;
    elements += 1;
    if (depth > MAX_DEPTH || elements > MAX_ELEMENTS) throw new Unpaintable(EXIT.tooMuchWork);
    const isSvg = tag.uri === SVG || tag.uri === "";
    if (root === null) {
      if (!isSvg || tag.local !== "svg") throw new Unpaintable(EXIT.unsupported);
      root = tag;
    } else if (skipped > 0 || !isSvg || LEFT_OUT.has(tag.local)) skipped += 1;
    else {
      if (EMBEDS.has(tag.local)) throw new Unpaintable(EXIT.embedsImage);
      if (/^fe[A-Z]/.test(tag.local)) primitives += 1;
      if (primitives > MAX_FILTER_PRIMITIVES) throw new Unpaintable(EXIT.tooMuchWork);
      write(`<${tag.local}${attributesOf(tag, NONE)}>`);
    }
  });
  parser.on("closetag", (tag) => {
    depth -= 1;
    if (skipped > 0) skipped -= 1;
    else if (depth > 0) write(`</${tag.local}>`);
  });
  const writeText = (characters: string) => {
    if (skipped === 0 && depth > 0) write(escape(characters));
  };
  parser.on("text", writeText);
  parser.on("cdata", writeText);
  parser.write(text).close();

  const top = root as SaxesTagNS | null;
  if (!top) throw new Unpaintable(EXIT.unreadable);
  const value = (name: string) => top.attributes[name]?.value;
  const [width, height] = [toPixels(value("width")), toPixels(value("height"))];
  const size = width === null || height === null ? null : { width, height };
  return {
    attributes: attributesOf(top, FRAME),
    content: content.join(""),
    viewBox: readViewBox(value("viewBox")) ?? (size && [0, 0, size.width, size.height]),
    size,
  };
}

/** The drawing as an SVG file. @param viewBox the part to show, or null for all. @param size in pixels, or null for the drawing's own */
export function writeSvg(svg: Svg, viewBox: readonly number[] | null, size: { width: number; height: number } | null): Buffer {
  const frame = [
    ...(viewBox ? [`viewBox="${viewBox.join(" ")}"`] : []),
    ...(size ? [`width="${size.width}" height="${size.height}"`] : []),
  ].join(" ");
  return Buffer.from(`<svg xmlns="${SVG}"${svg.attributes} ${frame}>${svg.content}</svg>`);
}
