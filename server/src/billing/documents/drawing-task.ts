/** Draws a document in a thread (platform/threads.ts): an ordinary one takes 0.1 s, a long one a second. */
import { fontsOf } from "./glyphs.ts";
import type { IssuedDocument } from "./issued.ts";
import { drawPdf } from "./pdf.ts";

export interface DrawingInput {
  document: IssuedDocument;
  /** Where the operator's fonts are. */
  dataFolder: string;
}

export interface DrawingOutput {
  pdf: Uint8Array;
  replaced: string[];
  /** Sentences about fonts that can't be used. */
  problems: readonly string[];
}

export default async function run({ document, dataFolder }: DrawingInput): Promise<DrawingOutput> {
  const fonts = fontsOf({ dataFolder });
  return { ...(await drawPdf(document, fonts)), problems: fonts.problems };
}
