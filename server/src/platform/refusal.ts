import { type ErrorCode, ERRORS } from "#contract/errors.ts";

interface RefusalOptions {
  /** Says what happened and what to do, where the code's standard sentence is not enough. Shown to the user. */
  detail?: string;
  fields?: Array<{ path: string; message: string }>;
  /** Seconds. */
  retryAfter?: number;
  /** For the log only. */
  cause?: unknown;
}

/** A request is refused for a reason that the contract names. It may be thrown anywhere, and is answered as a problem document. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string;
  readonly fields: Array<{ path: string; message: string }> | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, options: RefusalOptions = {}) {
    const [status, sentence] = ERRORS[code];
    // Expected refusals have no stack trace, so that a flood of them costs little. A failure of the server keeps its stack trace.
    const { stackTraceLimit } = Error;
    if (status < 500 || options.retryAfter !== undefined) Error.stackTraceLimit = 0;
    super(code, { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.status = status;
    this.detail = options.detail ?? sentence;
    this.fields = options.fields;
    this.retryAfter = options.retryAfter;
  }
}

/** For a resource that does not exist, or that the caller may not know of: both must give the same answer. */
export function orNotFound<Found>(found: Found | null | undefined): Found {
  if (found === null || found === undefined) throw new Refusal("not_found");
  return found;
}
