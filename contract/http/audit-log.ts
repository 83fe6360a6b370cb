import { z } from "zod";
import { AUDIT_ACTION_NAMES, AUDIT_GROUP_NAMES } from "../audit.ts";
import { endpoint, Id, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const AuditActionName = z.enum(AUDIT_ACTION_NAMES).meta({ id: "AuditAction" });
export const AuditGroupName = z.enum(AUDIT_GROUP_NAMES).meta({ id: "AuditGroup" });

const Sequence = z.int().describe("1, 2, 3 … in each workspace, without gaps");
const Hash = z.string().describe("SHA-256 of the entry and of the hash before it, hexadecimal");

const AuditEntry = z
  .strictObject({
    sequence: Sequence,
    occurredAt: Time,
    action: z.string().describe("One of AuditAction, or of an action that an older or newer version of whoot has written"),
    group: AuditGroupName.nullable().describe("Null for an action that this version does not know"),
    actor: z.strictObject({ memberId: Id.nullable().describe("Null: whoot itself"), name: z.string() }),
    target: z.strictObject({ type: z.string(), id: Id.nullable(), name: z.string() }),
    ipAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    changes: z
      .record(z.string(), z.strictObject({ from: z.unknown().optional(), to: z.unknown().optional() }))
      .describe("Field by field, from what to what. Email addresses are hidden without users.view_contact"),
    hash: Hash,
  })
  .meta({ id: "AuditEntry" });

const Head = z
  .strictObject({ sequence: z.int().describe("Of the newest entry; 0 when there is none"), hash: Hash })
  .describe("Where the log ends now. Noted elsewhere, it shows later that nothing before it was changed or cut off.")
  .meta({ id: "AuditHead" });

const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const oneOrMore = <Value extends z.ZodType>(value: Value) => z.union([value, z.array(value).max(100)]).optional();

const Filters = z.strictObject({
  from: Moment.optional().describe("From this moment on; a date begins at 00:00 UTC"),
  to: Moment.optional().describe("Before this moment; a date includes the whole day, UTC"),
  action: oneOrMore(AuditActionName),
  group: oneOrMore(AuditGroupName),
  actor: Id.optional().describe("What this member did, also one who is no member any more"),
  target: Id.optional().describe("What was done to the member, channel, role … of this id"),
});
export type AuditFilters = z.output<typeof Filters>;

export const listAuditLog = endpoint({
  operationId: "listAuditLog",
  method: "GET",
  path: "/tenants/{slug}/audit-log",
  summary:
    "What was done in the workspace, newest first. Filters narrow it together; several actions and groups widen each other.",
  access: "member",
  permission: "audit.view",
  params: TenantParams,
  query: Filters.extend({
    cursor: z.string().max(200).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  success: {
    status: 200,
    description: "A page of entries",
    schema: z.strictObject({ items: z.array(AuditEntry), nextCursor: z.string().nullable(), head: Head }),
  },
});

export const listAuditActors = endpoint({
  operationId: "listAuditActors",
  method: "GET",
  path: "/tenants/{slug}/audit-log/actors",
  summary:
    "Everybody who did something in the workspace, also those who left: whom the log can be narrowed to. By name, at most 1,000.",
  access: "member",
  permission: "audit.view",
  params: TenantParams,
  success: {
    status: 200,
    description: "The actors",
    schema: z.strictObject({
      items: z.array(z.strictObject({ memberId: Id, name: z.string().describe("As in their newest entry") })),
      complete: z.boolean().describe("False when there are more"),
    }),
  },
});

const AuditTarget = z
  .strictObject({
    type: z.string().describe("One of AuditTargetType, or one that an older or newer version of whoot has written"),
    id: Id,
    name: z.string().describe("As in its newest entry. Email addresses are hidden without users.view_contact"),
    newestAt: Time.describe("When its newest entry was written"),
  })
  .meta({ id: "AuditTarget" });

export const listAuditTargets = endpoint({
  operationId: "listAuditTargets",
  method: "GET",
  path: "/tenants/{slug}/audit-log/targets",
  summary:
    "To whom or what something was done, also those that are gone: what the log can be narrowed to. A search finds those of which every word of it begins a word of a name under which they ever stood in the log (an address for callers with users.view_contact); without one, those of the newest entries. By name, at most 20.",
  access: "member",
  permission: "audit.view",
  params: TenantParams,
  query: z.strictObject({
    search: z.string().max(100).optional(),
    id: Id.optional().describe("This one only: for who has its id and wants its name"),
  }),
  success: {
    status: 200,
    description: "The targets",
    schema: z.strictObject({
      items: z.array(AuditTarget),
      complete: z.boolean().describe("False when there are more"),
    }),
  },
});

export const exportAuditLog = endpoint({
  operationId: "exportAuditLog",
  method: "GET",
  path: "/tenants/{slug}/audit-log/export",
  summary:
    "The log up to now as CSV (RFC 4180, UTF-8 with a byte order mark), oldest first, with each entry's hash. " +
    "Cells that a spreadsheet would take for a formula have an apostrophe before them. " +
    "A transfer that ends early (the permission was taken away, say) is broken off, never closed as if it were whole.",
  access: "member",
  permission: "audit.export",
  params: TenantParams,
  query: Filters,
  audits: ["audit_log.exported"],
  success: { status: 200, description: "The entries", contentType: "text/csv" },
  errors: ["cross_site", "rate_limited"],
});
