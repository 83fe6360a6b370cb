/** Members' sessions in a workspace, and how long sessions last there. */
import { z } from "zod";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const DAY = 24 * 60;
/** Limits in minutes: the strictest, and the loosest, which is the default. */
export const IDLE_MINUTES = { min: 15, max: 30 * DAY } as const;
export const ABSOLUTE_MINUTES = { min: 60, max: 90 * DAY } as const;

const Limits = {
  idleMinutes: z
    .int("Choose a whole number of minutes.")
    .min(IDLE_MINUTES.min, "Use at least 15 minutes.")
    .max(IDLE_MINUTES.max, "Use at most 30 days.")
    .describe("A session that was not used in the workspace for this long must authenticate again. A live connection is use."),
  absoluteMinutes: z
    .int("Choose a whole number of minutes.")
    .min(ABSOLUTE_MINUTES.min, "Use at least 1 hour.")
    .max(ABSOLUTE_MINUTES.max, "Use at most 90 days.")
    .describe("A session must authenticate again this long after its newest authentication, however much it is used."),
};

const SessionLimits = z
  .strictObject({ ...Limits, can: z.strictObject({ set: z.boolean(), seeSessions: z.boolean() }) })
  .meta({ id: "SessionLimits" });

const MemberSession = z
  .strictObject({
    sessionId: Id,
    memberId: Id,
    name: z.string(),
    current: z.boolean().describe("The session of this request"),
    ipAddress: z.string().nullable().describe("The address of the session's last use in this workspace"),
    userAgent: z
      .string()
      .nullable()
      .describe("The User-Agent header of the session's last use in this workspace. A program can send anything"),
    startedAt: Time.describe("When the session entered the workspace"),
    lastSeenAt: Time.describe("To within five minutes"),
    whyNotEnd: z.string().nullable().describe("Why the caller can't end the session, as a sentence; null when the caller can"),
  })
  .meta({ id: "MemberSession" });

export const getSessionLimits = endpoint({
  operationId: "getSessionLimits",
  method: "GET",
  path: "/tenants/{slug}/security/session-limits",
  summary: "How long sessions last in the workspace.",
  access: "member",
  permission: "security.view",
  params: TenantParams,
  success: { status: 200, description: "The limits.", schema: SessionLimits },
});

export const setSessionLimits = endpoint({
  operationId: "setSessionLimits",
  method: "PUT",
  path: "/tenants/{slug}/security/session-limits",
  summary: "Set how long sessions last in the workspace. Sessions beyond the new limits must authenticate again.",
  access: "member",
  permission: "security.manage_sessions",
  params: TenantParams,
  body: z.strictObject(Limits),
  audits: ["session.limits_changed"],
  success: { status: 200, description: "Set.", schema: SessionLimits },
  errors: ["reauthentication_required"],
});

export const listMemberSessions = endpoint({
  operationId: "listMemberSessions",
  method: "GET",
  path: "/tenants/{slug}/sessions",
  summary: "Sessions that may enter the workspace now, newest first. A page may have fewer than `limit`.",
  access: "member",
  permission: "security.manage_sessions",
  params: TenantParams,
  query: PageQuery.extend({ memberId: Id.optional().describe("Only sessions of this member") }),
  success: { status: 200, description: "A page of sessions.", schema: page(MemberSession) },
  errors: ["invalid_input"],
});

export const endMemberSession = endpoint({
  operationId: "endMemberSession",
  method: "DELETE",
  path: "/tenants/{slug}/sessions/{sessionId}",
  summary:
    "End a session in this workspace, and its live audio here. The person must authenticate again before the session can enter again. The session continues in other workspaces.",
  access: "member",
  permission: "security.manage_sessions",
  params: TenantParams.extend({ sessionId: Id }),
  audits: ["session.ended"],
  success: { status: 204, description: "Ended." },
  errors: ["not_found", "outranked", "owner_protected"],
});

export const endMemberSessions = endpoint({
  operationId: "endMemberSessions",
  method: "DELETE",
  path: "/tenants/{slug}/members/{memberId}/sessions",
  summary: "End all sessions of a member in this workspace, as endMemberSession does.",
  access: "member",
  permission: "security.manage_sessions",
  params: TenantParams.extend({ memberId: Id }),
  audits: ["session.ended"],
  success: { status: 204, description: "Ended." },
  errors: ["not_found", "outranked", "owner_protected", "reauthentication_required"],
});
