/** An uploaded logo is redrawn or refused with a sentence. No byte of the file reaches a browser. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_LOGO_BYTES } from "#contract/http/logos.ts";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { until } from "../testing/until.ts";
import { drawLogo } from "./logo-drawing.ts";
import { Unpaintable } from "./logo-exit.ts";
import { readSvg } from "./logo-svg.ts";

const server = useServer();
let ada: Person;
let workspace: Workspace;
/** A server that must never be asked: hostile files refer to it. */
const trap = createServer((_request, response) => response.end("fetched"));
let trapRequests = 0;
trap.on("request", () => (trapRequests += 1));
let trapUrl = "";

beforeAll(async () => {
  await new Promise<void>((listening) => trap.listen(0, "127.0.0.1", listening));
  trapUrl = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
});
afterAll(() => void trap.close());

/** A new person, because one may upload only ten logos in a minute. */
async function setUp(): Promise<void> {
  ada = await signUpPerson(server, "Ada");
  workspace = await makeWorkspace(ada);
}

const send = (body: Buffer | string, type = "image/png") =>
  ada.send("PUT", `${workspace.path}/logo`, { body, headers: { "content-type": type } });
const logoOf = async (person: Person) => (await person.get(workspace.path)).json.logoId as string | null;
function readOrRefuse(file: Buffer): void {
  try {
    readSvg(file);
  } catch (error) {
    expect(error).toBeInstanceOf(Unpaintable);
  }
}
const svg = (inner: string, attributes = 'width="100" height="50"', before = "") =>
  `${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inner}</svg>`;
const RED = '<rect width="100%" height="100%" fill="#ff0000"/>';

async function fetchLogo(): Promise<Buffer> {
  const answer = await ada.get(`${workspace.path}/logos/${await logoOf(ada)}`);
  expect(answer.status).toBe(200);
  return answer.bytes;
}

/** The colour of a pixel: r, g, b, alpha. */
async function pixel(image: Buffer, left: number, top: number): Promise<number[]> {
  return [...(await sharp(image).ensureAlpha().extract({ left, top, width: 1, height: 1 }).raw().toBuffer())];
}

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#ff0000" } });

/** A PNG of one colour that is small in bytes and huge when decoded. */
function bomb(side: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0], 8); // one bit, grey
  const rows = Buffer.alloc((1 + Math.ceil(side / 8)) * side);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe("a logo", () => {
  beforeAll(setUp);

  test.each(["png", "jpeg", "webp"] as const)(
    "can be %s, and is redrawn on a transparent square, without metadata",
    async (format) => {
      const file = await picture(400, 100)
        .withExif({ IFD0: { Copyright: "secret of the photographer" } })
        .toFormat(format)
        .toBuffer();
      expect(file.toString("latin1")).toContain("secret of the photographer");
      expect(await send(file, `image/${format}`)).toMatchObject({ status: 200 });
      const image = await fetchLogo();
      const { format: drawn, width, height, exif, icc, xmp } = await sharp(image).metadata();
      expect({ drawn, width, height, exif, icc, xmp }).toMatchObject({ drawn: "webp", width: 256, height: 256 });
      expect([exif, icc, xmp]).toEqual([undefined, undefined, undefined]);
      expect(image.toString("latin1")).not.toContain("secret");
      const [red = 0, green = 255] = await pixel(image, 128, 128);
      expect(red).toBeGreaterThan(240);
      expect(green).toBeLessThan(16);
      expect((await pixel(image, 128, 4))[3]).toBe(0);
    },
  );

  test("can be an SVG of any size, which is drawn at full resolution, not enlarged", async () => {
    for (const attributes of ['viewBox="0 0 24 24"', 'width="3" height="3"', 'width="90000" height="90000"']) {
      expect(await send(svg(RED, attributes), "image/svg+xml")).toMatchObject({ status: 200 });
      const image = await fetchLogo();
      expect(await sharp(image).metadata()).toMatchObject({ format: "webp", width: 256, height: 256 });
      for (const at of [1, 128, 254]) expect((await pixel(image, at, at))[0]).toBeGreaterThan(240);
    }
  });
});

