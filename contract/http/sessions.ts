/** A person lists and ends their own sessions. */
import { z } from "zod";
import { endpoint, Id, Time } from "./endpoint.ts";

const Use = z.strictObject({
  at: Time,
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable().describe("The User-Agent header. A program can send anything"),
});

const MySession = z
  .strictObject({
    sessionId: Id,
    current: z.boolean().describe("The session of this request"),
    signIn: Use,
    lastUse: Use.describe("To within five minutes"),
  })
  .meta({ id: "MySession" });

export const MAX_SESSIONS_SHOWN = 100;

export const listMySessions = endpoint({
  operationId: "listMySessions",
  method: "GET",
  path: "/me/sessions",
  summary: `Your sessions: this one first, then the most recently used. At most ${MAX_SESSIONS_SHOWN}.`,
  access: "account",
  success: {
    status: 200,
    description: "The sessions.",
    schema: z.strictObject({ items: z.array(MySession).max(MAX_SESSIONS_SHOWN) }),
  },
});

export const endMySession = endpoint({
  operationId: "endMySession",
  method: "DELETE",
  path: "/me/sessions/{sessionId}",
  summary: "End one of your sessions, and its live audio.",
  access: "account",
  params: z.strictObject({ sessionId: Id }),
  audits: ["session.signed_out"],
  success: { status: 204, description: "Ended." },
  errors: ["not_found"],
});

export const signOutOthers = endpoint({
  operationId: "signOutOthers",
  method: "DELETE",
  path: "/me/other-sessions",
  summary: "End every other session of the account. Their live audio stops. Needs a recent authentication.",
  access: "account",
  audits: ["session.signed_out"],
  success: { status: 204, description: "Only this session is left." },
  errors: ["reauthentication_required"],
});
