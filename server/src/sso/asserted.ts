/** What an identity provider says about a person, whatever the protocol, and the refusal of what it says. */
import { SSO_REFUSALS, type SsoRefusalReason } from "#contract/sso.ts";
import { z } from "zod";

export const Asserted = z.strictObject({
  /** Identifies the person at the connection, byte for byte as it came. */
  subject: z.string(),
  /** An address can be given to somebody else, so the admin is warned. */
  subjectIsAddress: z.boolean(),
  nameId: z.string().nullable(),
  attributes: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()) })),
  /** In its canonical form. */
  address: z.string().nullable(),
  /** What OpenID Connect calls email_verified; null when the provider says nothing. */
  addressVerified: z.boolean().nullable(),
  name: z.string().nullable(),
  /** Null when the provider did not say: roles then stay as they are. */
  groups: z.array(z.string()).nullable(),
  tooManyGroups: z.boolean(),
  /** Unix time in milliseconds; when the person authenticated there, and when the session there ends. */
  authenticatedAt: z.number().nullable(),
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

/** What a provider says is refused. It has no stack trace, because strangers may cause a flood of them. */
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

/** What the browser fetches with its ticket: what the provider said, or why that is refused. */
export const Outcome = z.union([
  /** `trust`: what the connection trusted when this was verified (trust.ts). */
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
