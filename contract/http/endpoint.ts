/** The description of one HTTP operation. The server registers it, openapi.json is generated from it, and tests go through all of them. */
import { z } from "zod";
import type { AuditAction } from "../audit.ts";
import { bounded } from "../bounded.ts";
import type { ErrorCode } from "../errors.ts";
import type { Permission } from "../permissions.ts";

export interface EndpointSpec {
  readonly operationId: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** OpenAPI path below `/api/v1`, with parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** public: anyone. account: a signed-in person. member: an active member of the tenant in the path (gate 1, admit). */
  readonly access: "public" | "account" | "member";
  /** Set when other sites' pages must be able to send it: it reads no cookie. */
  readonly crossSite?: true;
  /**
   * With access `account`: a session that only a workspace's single sign-on began may call it. Such a session is that workspace's, not the
   * account's.
   */
  readonly anySession?: true;
  /** The permission that the member's role must have (gate 2). More specific rules are in the feature's policy.ts. */
  readonly permission?: Permission;
  /** The audit actions that a success can write, or the reason for none. Every operation other than a reading GET has it. */
  readonly audits?: readonly AuditAction[] | { readonly none: string };
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Set when real bodies are far shorter than the longest JSON that `body` accepts, which is the limit otherwise. */
  readonly maxBodyBytes?: number;
  /** Instead of `body`: bytes of another type than JSON. The feature must check the type itself. */
  readonly rawBody?: { readonly contentTypes: readonly string[]; readonly maxBytes: number };
  readonly success: {
    readonly status: 200 | 201 | 202 | 204 | 303 | 101;
    readonly schema?: z.ZodType;
    /** Set when the answer is not JSON. */
    readonly contentType?: string;
    readonly description: string;
  };
  /** Refusals beyond those that all operations with this `access` share. */
  readonly errors?: readonly ErrorCode[];
}

/**
 * Whether the operation may change something: any method but GET, or a GET that writes to the audit log. Such an operation is refused to
 * other sites' pages and has no HEAD.
 */
export function leavesTraces(spec: EndpointSpec): boolean {
  return spec.method !== "GET" || Array.isArray(spec.audits);
}

/** Keeps the operation's literal types, from which handlers and clients are typed. */
export function endpoint<const Spec extends EndpointSpec>(spec: Spec): Spec {
  return spec;
}

/** Lower case, as the database writes ids: files are named after them, and secrets are sealed with them as context. */
export const Id = z.uuid().toLowerCase().describe("UUIDv7");
export const Time = z.iso.datetime().max(40).describe("ISO 8601, UTC");

/** A cursor page: pass `nextCursor` back as `cursor` until it is null. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const PageQuery = z.strictObject({
  cursor: bounded(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/**
 * At least one visible letter, digit or sign. Joiners and tags are allowed in names and emoji, but alone would be an invisible name.
 * Hangul fillers and the blank Braille pattern are letters and signs by class, but invisible.
 */
const VISIBLE = /(?![\u115f\u1160\u2800\u3164\uffa0])[\p{L}\p{N}\p{P}\p{S}]/u;

/** NFC composes at most four code units into one (U+1F82, for example). */
const NFC_SHRINKS = 4;

/** Stream-Safe Text Format (UAX #15 §13) allows 30 marks in a row. Normalizing takes time quadratic in their number. */
const TOO_MANY_MARKS = /\p{M}{31}/u;

/**
 * Text that a person typed: trimmed and normalized (NFC). Refuses control, invisible and direction characters and lone surrogates.
 * The length is checked before and after normalizing.
 * @param name completes "Enter …." in the message for missing text
 */
export function text(min: number, max: number, name: string) {
  const tooLong = `Use at most ${max.toLocaleString("en")} characters.`;
  return bounded(NFC_SHRINKS * max, tooLong)
    .refine((value) => !TOO_MANY_MARKS.test(value), { error: "Use fewer accents on one letter.", abort: true })
    .transform((value) => value.normalize("NFC").trim())
    .pipe(
      z
        .string()
        .min(min, min === 1 ? `Enter ${name}.` : `Use at least ${min} characters.`)
        .max(max, { error: tooLong, abort: true })
        .regex(
          /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*$/u,
          "Remove the invisible characters.",
        )
        .refine((value) => value === "" || VISIBLE.test(value), `Enter ${name}.`),
    );
}

/** For names that appear in mails: refuses plain links. platform/mail/words.ts defuses everything else that a mail program may link. */
export function withoutUrl<Schema extends z.ZodType<string>>(schema: Schema) {
  return schema.refine((value) => !/:[/\\]{2}|^www\./i.test(value), "Leave web addresses out of it.");
}
