/** Reads metadata in a thread (platform/threads.ts), because 128 KiB take more than 10 ms. */
import type { SamlRefusalReason } from "#contract/saml.ts";
import { type IdpMetadata, type MetadataProblem, readMetadata } from "./metadata.ts";
import { SamlRefusal } from "./refusal.ts";

export type MetadataReading = IdpMetadata | { problem: MetadataProblem } | { refused: SamlRefusalReason };

export default function run(pasted: string): MetadataReading {
  try {
    return readMetadata(pasted);
  } catch (error) {
    if (error instanceof SamlRefusal) return { refused: error.reason };
    throw error;
  }
}
