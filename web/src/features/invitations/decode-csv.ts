import { MAX_CONTENT } from "#contract/http/invitations.ts";

export type Decoded = { text: string } | { problem: string };

const startsWith = (bytes: Uint8Array, ...first: number[]) => first.every((byte, index) => bytes[index] === byte);

function decode(bytes: Uint8Array): string {
  // Excel's "Unicode text".
  if (startsWith(bytes, 0xff, 0xfe)) return new TextDecoder("utf-16le").decode(bytes);
  if (startsWith(bytes, 0xfe, 0xff)) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Excel's "CSV" in western Europe and America. Every byte means something in it, so a file in another encoding reads with
    // wrong letters: the preview shows them, and addresses have none but ASCII.
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** A chosen file as text, whatever a spreadsheet saved it as; or what to do about it. */
export function decodeCsv(bytes: Uint8Array): Decoded {
  if (bytes.length === 0) return { problem: "This file is empty." };
  // ZIP (all of Office since 2007) and OLE (before): PKWARE APPNOTE 4.3.7, [MS-CFB] 2.2.
  if (startsWith(bytes, 0x50, 0x4b, 0x03, 0x04) || startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) {
    return { problem: "This is a workbook. In your spreadsheet, save it as CSV, then choose that file." };
  }
  if (bytes.length > 2 * MAX_CONTENT) return tooLarge(bytes.length);
  const text = decode(bytes);
  if (text.includes("\0"))
    return { problem: "This file isn't text. In your spreadsheet, save it as CSV, then choose that file." };
  return text.length > MAX_CONTENT ? tooLarge(bytes.length) : { text };
}

function tooLarge(bytes: number): Decoded {
  const size = bytes >= 1_048_576 ? `${Math.ceil(bytes / 1_048_576)} MB` : `${Math.ceil(bytes / 1024)} kB`;
  const most = `${MAX_CONTENT / 1024} kB`;
  return { problem: `This file has ${size}, more than the ${most} that fit. Keep the columns email and role only, or split it.` };
}
