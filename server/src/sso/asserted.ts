/** What an identity provider asserts about a person, for both protocols, and why an assertion is refused. */
import { SSO_REFUSALS, type SsoRefusalReason } from "#contract/sso.ts";
import { z } from "zod";

export const Asserted = z.strictObject({
  /** Identifies the person at the connection, byte for byte as it came. */
  subject: z.string(),
  /** An address can be given to somebody else, so the admin is warned. */
  subjectIsAddress: z.boolean(),
  nameId: z.string().nullable(),
  attributes: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()) })),
  /** The email address in its canonical form. */
  address: z.string().nullable(),
  /** The claim email_verified of OpenID Connect; null if the provider doesn't say. */
  addressVerified: z.boolean().nullable(),
  name: z.string().nullable(),
  /** Null if the provider sent none. Roles then stay as they are. */
  groups: z.array(z.string()).nullable(),
  tooManyGroups: z.boolean(),
  /** When the person authenticated at the provider, in Unix milliseconds; null if the provider doesn't say. */
  authenticatedAt: z.number().nullable(),
  /** When the session at the provider ends, in Unix milliseconds; null if the provider doesn't say. */
  sessionEndsAt: z.number().nullable(),
  /** Whether the provider says that it checked a second factor. */
  secondFactor: z.boolean(),
  /** SAML: the fingerprint of the certificate whose key signed. */
  signedBy: z.string().nullable(),
});
export type Asserted = z.infer<typeof Asserted>;

export interface SsoRefusalDetails {
  expected?: string | undefined;
  received?: string | undefined;
  seconds?: number | undefined;
}

/** A provider's answer is refused. The error has no stack trace, because strangers may cause a flood of them. */
export class SsoRefusal extends Error {
  override name = "SsoRefusal";
  readonly reason: SsoRefusalReason;
  readonly details: SsoRefusalDetails;

  constructor(reason: SsoRefusalReason, details: SsoRefusalDetails = {}) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(SSO_REFUSALS[reason]);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
    this.details = details;
  }
}

/** What the browser fetches with its ticket: the provider's assertion, or why it is refused. */
export const Outcome = z.union([
  /** `trust`: the mark of what the connection trusted when the answer was verified (trust.ts). */
  z.strictObject({ asserted: Asserted, trust: z.string() }),
  z.strictObject({
    refused: z.enum(Object.keys(SSO_REFUSALS) as [SsoRefusalReason, ...SsoRefusalReason[]]),
    details: z.strictObject({
      expected: z.string().optional(),
      received: z.string().optional(),
      seconds: z.number().optional(),
    }),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;
