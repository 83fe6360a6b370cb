import { type ErrorCode, ERRORS } from "#contract/errors.ts";

interface RefusalOptions {
  /** Says what happened and what to do, where the code's own sentence is not enough. Shown to the user. */
  detail?: string;
  fields?: Array<{ path: string; message: string }>;
  /** Seconds. */
  retryAfter?: number;
  /** For the log only. */
  cause?: unknown;
}

/** A request refused for a reason that the contract names. Thrown anywhere, answered as a problem document. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string;
  readonly fields: Array<{ path: string; message: string }> | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, options: RefusalOptions = {}) {
    super(code, { cause: options.cause });
    const [status, sentence] = ERRORS[code];
    this.code = code;
    this.status = status;
    this.detail = options.detail ?? sentence;
    this.fields = options.fields;
    this.retryAfter = options.retryAfter;
  }
}

/** For a resource that is not there, or not the caller's to know of: the two must look the same. */
export function orNotFound<Found>(found: Found | null | undefined): Found {
  if (found === null || found === undefined) throw new Refusal("not_found");
  return found;
}
