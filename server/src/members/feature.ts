import { memberRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const members: Feature = {
  name: "members",
  routes: () => memberRoutes,
  tables: [
    {
      table: "member_sessions",
      kind: "sessions",
      erase: { by: "session_id" },
      refersTo: ["members"],
      exportAs: "sessions",
      exported: [
        "session_id",
        "member_id",
        "ip_address",
        "user_agent",
        "started_at",
        "last_seen_at",
        "ended_at",
        "sso_connection_id",
        "sso_proved_at",
        "sso_until",
        "sso_confirmed_at",
        "sso_second_factor",
      ],
      withheld: [],
    },
    // A search index, derived from the members.
    {
      table: "member_words",
      kind: "search index entries",
      erase: { by: "member_id" },
      refersTo: ["members"],
      exportAs: null,
      exported: [],
      withheld: ["field", "word", "member_id"],
    },
    {
      table: "members",
      kind: "members",
      erase: { by: "member_id" },
      refersTo: ["roles"],
      exportAs: "members",
      exported: [
        "member_id",
        "account_id",
        "role_id",
        "name",
        "email",
        "status",
        "joined_at",
        "last_seen_at",
        "last_visit_at",
        "left_domain",
      ],
      withheld: ["name_key"],
    },
  ],
  announces: ["members"],
};
