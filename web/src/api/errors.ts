import type { ErrorCode, Problem } from "#contract/errors.ts";

/** Error codes of the server, and three that only the browser can know. `passkey`: the browser or the device refused it. */
export type FailureCode = ErrorCode | "unreachable" | "proxy" | "passkey";

/** Messages for statuses that a proxy or firewall in front of the server answers with, instead of its own page. */
const PROXY_MESSAGES: Record<number, string> = {
  401: "The proxy in front of whoot wants you to sign in. Reload the page.",
  403: "A proxy or firewall in front of whoot refused this. Ask whoever runs it.",
  407: "Your network's proxy wants you to sign in. Reload the page.",
  408: "This took too long to send. Check your network, then try again.",
  413: "This is too large for the proxy in front of whoot. Send less, or ask whoever runs it to raise the limit.",
  429: "Too many requests. Wait a minute, then try again.",
  502: "whoot can't be reached right now. Try again in a moment.",
  503: "whoot can't be reached right now. Try again in a moment.",
  504: "whoot took too long to answer. Check whether it was done before you try again.",
};

export class ApiError extends Error {
  readonly code: FailureCode;
  readonly status: number;
  readonly problem: Problem | null;

  constructor(code: FailureCode, status: number, message: string, details: { problem?: Problem; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.problem = details.problem ?? null;
  }

  static from(body: unknown, response: Response): ApiError {
    if (isProblem(body)) return new ApiError(body.code, body.status, body.detail, { problem: body });
    const fromProxy = PROXY_MESSAGES[response.status];
    if (fromProxy) return new ApiError(response.status >= 502 ? "unreachable" : "proxy", response.status, fromProxy);
    return new ApiError("internal", response.status, "Something went wrong on our side. Try again in a moment.");
  }
}

export function unreachable(cause?: unknown): ApiError {
  return new ApiError("unreachable", 0, "whoot can't be reached. Check your network, then try again.", { cause });
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body && "status" in body;
}

export function failureCode(error: unknown): FailureCode | null {
  return error instanceof ApiError ? error.code : null;
}

/** The message to show for any error. Every message on a page comes from here. */
export function words(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong on this page. Reload it and try again.";
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
 * Splits an error into messages for the fields that a form shows, and one message above the form, which also takes the messages of
 * all other fields.
 * @param shown names of the form's fields
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
