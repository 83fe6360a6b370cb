/** Attacks of the hostile bench with texts and files: few requests, each as costly as possible. */
import { crc32, deflateSync } from "node:zlib";
import { type Attack, keepDoing, type Scene } from "./hostile-scene.ts";
import { send } from "./hostile-strangers.ts";
import { PASSWORD } from "./workspace.ts";

const MARKS = { "one mark": "\u0301\u0327", "four classes": "\u0315\u0300\u05ae\u0301" };

/** Marks of several classes in turn: reordering them is quadratic (Unicode 3.11). */
function longNames(marks: keyof typeof MARKS, times: number) {
  const name = `a${MARKS[marks].repeat(times)}`;
  return ({ bench }: Scene): Attack => ({
    letter: "A",
    name: `sign-ups with a name of ${name.length.toLocaleString("en")} combining marks`,
    run: (until) =>
      keepDoing(4, until, (turn) =>
        send(bench.url, "POST", "/accounts", {
          body: JSON.stringify({ email: `a${turn}@example.com`, name, password: PASSWORD }),
          from: `127.0.4.${1 + (turn % 200)}`, // invalid requests are counted by IP address
        }),
      ),
  });
}

function longBatch({ mallory }: Scene): Attack {
  const body = { lines: Array.from({ length: 250_000 }, () => 1) };
  return {
    letter: "A",
    name: "batches of 250,000 elements",
    run: (until) =>
      keepDoing(2, until, () => mallory.http.ask("POST", `/tenants/${mallory.slug}/invitations/batch`, mallory.cookie, body)),
  };
}

/** The longest batch that is still read: 320 characters a line that are no address. */
function fullBatch({ mallory }: Scene): Attack {
  return {
    letter: "B",
    name: "batches of 1,000 lines of 320 characters",
    async run(until) {
      const { items } = await mallory.api<{ items: Array<{ roleId: string }> }>("GET", `/tenants/${mallory.slug}/roles`);
      const lines = Array.from({ length: 1_000 }, () => ({ email: `${"a.".repeat(155)}@é.example`, roleId: items[0]?.roleId }));
      return keepDoing(2, until, () =>
        mallory.http.ask("POST", `/tenants/${mallory.slug}/invitations/batch`, mallory.cookie, { lines }),
      );
    },
  };
}

function preview(name: string, content: { csv: string } | { text: string }) {
  return ({ mallory }: Scene): Attack => ({
    letter: "B",
    name: `previews of ${name}`,
    async run(until) {
      const { items } = await mallory.api<{ items: Array<{ roleId: string }> }>("GET", `/tenants/${mallory.slug}/roles`);
      const body = { defaultRoleId: items[0]?.roleId, ...content };
      return keepDoing(2, until, () =>
        mallory.http.ask("POST", `/tenants/${mallory.slug}/invitations/preview`, mallory.cookie, body),
      );
    },
  });
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
  ends[0].writeUInt32BE(data.length);
  ends[1].writeUInt32BE(crc32(body));
  return Buffer.concat([ends[0], body, ends[1]]);
}

/** A black PNG of one bit per pixel (ISO/IEC 15948): large to draw and small to send. */
function blackPng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))), { level: 9 });
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("IDAT", rows),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const nestedImage = () => `<image width="100" height="100" href="data:image/png;base64,${blackPng(23_000).toString("base64")}"/>`;

function logo(name: string, drawing: () => string) {
  return ({ bench, mallory }: Scene): Attack => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">${drawing()}</svg>`;
    return {
      letter: "G",
      name: `logos with ${name}`,
      run: (until) =>
        keepDoing(2, until, () =>
          send(bench.url, "PUT", `/tenants/${mallory.slug}/logo`, {
            body: svg,
            headers: { cookie: mallory.cookie, "content-type": "image/svg+xml" },
          }),
        ),
    };
  };
}

export const TEXTS: ReadonlyArray<(scene: Scene) => Attack> = [
  longNames("one mark", 16_000),
  longNames("four classes", 8_000),
  longNames("four classes", 1_000),
  longBatch,
  preview("a CSV of 250,000 empty lines", { csv: "\n".repeat(250_000) }),
  preview("a CSV with a line of 250,000 cells", { csv: `email\n${"a,".repeat(250_000)}` }),
  preview("87,000 addresses that need punycode", { text: "a@é.b/".repeat(87_000) }),
  fullBatch,
  logo("a nested image of 23,000² pixels", nestedImage),
  logo("a text of 900,000 letters", () => `<text y="50">${"x".repeat(900_000)}</text>`),
];
