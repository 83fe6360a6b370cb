import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Refusal } from "../platform/refusal.ts";
import { readCsv } from "./read-csv.ts";
import { readPasted } from "./read-pasted.ts";

const pasted = (text: string) => readPasted(text).map(({ line, email }) => [line, email]);
const csv = (text: string) => readCsv(text).map(({ line, email, roleName }) => [line, email, roleName]);

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.detail;
    throw error;
  }
  return "not refused";
}

describe("pasted text", () => {
  test("is cut at commas, semicolons, tabs and line ends, and each keeps its line", () => {
    expect(pasted("ada@x.org, ben@x.org; cid@x.org\r\ndan@x.org\teve@x.org\n\n  fay@x.org ,\rgil@x.org")).toEqual([
      [1, "ada@x.org"],
      [1, "ben@x.org"],
      [1, "cid@x.org"],
      [2, "dan@x.org"],
      [2, "eve@x.org"],
      [4, "fay@x.org"],
      [5, "gil@x.org"],
    ]);
  });

  test("may carry names, with commas in quotes, and mailto links", () => {
    expect(pasted('"Okafor, Ada" <ada@x.org>, Ben <ben@x.org>; <cid@x.org>, mailto:dan@x.org, Eve Ny eve@x.org')).toEqual(
      ["ada@x.org", "ben@x.org", "cid@x.org", "dan@x.org", "eve@x.org"].map((email) => [1, email]),
    );
  });

  test("may have spaces for separators", () => {
    expect(pasted("ada@x.org ben@x.org  Cid <cid@x.org> Dan <dan@x.org>")).toEqual(
      ["ada@x.org", "ben@x.org", "cid@x.org", "dan@x.org"].map((email) => [1, email]),
    );
  });

  test("may have the address for a name, as mail programs write it", () => {
    expect(pasted("ada@x.org <Ada@x.org>; 'ben@x.org' <ben@x.org>, \"cid@home.org\" <cid@x.org>, (dan@x.org)")).toEqual(
      ["ada@x.org", "ben@x.org", "cid@x.org", "dan@x.org"].map((email) => [1, email]),
    );
  });

  test("keeps what is no address, to be told so, and a quote that nothing closes hides nothing", () => {
    expect(pasted('Ada, "ben@x.org, cid@x.org')).toEqual([
      [1, "Ada"],
      [1, '"ben@x.org'],
      [1, "cid@x.org"],
    ]);
  });

  test("of more than 1,000 is refused with a sentence", () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@x.org`).join(",");
    expect(pasted(many(1_000))).toHaveLength(1_000);
    expect(refusal(() => pasted(many(1_001)))).toBe("That's more than 1,000 people. Invite them in several parts.");
  });

  const address = fc.stringMatching(/^[a-z0-9.]{1,12}@[a-z0-9]{1,10}\.(org|example)$/);
  const name = fc.stringMatching(/^[A-Za-z ,;']{0,12}$/);
  const written = fc.record({ address, name, style: fc.constantFrom("bare", "angle", "quoted") });
  const separator = fc.constantFrom(", ", ";", "\t", "\n", "\r\n", " ;\n");

  test("of any addresses, however written, gives exactly those, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(written, separator), { maxLength: 30 }), (people) => {
        const text = people
          .map(([person, after]) => {
            const plain = person.name.replaceAll(/[,;]/g, "");
            if (person.style === "bare") return person.address + after;
            return (person.style === "quoted" ? `"${person.name}" <` : `${plain} <`) + `${person.address}>${after}`;
          })
          .join("");
        expect(readPasted(text).map(({ email }) => email)).toEqual(people.map(([person]) => person.address));
      }),
    );
  });

  test("of any characters at all is read without an error, and never shown longer than it may be", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("a@.<>\",;\t\n\r \\'(=\u2028é")), maxLength: 400 }), (text) => {
        for (const { read, email } of readPasted(text)) {
          expect(read.length).toBeLessThanOrEqual(320);
          expect(email.length).toBeLessThanOrEqual(321);
          expect(read).not.toMatch(/[\p{Cc}\p{Zl}]/u);
        }
      }),
    );
  });

  test("that is hostile costs no more than its length", () => {
    for (const piece of ['"', "<", '"\\', "@", "<a", '"a" <', " @", "(", "\t ", "'"]) {
      // Quadratic work would run into the test's own limit of time.
      refusal(() => readPasted(`${piece.repeat((256 * 1024) / piece.length - 1)}x`));
    }
  });

  test("of words full of quotation marks holds everybody up no longer than any other", () => {
    const word = `a${"'".repeat(638)}x `;
    const text = word.repeat((512 * 1024) / word.length);
    const took = [1, 2, 3].map(() => {
      const begun = performance.now();
      refusal(() => readPasted(text));
      return performance.now() - begun;
    });
    expect(Math.min(...took)).toBeLessThan(100);
  });
});

describe("a CSV", () => {
  const expected = [
    [2, "ada@x.org", "Admin"],
    [3, "ben@x.org", null],
  ];

  test.each([
    ["commas", "email,role\nada@x.org,Admin\nben@x.org,\n"],
    ["semicolons, CRLF and a BOM, as Excel in Europe writes", "\ufeffEmail;Role\r\nada@x.org;Admin\r\nben@x.org;\r\n"],
    ["tabs, columns in another order, others between", "Name\tROLE\tE-Mail\nAda\tAdmin\tada@x.org\nBen\t\tben@x.org"],
    ["quotes", '"email","role"\n"ada@x.org","Admin"\n"ben@x.org",""\n'],
    ["spaces around", " email , role \n ada@x.org , Admin \n ben@x.org , \n"],
    ["old Macs' line ends", "email,role\rada@x.org,Admin\rben@x.org,\r"],
    ["names with the address", 'email,role\nAda <ada@x.org>,Admin\n"Ben, Jr <ben@x.org>",\n'],
    ["a shorter line and a longer one", "email,role,note\nada@x.org,Admin,a,b,c\nben@x.org\n"],
  ])("with %s", (_, text) => {
    expect(csv(text)).toEqual(expected);
  });

  test("without roles, with empty lines, and with line breaks in a cell, keeps the line that a person sees", () => {
    expect(csv('email,note\n\nada@x.org,"two\nlines"\n,\nben@x.org,\n')).toEqual([
      [3, "ada@x.org", null],
      [6, "ben@x.org", null],
    ]);
  });

  test("with cells that a spreadsheet would run as formulas is text like any other", () => {
    const [line] = readCsv('email,role\n"=HYPERLINK(""http://evil.example"",""x"")",=1+1\n');
    expect(line).toEqual({
      line: 2,
      read: '=HYPERLINK("http://evil.example","x")',
      email: '=HYPERLINK("http://evil.example","x")',
      roleName: "=1+1",
    });
  });

  const noColumn = "No column is called email. Name the columns in the first line: email, and role if lines differ.";
  test.each([
    ["empty", "", "This file is empty."],
    ["of empty lines", "\n\n", "This file is empty."],
    ["without a header", "ada@x.org\nben@x.org\n", noColumn],
    ["without addresses", "name,role\nAda,Admin\n", noColumn],
    [
      "with an open quote",
      'email\nada@x.org\n\n"ben@x.org\ncid@x.org\ndan@x.org\n',
      "What begins in line 4 opens a quotation mark that is never closed.",
    ],
    [
      "with an open quote in a long file",
      `email\r\nada@x.org\r\n"ben@x.org\r\n${"x@x.org\r\n".repeat(5_000)}`,
      "Line 3 is too long. Perhaps a quotation mark is opened there and never closed.",
    ],
    ["with a line without end", `email\n${"x".repeat(200_000)}\n`, "Line 2 is too long."],
    [
      "in another encoding",
      "email,role\nada@x.org,Pr\ufffdfer\n",
      "This file isn't UTF-8. Save it as “CSV UTF-8” and try again.",
    ],
    ["too long", `email\n${"a@x.org\n".repeat(1_001)}`, "That's more than 1,000 people. Invite them in several parts."],
  ])("%s can't be used and says why", (_, text, sentence) => {
    expect(refusal(() => readCsv(text))).toContain(sentence);
  });

  test("of what no spreadsheet wrote is refused or read, and never fails", () => {
    const program = readFileSync(process.execPath).subarray(0, 20_000).toString("latin1");
    expect(refusal(() => readCsv(program))).not.toBe("not refused");
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from("email,role;\t\n\r\"'@=\ufeffx ")), maxLength: 300 }),
        (text) => {
          refusal(() => readCsv(text));
          refusal(() => readCsv(`email,role\n${text}`));
        },
      ),
    );
  });
});
