import { endingWords } from "./ending-words.ts";
import type { DeletionPreview } from "../../api/types.ts";

export function WhatEnds({ billing }: { billing: NonNullable<DeletionPreview["billing"]> }) {
  const sentences = endingWords(billing);
  if (sentences.length === 0) return null;
  return (
    <ul aria-label="What ends with its billing">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}
