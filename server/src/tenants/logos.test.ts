/** What is sent as a logo comes from anybody: it is drawn anew, or refused with a sentence; nothing of it reaches another page. */
import { spawnSync } from "node:child_process";
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

const server = useServer();
let ada: Person;
let workspace: Workspace;
/** Somebody who hopes that the server fetches what a file refers to. */
const lure = createServer((_request, response) => response.end("fetched"));
let lured = 0;
lure.on("request", () => (lured += 1));
let lureUrl = "";

beforeAll(async () => {
  await new Promise<void>((listening) => lure.listen(0, "127.0.0.1", listening));
  lureUrl = `http://127.0.0.1:${(lure.address() as AddressInfo).port}`;
});
afterAll(() => void lure.close());

/** Everyone may send ten in a minute: each test has its own person. */
async function setUp(): Promise<void> {
  ada = await signUpPerson(server, "Ada");
  workspace = await makeWorkspace(ada);
}

const send = (body: Buffer | string, type = "image/png") =>
  ada.send("PUT", `${workspace.path}/logo`, { body, headers: { "content-type": type } });
const logoOf = async (person: Person) => (await person.get(workspace.path)).json.logoId as string | null;
const svg = (inner: string, attributes = 'width="100" height="50"', before = "") =>
  `${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inner}</svg>`;
const RED = '<rect width="100%" height="100%" fill="#ff0000"/>';

async function fetched(): Promise<Buffer> {
  const answer = await ada.get(`${workspace.path}/logos/${await logoOf(ada)}`);
  expect(answer.status).toBe(200);
  return answer.bytes;
}

/** The colour of a pixel: r, g, b, alpha. */
async function pixel(image: Buffer, left: number, top: number): Promise<number[]> {
  return [...(await sharp(image).ensureAlpha().extract({ left, top, width: 1, height: 1 }).raw().toBuffer())];
}

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#ff0000" } });

/** A PNG of one colour with as many pixels as one likes: small when sent, huge when decoded. */
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

  test.each(["png", "jpeg", "webp"] as const)("may be %s, is drawn square on nothing, and keeps no metadata", async (format) => {
    const file = await picture(400, 100)
      .withExif({ IFD0: { Copyright: "secret of the photographer" } })
      .toFormat(format)
      .toBuffer();
    expect(file.toString("latin1")).toContain("secret of the photographer");
    expect(await send(file, `image/${format}`)).toMatchObject({ status: 200 });
    const image = await fetched();
    const { format: drawn, width, height, exif, icc, xmp } = await sharp(image).metadata();
    expect({ drawn, width, height, exif, icc, xmp }).toMatchObject({ drawn: "webp", width: 256, height: 256 });
    expect([exif, icc, xmp]).toEqual([undefined, undefined, undefined]);
    expect(image.toString("latin1")).not.toContain("secret");
    const [red = 0, green = 255] = await pixel(image, 128, 128);
    expect(red).toBeGreaterThan(240);
    expect(green).toBeLessThan(16);
    expect((await pixel(image, 128, 4))[3]).toBe(0);
  });

  test("may be SVG of any size, and is sharp: drawn, not enlarged", async () => {
    for (const attributes of ['viewBox="0 0 24 24"', 'width="3" height="3"', 'width="90000" height="90000"']) {
      expect(await send(svg(RED, attributes), "image/svg+xml")).toMatchObject({ status: 200 });
      const image = await fetched();
      expect(await sharp(image).metadata()).toMatchObject({ format: "webp", width: 256, height: 256 });
      for (const at of [1, 128, 254]) expect((await pixel(image, at, at))[0]).toBeGreaterThan(240);
    }
  });
});

