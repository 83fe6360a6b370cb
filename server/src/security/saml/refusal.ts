import type { SamlRefusalReason } from "#contract/saml.ts";

/** Details of a refusal, for the admin who tests the connection. Strings come from the message and are cut to a maximum length. */
export interface SamlRefusalDetails {
  expected?: string;
  received?: string;
  /** By how many seconds a time is outside its limits. */
  seconds?: number;
}

const MAX_DETAIL = 300;

function cut(text: string): string {
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text;
}

/** A SAML message is refused. It has no stack trace, because strangers may cause a flood of them. */
export class SamlRefusal extends Error {
  override name = "SamlRefusal";
  readonly reason: SamlRefusalReason;
  readonly details: SamlRefusalDetails;

  constructor(reason: SamlRefusalReason, details: SamlRefusalDetails = {}) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
    const { expected, received, seconds } = details;
    this.details = {
      ...(expected !== undefined && { expected: cut(expected) }),
      ...(received !== undefined && { received: cut(received) }),
      ...(seconds !== undefined && { seconds }),
    };
  }
}
