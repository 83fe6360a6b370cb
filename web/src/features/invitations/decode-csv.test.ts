import { expect, test } from "vitest";
import { decodeCsv } from "./decode-csv.ts";

const CSV = "email;role\r\nzoë@example.com;Prüfer\r\n";
const bytes = (...values: number[]) => Uint8Array.from(values);
const utf16 = (text: string, littleEndian: boolean) => {
  const file = new DataView(new ArrayBuffer(2 * text.length));
  for (let index = 0; index < text.length; index++) file.setUint16(2 * index, text.charCodeAt(index), littleEndian);
  return new Uint8Array(file.buffer);
};

test.each([
  ["UTF-8", new TextEncoder().encode(CSV)],
  ["UTF-8 with a BOM", new TextEncoder().encode(`\ufeff${CSV}`)],
  ["Windows-1252", Uint8Array.from(CSV, (char) => char.charCodeAt(0))],
  ["UTF-16, little-endian", utf16(`\ufeff${CSV}`, true)],
  ["UTF-16, big-endian", utf16(`\ufeff${CSV}`, false)],
  ["UTF-16 without a BOM, little-endian", utf16(CSV, true)],
  ["UTF-16 without a BOM, big-endian", utf16(CSV, false)],
])("a CSV file in %s is decoded", (_, file) => {
  expect(decodeCsv(file)).toEqual({ text: CSV });
});

test.each([
  ["little-endian", true],
  ["big-endian", false],
])("a CSV file that begins with Cyrillic in UTF-16 without a BOM, %s, is decoded", (_, littleEndian) => {
  const text = "Электронная почта;Роль\r\nada@example.com;Диспетчер\r\n";
  expect(decodeCsv(utf16(text, littleEndian))).toEqual({ text });
});

test.each([
  ["Windows-1250", [0xa3, 0xf3, 0xbf]],
  ["Windows-1251", [0xc0, 0xe4, 0xe0]],
])("a CSV file in %s keeps its addresses, although its names get wrong letters", (_, letters) => {
  const file = bytes(...new TextEncoder().encode("name;email\n"), ...letters, ...new TextEncoder().encode(";ada@example.com\n"));
  expect(decodeCsv(file)).toEqual({ text: expect.stringMatching(/^name;email\n.{3};ada@example\.com\n$/) });
});

test.each([
  ["an empty file", bytes(), "This file is empty."],
  ["an Excel workbook", bytes(0x50, 0x4b, 3, 4, 20, 0), "This is a workbook."],
  ["an old Excel workbook", bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1), "This is a workbook."],
  ["a picture", bytes(0x89, 0x50, 0x4e, 0x47, 0, 0, 0), "This file isn't text."],
  ["10 MB", new Uint8Array(10 * 1_048_576).fill(0x61), "This file is 10 MB, and the limit is 512 kB."],
  ["a little too much", new Uint8Array(600 * 1024).fill(0x61), "This file is 600 kB"],
])("%s is refused with a message", (_, file, sentence) => {
  expect(decodeCsv(file)).toEqual({ problem: expect.stringContaining(sentence) });
});
