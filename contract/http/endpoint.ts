/** The shape of one HTTP operation. The server registers it, openapi.json is generated from it, the tests walk it. */
import { z } from "zod";
import type { AuditAction } from "../audit.ts";
import type { ErrorCode } from "../errors.ts";
import type { Permission } from "../permissions.ts";

export interface EndpointSpec {
  readonly operationId: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** OpenAPI path below `/api/v1`, parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** public: anyone. account: a signed-in person. member: an active member of the tenant in the path (gate 1, admit). */
  readonly access: "public" | "account" | "member";
  /** What the member's role must allow (gate 2); more specific rules live in the feature's policy.ts. */
  readonly permission?: Permission;
  /** What a success writes to the tenant's audit log, one of these or several. Everything that changes a tenant has it or says why not. */
  readonly audits?: readonly AuditAction[] | { readonly none: string };
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Instead of `body`, for what is not JSON: the bytes as they are. Which type it really is, the feature finds out. */
  readonly rawBody?: { readonly contentTypes: readonly string[]; readonly maxBytes: number };
  readonly success: {
    readonly status: 200 | 201 | 202 | 204 | 101;
    readonly schema?: z.ZodType;
    /** Set for a body that is not JSON. */
    readonly contentType?: string;
    readonly description: string;
  };
  /** Refusals beyond those that every operation of its kind shares. */
  readonly errors?: readonly ErrorCode[];
}

/** Keeps the literal types of one operation, so that handlers and clients are typed from it. */
export function endpoint<const Spec extends EndpointSpec>(spec: Spec): Spec {
  return spec;
}

/** In lower case, as the database writes it: files are named after ids, and secrets sealed under them. */
export const Id = z.uuid().toLowerCase().describe("UUIDv7");
export const Time = z.iso.datetime().describe("ISO 8601, UTC");

/** A cursor page: pass `nextCursor` back as `cursor` until it is null. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const PageQuery = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/**
 * At least one letter, digit or sign that shows: joiners and tags belong into names and emoji, and alone are a name that nobody
 * sees. Hangul fillers and the empty Braille pattern are letters and signs by their class only.
 */
const VISIBLE = /(?![\u115f\u1160\u2800\u3164\uffa0])[\p{L}\p{N}\p{P}\p{S}]/u;

/** Text that a person typed: trimmed, normalized, without control, invisible or direction characters and halves of a surrogate pair. */
export function text(min: number, max: number, name: string) {
  return z
    .string()
    .transform((value) => value.normalize("NFC").trim())
    .pipe(
      z
        .string()
        .min(min, min === 1 ? `Enter ${name}.` : `Use at least ${min} characters.`)
        .max(max, `Use at most ${max} characters.`)
        .regex(
          /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]*$/u,
          "Remove the invisible characters.",
        )
        .refine((value) => value === "" || VISIBLE.test(value), `Enter ${name}.`),
    );
}
