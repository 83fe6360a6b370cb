import { z } from "zod";
import { AUDIT_ACTION_NAMES, AUDIT_GROUP_NAMES } from "../audit.ts";
import { bounded } from "../bounded.ts";
import { endpoint, Id, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const AuditActionName = z.enum(AUDIT_ACTION_NAMES).meta({ id: "AuditAction" });
const AuditGroupName = z.enum(AUDIT_GROUP_NAMES).meta({ id: "AuditGroup" });

const Sequence = z.int().describe("1, 2, 3 … in each workspace, without gaps");
const Hash = z.string().describe("SHA-256 over the previous hash and this entry, hexadecimal");

const AuditEntry = z
  .strictObject({
    sequence: Sequence,
    occurredAt: Time,
    action: z.string().describe("One of AuditAction, or an action that another version of whoot has written"),
    group: AuditGroupName.nullable().describe("Null for an action that this version does not know"),
    actor: z.strictObject({ memberId: Id.nullable().describe("Null: whoot itself"), name: z.string() }),
    target: z.strictObject({ type: z.string(), id: Id.nullable(), name: z.string() }),
    ipAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    changes: z
      .record(z.string(), z.strictObject({ from: z.unknown().optional(), to: z.unknown().optional() }))
      .describe("The old and the new value of each changed field. Email addresses are hidden without users.view_contact"),
    hash: Hash,
  })
  .meta({ id: "AuditEntry" });

const Head = z
  .strictObject({ sequence: z.int().describe("The newest entry's number; 0 when the log is empty"), hash: Hash })
  .describe("The end of the log. A copy kept elsewhere proves later that nothing up to it was changed or cut off.")
  .meta({ id: "AuditHead" });

const Moment = z.union([z.iso.date().max(10), z.iso.datetime({ offset: true }).max(40)]);
export const MAX_ACTORS = 1_000;
export const MAX_TARGETS = 20;

const oneOrMore = <Value extends z.ZodType>(value: Value) => z.union([value, z.array(value).max(100)]).optional();

const Filters = z.strictObject({
  from: Moment.optional().describe("From this moment on; a date begins at 00:00 UTC"),
  to: Moment.optional().describe("Before this moment; a date includes the whole day, UTC"),
  action: oneOrMore(AuditActionName),
  group: oneOrMore(AuditGroupName),
  actor: Id.optional().describe("What this member or former member did"),
  target: Id.optional().describe("What was done to the member, channel, role … with this id"),
});
export type AuditFilters = z.output<typeof Filters>;

export const listAuditLog = endpoint({
  operationId: "listAuditLog",
  method: "GET",
  path: "/tenants/{slug}/audit-log",
  summary:
    "A page of the audit log, newest first. An entry must match every filter. Actions and groups together are one filter, which matches any of them.",
  access: "member",
  permission: "audit.view",
  params: TenantParams,
  query: Filters.extend({
    cursor: bounded(200).optional(),
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
    "Everybody who did something in the workspace, former members included, by name, for the log's actor filter. At most 1,000.",
  access: "member",
  permission: "audit.view",
  params: TenantParams,
  success: {
    status: 200,
    description: "The actors",
    schema: z.strictObject({
      items: z
        .array(
          z.strictObject({
            memberId: Id,
            name: z.string().describe("The name in the actor's newest entry"),
            newestAt: Time.describe("When the actor's newest entry was written"),
          }),
        )
        .max(MAX_ACTORS),
      complete: z.boolean().describe("False when there are more"),
    }),
  },
});

const AuditTarget = z
  .strictObject({
    type: z.string().describe("One of AuditTargetType, or a type that another version of whoot has written"),
    id: Id,
    name: z.string().describe("The name in the target's newest entry. Email addresses are hidden without users.view_contact"),
    newestAt: Time.describe("When the target's newest entry was written"),
  })
  .meta({ id: "AuditTarget" });

export const listAuditTargets = endpoint({
  operationId: "listAuditTargets",
  method: "GET",
  path: "/tenants/{slug}/audit-log/targets",
  summary:
    "The targets of entries, by name, for the log's target filter. At most 20. Every word of the search must begin a word of a name that the target had in the log. For callers with users.view_contact the search covers email addresses, too. Without a search, the targets of the newest entries.",
  access: "member",
  permission: "audit.view",
  params: TenantParams,
  query: z.strictObject({
    search: bounded(100).optional(),
    id: Id.optional().describe("Only this target, to look up its name"),
  }),
  success: {
    status: 200,
    description: "The targets",
    schema: z.strictObject({
      items: z.array(AuditTarget).max(MAX_TARGETS),
      complete: z.boolean().describe("False when there are more"),
    }),
  },
});

export const exportAuditLog = endpoint({
  operationId: "exportAuditLog",
  method: "GET",
  path: "/tenants/{slug}/audit-log/export",
  summary:
    "The log as CSV (RFC 4180, UTF-8 with a byte order mark), oldest first, with each entry's hash. An apostrophe protects cells that a " +
    "spreadsheet would run as a formula. If the caller loses the permission during the download, the connection breaks, so that a partial file " +
    "never looks complete.",
  access: "member",
  permission: "audit.export",
  params: TenantParams,
  query: Filters,
  audits: ["audit_log.exported"],
  success: { status: 200, description: "The entries", contentType: "text/csv" },
  errors: ["rate_limited"],
});
