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
}

export default function run({ document, dataFolder }: DrawingInput): Promise<DrawingOutput> {
  return drawPdf(document, fontsOf({ dataFolder }));
}
