/** Reads a PDF back with pdf.js, which shares no code with the writer. */
import { getDocument, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";

export interface ReadPdf {
  /** The text of each page, without spaces and control characters, whose places are arbitrary. */
  pages: string[];
  /** The XMP packet. */
  metadata: string;
  attachments: ReadonlyMap<string, string>;
  title: unknown;
}

/** The text as `pages` has it. */
export function packed(text: string): string {
  return text.normalize("NFC").replaceAll(/[\s\p{Cc}\p{Cf}]/gu, "");
}

export async function readPdf(pdf: Uint8Array): Promise<ReadPdf> {
  const loading = getDocument({ data: new Uint8Array(pdf), verbosity: VerbosityLevel.ERRORS });
  const document = await loading.promise;
  const pages: string[] = [];
  for (let number = 1; number <= document.numPages; number++) {
    const { items } = await (await document.getPage(number)).getTextContent();
    pages.push(packed(items.map((item) => ("str" in item ? item.str : "")).join("")));
  }
  const { info, metadata } = await document.getMetadata();
  const attachments = new Map<string, string>();
  for (const name of ((await document.getAttachments()) ?? new Map<string, unknown>()).keys()) {
    attachments.set(name, new TextDecoder().decode((await document.getAttachmentContent(name)) ?? undefined));
  }
  await loading.destroy();
  return {
    pages,
    metadata: metadata?.getRaw() ?? "",
    attachments,
    title: (info as { Title?: unknown }).Title,
  };
}
