import { MAX_CONTENT } from "#contract/http/invitations.ts";

export type Decoded = { text: string } | { problem: string };

const startsWith = (bytes: Uint8Array, ...first: number[]) => first.every((byte, index) => bytes[index] === byte);

/**
 * Detects UTF-16 without a byte order mark: every other byte of ASCII text is NUL, and addresses are ASCII. Text in other scripts
 * has hardly any NUL at the remaining bytes.
 * @param first 0 for big-endian, 1 for little-endian
 */
function hasZerosAt(bytes: Uint8Array, first: 0 | 1): boolean {
  const head = bytes.subarray(0, 4_000);
  const zeros = (parity: number) => head.filter((byte, index) => byte === 0 && index % 2 === parity).length;
  return zeros(first) > 1 && zeros(first) > 10 * zeros(1 - first);
}

function decode(bytes: Uint8Array): string {
  // Excel's "Unicode text".
  if (startsWith(bytes, 0xff, 0xfe) || hasZerosAt(bytes, 1)) return new TextDecoder("utf-16le").decode(bytes);
  if (startsWith(bytes, 0xfe, 0xff) || hasZerosAt(bytes, 0)) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Excel's "CSV" in western Europe and America. It decodes any byte, so names in other encodings get wrong letters, which the
    // preview shows. Addresses are safe, because they are ASCII.
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Decodes a file in any encoding that spreadsheets save CSV in. @returns its text, or a message that says what to do */
export function decodeCsv(bytes: Uint8Array): Decoded {
  if (bytes.length === 0) return { problem: "This file is empty." };
  // ZIP (all of Office since 2007) and OLE (before): PKWARE APPNOTE 4.3.7, [MS-CFB] 2.2.
  if (startsWith(bytes, 0x50, 0x4b, 0x03, 0x04) || startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) {
    return { problem: "This is a workbook. Save it as CSV in your spreadsheet program, then choose that file." };
  }
  if (bytes.length > 2 * MAX_CONTENT) return tooLarge(bytes.length);
  const text = decode(bytes);
  if (text.includes("\0"))
    return { problem: "This file isn't text. Save it as CSV in your spreadsheet program, then choose that file." };
  return text.length > MAX_CONTENT ? tooLarge(bytes.length) : { text };
}

function tooLarge(bytes: number): Decoded {
  const size = bytes >= 1_048_576 ? `${Math.ceil(bytes / 1_048_576)} MB` : `${Math.ceil(bytes / 1024)} kB`;
  const most = `${MAX_CONTENT / 1024} kB`;
  return { problem: `This file is ${size}, and the limit is ${most}. Keep only the email and role columns, or split the file.` };
}
