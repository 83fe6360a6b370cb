import { expect, test } from "vitest";
import { decodeCsv } from "./decode-csv.ts";

const CSV = "email;role\r\nzoë@example.com;Prüfer\r\n";
const bytes = (...of: number[]) => Uint8Array.from(of);
const utf16 = (text: string, littleEndian: boolean) => {
  const file = new DataView(new ArrayBuffer(2 * text.length));
  for (let index = 0; index < text.length; index++) file.setUint16(2 * index, text.charCodeAt(index), littleEndian);
  return new Uint8Array(file.buffer);
};

test.each([
  ["UTF-8", new TextEncoder().encode(CSV)],
  ["UTF-8 with a BOM", new TextEncoder().encode(`\ufeff${CSV}`)],
  ["Windows-1252", Uint8Array.from(CSV, (char) => char.charCodeAt(0))],
  ["UTF-16, little end first", utf16(`\ufeff${CSV}`, true)],
  ["UTF-16, big end first", utf16(`\ufeff${CSV}`, false)],
])("a CSV in %s reads the same", (_, file) => {
  expect(decodeCsv(file)).toEqual({ text: CSV });
});

test.each([
  ["an empty file", bytes(), "This file is empty."],
  ["an Excel workbook", bytes(0x50, 0x4b, 3, 4, 20, 0), "This is a workbook."],
  ["an old Excel workbook", bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1), "This is a workbook."],
  ["a picture", bytes(0x89, 0x50, 0x4e, 0x47, 0, 0, 0), "This file isn't text."],
  ["10 MB", new Uint8Array(10 * 1_048_576).fill(0x61), "This file has 10 MB, more than the 512 kB that fit."],
  ["a little too much", new Uint8Array(600 * 1024).fill(0x61), "This file has 600 kB"],
])("%s is refused with what to do", (_, file, sentence) => {
  expect(decodeCsv(file)).toEqual({ problem: expect.stringContaining(sentence) });
});
