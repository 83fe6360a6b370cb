/** Verifies a response in a thread (platform/threads.ts), because a hostile document takes more than 10 ms. */
import { SamlRefusal } from "./refusal.ts";
import { type SamlSignIn, type SamlTrust, verifyResponse } from "./verify.ts";
import type { SamlRefusalDetails } from "./refusal.ts";
import type { SamlRefusalReason } from "#contract/saml.ts";

export interface SamlVerificationInput {
  form: string;
  trust: SamlTrust;
  now: Date;
}

export type SamlVerification = { signIn: SamlSignIn } | { refused: SamlRefusalReason; details: SamlRefusalDetails };

export default function run({ form, trust, now }: SamlVerificationInput): SamlVerification {
  try {
    return { signIn: verifyResponse(form, trust, now) };
  } catch (error) {
    if (error instanceof SamlRefusal) return { refused: error.reason, details: error.details };
    throw error;
  }
}