describe("its image", () => {
  beforeAll(setUp);

  test("is a member's to see, of a type that no browser runs, and never changes under its id", async () => {
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

  test("goes when it is taken away, once; the log tells that, and not the image", async () => {
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

  test("two sent at once: one of them stands", async () => {
    await Promise.all([send(svg(RED), "image/svg+xml"), send(svg(RED), "image/svg+xml")]);
    const rows = await server.database.query<{ logo_id: string }>("select logo_id from tenant_logos where tenant_id = $1", [
      workspace.tenantId,
    ]);
    expect(rows).toEqual([{ logo_id: await logoOf(ada) }]);
  });
});

/** The processes that draw right now. */
function painters(): number[] {
  const { stdout } = spawnSync("pgrep", ["-P", String(process.pid), "-f", "logo-painter"], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

describe("refused with a sentence, and the logo stays:", () => {
  let before: Record<string, string>;
  beforeAll(async () => {
    await setUp();
    await send(svg(RED), "image/svg+xml");
    before = await tenantState(server, workspace.tenantId);
  });

  async function expectRefused(file: Buffer | string, type: string, status: number, code: string): Promise<void> {
    // Of somebody else's budget, on the same workspace.
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
  test("one byte more than may be sent", () =>
    expectRefused(Buffer.alloc(MAX_LOGO_BYTES + 1), "image/png", 413, "body_too_large"));
  test.each([
    ["JSON", "application/json"],
    ["a GIF that says so", "image/gif"],
    ["HTML that says so", "text/html"],
    ["a form", "multipart/form-data; boundary=x"],
    ["nothing", ""],
  ])("%s by its type", (_what, type) => expectRefused("{}", type, 415, "unsupported_media_type"));
  test.each([
    ["HTML named PNG", "<!doctype html><script>alert(1)</script>"],
    [
      "a GIF named PNG",
      Buffer.from(
        "GIF89a\u0001\0\u0001\0\u0080\0\0\0\0\0\u00ff\u00ff\u00ff,\0\0\0\0\u0001\0\u0001\0\0\u0002\u0002D\u0001\0;",
        "latin1",
      ),
    ],
    ["a PDF named PNG", "%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj"],
    ["a TIFF named PNG", Buffer.from("II*\0\u0008\0\0\0\0\0\0\0", "latin1")],
    ["a script", "#!/bin/sh\nid > /tmp/pwned\n"],
    ["a few bytes", Buffer.from([0, 1, 2, 3])],
  ])("%s", (_what, file) => expectRefused(file, "image/png", 415, "unsupported_image"));
  test("an empty file", () => expectRefused("", "image/png", 415, "unsupported_image"));

  test("half a PNG", async () => {
    const whole = await picture(300, 300).png({ compressionLevel: 0 }).toBuffer();
    await expectRefused(whole.subarray(0, whole.length / 2), "image/png", 422, "image_unreadable");
  });
  test("a PNG that is small when sent and 400 megapixels when decoded", async () => {
    const file = bomb(20_000);
    expect(file.length).toBeLessThan(100_000);
    await expectRefused(file, "image/png", 422, "image_too_large");
  });
  test("a billion laughs", () => {
    const entities = Array.from({ length: 12 }, (_, n) => `<!ENTITY l${n} "${n === 0 ? "lol" : `&l${n - 1};`.repeat(10)}">`);
    const file = svg('<text y="20">&l11;</text>', undefined, `<?xml version="1.0"?><!DOCTYPE svg [${entities.join("")}]>`);
    return expectRefused(file, "image/svg+xml", 422, "image_unreadable");
  });
  test("an external entity", async () => {
    for (const target of ["file:///etc/passwd", lureUrl]) {
      const file = svg('<text y="20">&x;</text>', undefined, `<!DOCTYPE svg [<!ENTITY x SYSTEM "${target}">]>`);
      await expectRefused(file, "image/svg+xml", 422, "image_unreadable");
    }
  });
  test("an SVG that multiplies itself a hundred million times", () => {
    const groups = Array.from(
      { length: 9 },
      (_, n) => `<g id="g${n}">${n === 0 ? '<rect width="1" height="1"/>' : `<use href="#g${n - 1}"/>`.repeat(10)}</g>`,
    );
    return expectRefused(svg(`<defs>${groups.join("")}</defs><use href="#g8"/>`), "image/svg+xml", 422, "image_unreadable");
  }, 40_000);
  test("an SVG that would be drawn for minutes, and others are answered meanwhile; one that only waits for its turn is drawn", async () => {
    const bob = await signUpPerson(server, "Bob");
    const { path } = await makeWorkspace(bob);
    const waiting = bob.send("PUT", `${path}/logo`, { body: svg(RED), headers: { "content-type": "image/svg+xml" } });
    const painter = await until("its process", () => painters()[0]);
    // As on a machine that is so busy that it never comes to it.
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
  }, 40_000);
});

describe("made safe:", () => {
  beforeAll(setUp);

  test("an SVG with scripts, handlers and pages inside is a picture and nothing else", async () => {
    const hostile = svg(
      `<script>alert(1)</script><style>@import url(${lureUrl}/style)</style>${RED}` +
        '<rect onload="alert(1)" onclick="alert(1)"/><a href="javascript:alert(1)"><text>x</text></a>' +
        '<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/></foreignObject>',
    );
    expect(await send(hostile, "image/svg+xml")).toMatchObject({ status: 200 });
    const image = await fetched();
    expect(image.subarray(0, 4).toString()).toBe("RIFF");
    expect(image.toString("latin1")).not.toMatch(/script|alert|iframe|evil/);
  });

  test("what an SVG refers to is not loaded: neither from the disk nor from the network", async () => {
    const png = (await picture(10, 10).png().toBuffer()).toString("base64");
    const references = [
      "file:///etc/passwd",
      "/etc/passwd",
      new URL("../../../docs/screenshot.png", import.meta.url).href,
      lureUrl,
      `${lureUrl}/x.svg#a`,
    ];
    const images = references.map(
      (href) => `<image href="${href}" xlink:href="${href}" width="100" height="100"/><use href="${href}"/>`,
    );
    expect(await send(svg(images.join(""), 'width="100" height="100"'), "image/svg+xml")).toMatchObject({ status: 200 });
    const { channels } = await sharp(await fetched()).stats();
    expect(channels[3]?.max, "nothing was drawn").toBe(0);
    expect(lured).toBe(0);
    // What it holds itself is drawn.
    const inside = svg(`<image href="data:image/png;base64,${png}" width="100" height="100"/>`, 'width="100" height="100"');
    await send(inside, "image/svg+xml");
    expect((await pixel(await fetched(), 128, 128))[0]).toBeGreaterThan(240);
  });

  test("a picture with a page hidden in it comes back as the picture alone", async () => {
    const polyglot = Buffer.concat([await picture(50, 50).png().toBuffer(), Buffer.from("<script>alert('polyglot')</script>")]);
    // By what it is, not by what it is said to be.
    expect(await send(polyglot, "image/svg+xml")).toMatchObject({ status: 200 });
    expect((await fetched()).toString("latin1")).not.toMatch(/script|polyglot/);
  });

  test("of an animation one frame is kept", async () => {
    const frames = Buffer.concat(await Promise.all([20, 20].map((side) => picture(side, side).raw().toBuffer())));
    const animation = await sharp(frames, { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } })
      .webp({ delay: [100, 100] })
      .toBuffer();
    expect((await sharp(animation).metadata()).pages ?? 1).toBeGreaterThanOrEqual(1);
    expect(await send(animation, "image/webp")).toMatchObject({ status: 200 });
    expect((await sharp(await fetched()).metadata()).pages ?? 1).toBe(1);
  });
});
