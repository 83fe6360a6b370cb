import type { ErrorCode, Problem } from "#contract/errors.ts";

/** What the server can say, and what only the browser can know. */
export type FailureCode = ErrorCode | "unreachable";

export class ApiError extends Error {
  readonly code: FailureCode;
  readonly status: number;
  readonly problem: Problem | null;

  constructor(code: FailureCode, status: number, message: string, problem: Problem | null = null, cause?: unknown) {
    super(message, { cause });
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.problem = problem;
  }

  static from(body: unknown, response: Response): ApiError {
    if (isProblem(body)) return new ApiError(body.code, body.status, body.detail, body);
    if (response.status >= 502) return unreachable();
    return new ApiError("internal", response.status, "Something went wrong on our side. Try again in a moment.");
  }
}

export function unreachable(cause?: unknown): ApiError {
  return new ApiError("unreachable", 0, "whoot can't be reached. Check your network, then try again.", null, cause);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body && "status" in body;
}

export function failureCode(error: unknown): FailureCode | null {
  return error instanceof ApiError ? error.code : null;
}

/** The one translator from a failure to words. */
export function words(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong in this page. Reload it and try again.";
  const { problem } = error;
  if (error.code === "rate_limited" && problem?.retryAfter !== undefined) {
    return `Too many attempts. Try again in ${waitWords(problem.retryAfter)}.`;
  }
  if (error.code === "internal" && problem) return `${problem.detail} (Request ${problem.requestId})`;
  return error.message;
}

function waitWords(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/**
 * Splits a failure into messages for the fields that the form shows and one for above the form.
 * A message for a field that the form does not show goes above, so that nothing is swallowed.
 */
export function formFailure(error: unknown, shown: readonly string[]): { fields: Record<string, string>; form: string | null } {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const field of (error instanceof ApiError ? error.problem?.fields : undefined) ?? []) {
    const name = shown.find((known) => field.path === known || field.path.startsWith(`${known}.`));
    if (name === undefined) rest.push(`${field.path}: ${field.message}`);
    else fields[name] ??= field.message;
  }
  if (rest.length > 0) return { fields, form: rest.join(" ") };
  return { fields, form: Object.keys(fields).length > 0 ? null : words(error) };
}