const CASES = new URL("testing/logos/", import.meta.url);

/** Each file draws something red. */
const UTF16 = `<?xml version="1.0" encoding="UTF-16"?>${svg(`<!-- Müller -->${RED}`)}`;
const DRAWN: Array<[what: string, file: Buffer | string]> = [
  ...["latin1.svg", "no-size-circle.svg", "pass-cmyk.jpg", "pass-entities.svg", "pass-long-comment.svg"].map(
    (name): [string, Buffer] => [name, readFileSync(new URL(name, CASES))],
  ),
  ["an SVG in UTF-16, little-endian", Buffer.from(`\ufeff${UTF16}`, "utf16le")],
  ["an SVG in UTF-16, big-endian", Buffer.from(`\ufeff${UTF16}`, "utf16le").swap16()],
  [
    "an SVG in windows-1251",
    Buffer.from(`<?xml version="1.0" encoding="windows-1251"?><!-- \u00cf\u00f0\u00e8 -->${svg(RED)}`, "latin1"),
  ],
  [
    "an SVG in windows-1252 that declares UTF-8",
    Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><!-- M\u00fcller -->${svg(RED)}`, "latin1"),
  ],
  ["an SVG in windows-1252 that declares nothing", Buffer.from(`<!-- M\u00fcller -->${svg(RED)}`, "latin1")],
  ["an SVG in an encoding that nobody knows", `<?xml version="1.0" encoding="x-drawing"?>${svg(RED)}`],
  ["an SVG after an empty line", `\ufeff\n<?xml version="1.0"?>${svg(RED)}`],
  ["an SVG with the doctype of HTML", `<!doctype svg>${svg(RED)}`],
  [
    "an SVG with CSS variables",
    svg(
      '<style>:root{--a: #f00;--b:#00f}.a{fill:var(--a)}</style><rect class="a" width="50" height="50"/><rect x="50" width="50" height="50" fill="var( --a, var(--b))"/>',
    ),
  ],
  ["an SVG without a size, far from its origin", svg('<circle cx="5000" cy="-7000" r="40" fill="#f00"/>', "")],
  ["an SVG without a size, of a hundredth of a pixel", svg('<circle cx="0.1" cy="0.1" r="0.01" fill="#f00"/>', "")],
  ["an SVG with a size in percent", svg('<circle cx="50" cy="50" r="40" fill="#f00"/>', 'width="100%" height="100%"')],
  ["an SVG with a size in millimetres", svg('<rect width="38" height="38" fill="#f00"/>', 'width="10mm" height="10mm"')],
  ["an SVG without a namespace", `<svg viewBox="0 0 9 9">${RED}</svg>`],
  [
    "an SVG with a prefix",
    '<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><s:rect width="9" height="9" fill="red"/></s:svg>',
  ],
  ["an SVG with links to its own parts", svg(`<defs><g id="a">${RED}</g></defs><use xlink:href="#a"/>`)],
  ["an SVG with styles in CDATA", svg('<style><![CDATA[.a{fill:#f00}]]></style><rect class="a" width="100" height="50"/>')],
  [
    "an SVG with elements of the program that made it",
    svg(`<metadata><x:a xmlns:x="urn:x">x</x:a></metadata><i:pgf xmlns:i="urn:i">${"x".repeat(9_000)}</i:pgf>${RED}`),
  ],
];

describe("a logo is drawn centred and fills the width:", () => {
  test.each(DRAWN)("%s", async (_, file) => {
    const image = await drawLogo(Buffer.from(file), ["somebody"]);
    const { width, height } = await sharp(image).metadata();
    const [red = 0, green = 255, , alpha] = await pixel(image, width / 2, height / 2);
    expect([red > 200, green < 30, alpha]).toEqual([true, true, 255]);
    for (const [left, top] of [
      [2, height / 2],
      [width - 3, height / 2],
    ] as const) {
      expect((await pixel(image, left, top))[3]).toBe(255);
    }
  });
});

/** The sentence of the refusal, or "drawn". */
const refusalOf = (file: Buffer | string) =>
  drawLogo(Buffer.from(file), ["somebody"]).then(
    () => "drawn",
    ({ detail }: { detail: string }) => detail,
  );

const PNG_INSIDE = '<image href="data:image/png;base64,AAAA" width="9" height="9"/>';
const NOTHING = "That image shows nothing: it is blank or transparent. Choose another file.";
const INSIDE = "That SVG has another picture inside. Export it without embedded pictures, or as PNG.";
const NARROW = "That image is too narrow. Crop it so that it is at most 32 times as long as wide.";
const UNREADABLE = "That image can't be read: it is damaged, or takes too long to draw. Choose another file.";

describe("a logo is refused with a sentence that says what to do:", () => {
  test.each([
    ["30000x1.png", readFileSync(new URL("30000x1.png", CASES)), NARROW],
    ["an SVG that is a line", svg('<path d="M0 0H100" stroke="red"/>', ""), NARROW],
    ["an empty SVG", svg(""), NOTHING],
    ["an empty SVG without a size", svg("", ""), NOTHING],
    ["an SVG with width 0", svg(RED, 'width="0" height="9"'), NOTHING],
    ["an SVG whose viewBox has height 0", svg(RED, 'viewBox="0 0 9 0"'), NOTHING],
    ["an SVG that draws outside its frame", svg('<rect x="500" width="9" height="9"/>'), NOTHING],
    ["an SVG that is transparent", svg('<rect width="9" height="9" opacity="0.01"/>'), NOTHING],
    ["an SVG that is all white", svg('<rect width="100%" height="100%" fill="#fff"/>'), NOTHING],
    ["an SVG with an image in a data URL", svg(RED + PNG_INSIDE), INSIDE],
    ["an SVG with an image in a symbol", svg(`<symbol id="a">${PNG_INSIDE}</symbol>${RED}`), INSIDE],
    [
      "an SVG with an image in a filter",
      svg(`<filter id="f"><feImage href="data:image/png;base64,AAAA"/></filter>${RED}`),
      INSIDE,
    ],
    ["an SVG with an image from the disk", svg('<image href="file:///etc/passwd" width="9" height="9"/>'), INSIDE],
    ["an SVG with markup in an entity", svg(`&x;${RED}`, undefined, '<!DOCTYPE svg [<!ENTITY x "&#60;image/>">]>'), UNREADABLE],
  ])("%s", async (_, file, sentence) => expect(await refusalOf(file)).toBe(sentence));

  test("a transparent PNG", async () => {
    const clear = { width: 99, height: 99, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } as const;
    expect(await refusalOf(await sharp({ create: clear }).png().toBuffer())).toBe(NOTHING);
  });
  test("an SVG that takes gigabytes to draw", async () => {
    const text = svg(`<text font-size="1000">${"x".repeat(900_000)}</text>`);
    expect([
      "That image takes too much time or memory to draw. Export it simpler, or as a PNG of 512 by 512 pixels.",
      UNREADABLE,
    ]).toContain(await refusalOf(text));
  });
});

test("a white logo on a transparent background is drawn, since it may be made for dark pages", async () => {
  expect(await refusalOf(svg('<circle cx="50" cy="25" r="20" fill="#fff"/>'))).toBe("drawn");
});

test.runIf(process.platform === "linux")("the drawing process has a memory limit", async () => {
  const drawn = drawLogo(Buffer.from(svg(RED)), ["somebody"]);
  const limits = await until("its process", () => {
    const [painter] = painters();
    const { stdout } = spawnSync("cat", [`/proc/${painter}/limits`], { encoding: "utf8" });
    return /^Max data size +(\d+)/m.exec(stdout)?.[1];
  });
  expect(Number(limits)).toBe(1024 * 1024 * 1024);
  await drawn;
});

describe("a logo's image", () => {
  beforeAll(setUp);

  test("is served to members only, as WebP with nosniff, and gets a new id with each upload", async () => {
    await send(svg(RED), "image/svg+xml");
    const first = await logoOf(ada);
    const { headers } = await ada.get(`${workspace.path}/logos/${first}`);
    expect(headers).toMatchObject({
      "content-type": "image/webp",
      "cache-control": "private, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    });
    await send(svg(RED), "image/svg+xml");
    const second = await logoOf(ada);
    expect(second).not.toBe(first);
    expect((await ada.get(`${workspace.path}/logos/${first}`)).code).toBe("not_found");
    const { tenants } = (await ada.get("/api/v1/me")).json;
    expect(tenants[0]).toMatchObject({ slug: workspace.slug, logoId: second });
    const rows = await server.database.query("select 1 from tenant_logos where tenant_id = $1", [workspace.tenantId]);
    expect(rows).toHaveLength(1);

    const viewer = await signUpPerson(server, "Vi");
    expect((await viewer.get(`${workspace.path}/logos/${second}`)).code).toBe("not_found");
    await addMember(server, ada, workspace, viewer, workspace.roles.Viewer);
    expect((await viewer.get(`${workspace.path}/logos/${second}`)).status).toBe(200);
  });

  test("can be removed; removing it again changes nothing, and the audit log does not contain images", async () => {
    expect((await ada.delete(`${workspace.path}/logo`)).status).toBe(204);
    expect(await logoOf(ada)).toBe(null);
    const before = await tenantState(server, workspace.tenantId);
    expect((await ada.delete(`${workspace.path}/logo`)).status).toBe(204);
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
    const changes = await server.database.query(
      "select changes from audit_log where tenant_id = $1 and action = 'workspace.edited' order by sequence",
      [workspace.tenantId],
    );
    expect(changes.map((entry) => entry.changes)).toEqual([
      { logo: { from: null, to: "an image" } },
      { logo: { from: "an image", to: "another image" } },
      { logo: { from: "an image", to: null } },
    ]);
  });

  test("is one of two that are uploaded at once", async () => {
    await Promise.all([send(svg(RED), "image/svg+xml"), send(svg(RED), "image/svg+xml")]);
    const rows = await server.database.query<{ logo_id: string }>("select logo_id from tenant_logos where tenant_id = $1", [
      workspace.tenantId,
    ]);
    expect(rows).toEqual([{ logo_id: await logoOf(ada) }]);
  });
});

/** Ids of the drawing processes that run now. */
function painters(): number[] {
  const { stdout } = spawnSync("pgrep", ["-P", String(process.pid), "-f", "logo-painter"], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

describe("an upload is refused with a sentence and the current logo stays:", () => {
  let before: Record<string, string>;
  beforeAll(async () => {
    await setUp();
    await send(svg(RED), "image/svg+xml");
    before = await tenantState(server, workspace.tenantId);
  });

  async function expectRefused(file: Buffer | string, type: string, status: number, code: string): Promise<void> {
    // Another person of the same workspace, because of the rate limit.
    const admin = await signUpPerson(server, "Admin");
    await addMember(server, ada, workspace, admin, workspace.roles.Admin);
    await admin.get(workspace.path);
    before = await tenantState(server, workspace.tenantId);
    const answer = await admin.send("PUT", `${workspace.path}/logo`, { body: file, headers: { "content-type": type } });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.json.detail).toMatch(/^[A-Z].{10,}\.$/);
    expect(answer.text).not.toMatch(/vips|sharp|glib|librsvg|node_modules|\/etc/i);
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
  }

  test("20 MB", () => expectRefused(Buffer.alloc(20 * 1024 * 1024), "image/png", 413, "body_too_large"));
  test("one byte over the limit", () => expectRefused(Buffer.alloc(MAX_LOGO_BYTES + 1), "image/png", 413, "body_too_large"));
  test.each([
    ["JSON", "application/json"],
    ["a GIF", "image/gif"],
    ["HTML", "text/html"],
    ["a form", "multipart/form-data; boundary=x"],
    ["no type", ""],
  ])("%s, by its content type", (_what, type) => expectRefused("{}", type, 415, "unsupported_media_type"));
  test.each([
    ["HTML sent as PNG", "<!doctype html><script>alert(1)</script>"],
    [
      "a GIF sent as PNG",
      Buffer.from(
        "GIF89a\u0001\0\u0001\0\u0080\0\0\0\0\0\u00ff\u00ff\u00ff,\0\0\0\0\u0001\0\u0001\0\0\u0002\u0002D\u0001\0;",
        "latin1",
      ),
    ],
    ["a PDF sent as PNG", "%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj"],
    ["a TIFF sent as PNG", Buffer.from("II*\0\u0008\0\0\0\0\0\0\0", "latin1")],
    ["a script", "#!/bin/sh\nid > /tmp/pwned\n"],
    ["a few bytes", Buffer.from([0, 1, 2, 3])],
  ])("%s", (_what, file) => expectRefused(file, "image/png", 415, "unsupported_image"));
  test("an empty file", () => expectRefused("", "image/png", 415, "unsupported_image"));

  test("half a PNG", async () => {
    const whole = await picture(300, 300).png({ compressionLevel: 0 }).toBuffer();
    await expectRefused(whole.subarray(0, whole.length / 2), "image/png", 422, "image_unreadable");
  });
  test("a small PNG with 400 megapixels when decoded", async () => {
    const file = bomb(20_000);
    expect(file.length).toBeLessThan(100_000);
    await expectRefused(file, "image/png", 422, "image_too_large");
  });
  test("an SVG whose entities expand exponentially (billion laughs)", () => {
    const entities = Array.from({ length: 12 }, (_, n) => `<!ENTITY l${n} "${n === 0 ? "lol" : `&l${n - 1};`.repeat(10)}">`);
    const file = svg('<text y="20">&l11;</text>', undefined, `<?xml version="1.0"?><!DOCTYPE svg [${entities.join("")}]>`);
    return expectRefused(file, "image/svg+xml", 422, "image_unreadable");
  });
  test("an SVG with an external entity", async () => {
    for (const target of ["file:///etc/passwd", trapUrl]) {
      const file = svg('<text y="20">&x;</text>', undefined, `<!DOCTYPE svg [<!ENTITY x SYSTEM "${target}">]>`);
      await expectRefused(file, "image/svg+xml", 422, "image_unreadable");
    }
  });
  test("an SVG that repeats itself a hundred million times by nested links", () => {
    const groups = Array.from(
      { length: 9 },
      (_, n) => `<g id="g${n}">${n === 0 ? '<rect width="1" height="1"/>' : `<use href="#g${n - 1}"/>`.repeat(10)}</g>`,
    );
    return expectRefused(svg(`<defs>${groups.join("")}</defs><use href="#g8"/>`), "image/svg+xml", 422, "image_unreadable");
  });
  test("an SVG that would take minutes to draw, while other requests are answered and a harmless upload that has to wait is drawn", async () => {
    const bob = await signUpPerson(server, "Bob");
    const { path } = await makeWorkspace(bob);
    const waiting = bob.send("PUT", `${path}/logo`, { body: svg(RED), headers: { "content-type": "image/svg+xml" } });
    const painter = await until("its process", () => painters()[0]);
    // Simulates a machine that is too busy to run it.
    process.kill(painter, "SIGSTOP");
    const filters =
      '<filter id="f"><feTurbulence numOctaves="9999" baseFrequency="0.01"/><feGaussianBlur stdDeviation="999"/></filter>';
    const slow = expectRefused(
      svg(filters + '<rect width="100%" height="100%" filter="url(#f)"/>'.repeat(5_000)),
      "image/svg+xml",
      422,
      "image_unreadable",
    );
    expect((await ada.get("/api/v1/me")).status).toBe(200);
    await slow;
    process.kill(painter, "SIGCONT");
    expect((await waiting).status).toBe(200);
  });
});

// A parser with quadratic time would take minutes for each, and the test would time out.
test.each([
  ["many document types", `<svg>${"<!DOCTYPE svg [".repeat(60_000)}</svg>`],
  ["a document type that doesn't end", `<!DOCTYPE svg [${"]".repeat(900_000)}<svg/>`],
  ["endless variables", `<svg xmlns="http://www.w3.org/2000/svg" style="var(${"--a: ".repeat(180_000)}"/>`],
  ["endless uses of variables", `<svg xmlns="http://www.w3.org/2000/svg" style="--a:b;${"var(--a,".repeat(110_000)}"/>`],
  ["a width with a gap", `<svg xmlns="http://www.w3.org/2000/svg" width="1${" ".repeat(900_000)}!"><path d="M0 0h9v9"/></svg>`],
  ["a frame with a gap", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0${" ".repeat(900_000)}!"><path d="M0 0h9v9"/></svg>`],
])("an SVG of 900 kB with %s is read or refused quickly", (_name, text) => readOrRefuse(Buffer.from(text)));

test("one image at a time is drawn for a tenant or person, and others don't wait for it", async () => {
  const one = drawLogo(Buffer.from(svg(RED)), ["acme", "ada"]);
  const painter = await until("its process", () => painters()[0]);
  process.kill(painter, "SIGSTOP");
  const more = ["acme", "other"].map((tenant) => drawLogo(Buffer.from(svg(RED)), [tenant, "ada"]));
  expect(await drawLogo(Buffer.from(svg(RED)), ["else", "bob"])).toBeInstanceOf(Buffer);
  expect(painters()).toEqual([painter]);
  process.kill(painter, "SIGCONT");
  await Promise.all([one, ...more]);
});

test("an SVG whose links have both href and xlink:href is drawn", async () => {
  const both = svg(
    '<defs><path id="a" d="M0 0h50v50H0z"/></defs><use href="#a" xlink:href="#a" xmlns:xlink="http://www.w3.org/1999/xlink"/>',
  );
  expect(await drawLogo(Buffer.from(both), ["somebody"])).toBeInstanceOf(Buffer);
});

describe("a hostile logo is made harmless:", () => {
  beforeAll(setUp);

  test("an SVG with scripts, event handlers and embedded pages becomes a plain image", async () => {
    const hostile = svg(
      `<script>alert(1)</script><style>@import url(${trapUrl}/style)</style>${RED}` +
        '<rect onload="alert(1)" onclick="alert(1)"/><a href="javascript:alert(1)"><text>x</text></a>' +
        '<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/></foreignObject>',
    );
    expect(await send(hostile, "image/svg+xml")).toMatchObject({ status: 200 });
    const image = await fetchLogo();
    expect(image.subarray(0, 4).toString()).toBe("RIFF");
    expect(image.toString("latin1")).not.toMatch(/script|alert|iframe|evil/);
  });

  test("an SVG's references are loaded neither from the disk nor from the network", async () => {
    const references = ["file:///etc/passwd", "/etc/passwd", trapUrl, `${trapUrl}/x.svg#a`];
    const links = references.map((href) => `<use href="${href}" xlink:href="${href}"/><path fill="url(${href})" d="M0 0h9v9"/>`);
    const styles = references.map((href) => `<style>@import url("${href}");</style>`);
    const file = svg(styles.join("") + links.join("") + RED, 'width="100" height="100"', `<?xml-stylesheet href="${trapUrl}"?>`);
    expect(await send(file, "image/svg+xml")).toMatchObject({ status: 200 });
    expect((await pixel(await fetchLogo(), 128, 128))[0]).toBeGreaterThan(240);
    expect(trapRequests).toBe(0);
  });

  test("a PNG with an HTML page appended comes back as the image alone", async () => {
    const polyglot = Buffer.concat([await picture(50, 50).png().toBuffer(), Buffer.from("<script>alert('polyglot')</script>")]);
    // The bytes decide the format, not the content type.
    expect(await send(polyglot, "image/svg+xml")).toMatchObject({ status: 200 });
    expect((await fetchLogo()).toString("latin1")).not.toMatch(/script|polyglot/);
  });

  test("an animation is reduced to one frame", async () => {
    const frames = Buffer.concat(await Promise.all([20, 20].map((side) => picture(side, side).raw().toBuffer())));
    const animation = await sharp(frames, { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } })
      .webp({ delay: [100, 100] })
      .toBuffer();
    expect((await sharp(animation).metadata()).pages ?? 1).toBeGreaterThanOrEqual(1);
    expect(await send(animation, "image/webp")).toMatchObject({ status: 200 });
    expect((await sharp(await fetchLogo()).metadata()).pages ?? 1).toBe(1);
  });
});
