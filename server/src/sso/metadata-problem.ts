/** The reasons why metadata at a URL were not read or not taken over, and their sentences. */
import { HELD_METADATA, type HeldMetadata } from "#contract/sso.ts";
import { SAML_REFUSALS, type SamlRefusalReason } from "#contract/saml.ts";
import { METADATA_PROBLEMS, type MetadataProblem as Unsuitable } from "../security/saml/metadata.ts";

const READING = {
  unreachable:
    "whoot couldn't read metadata there. The server must answer over https with a valid certificate, from a public address, within 5 seconds, without a redirect and with at most 256 KiB. For a server inside your network, ask whoever runs whoot to list it (WHOOT_OUTBOUND_ALLOW).",
  too_slow: "Reading the metadata took too long. They are longer than an identity provider's usually are.",
} as const;

/** Why a document can't be used. */
export type MetadataFault = keyof typeof READING | Unsuitable | SamlRefusalReason;

/** Stored when the last attempt to read a connection's metadata again failed. */
export interface MetadataProblem {
  reason: MetadataFault | HeldMetadata;
  received?: string;
}

export function tellFault(fault: MetadataFault): string {
  if (fault in READING) return READING[fault as keyof typeof READING];
  if (fault in METADATA_PROBLEMS) return METADATA_PROBLEMS[fault as Unsuitable];
  return SAML_REFUSALS[fault as SamlRefusalReason].replaceAll("response", "document");
}

/** Whether the document was read but not taken over, so that an admin must look at it. */
export function isHeld({ reason }: MetadataProblem): boolean {
  return reason in HELD_METADATA;
}

export function tellProblem({ reason }: MetadataProblem): string {
  return reason in HELD_METADATA ? HELD_METADATA[reason as HeldMetadata] : tellFault(reason as MetadataFault);
}
