import { auditLogRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const auditLog: Feature = {
  name: "audit-log",
  routes: () => auditLogRoutes,
  tables: [
    // Derived from the log.
    {
      table: "audit_target_words",
      kind: "search index entries",
      erase: { by: "target_id" },
      refersTo: [],
      exportAs: null,
      exported: [],
      withheld: ["field", "word", "target_id"],
    },
    // Exported as audit-log.jsonl and .csv, with the hashes that chain the entries.
    {
      table: "audit_log",
      kind: "audit log entries",
      erase: { by: "sequence" },
      refersTo: [],
      exportAs: null,
      exported: [
        "sequence",
        "occurred_at",
        "action",
        "actor_member_id",
        "actor_name",
        "target_type",
        "target_id",
        "target_name",
        "ip_address",
        "user_agent",
        "changes",
        "hash",
      ],
      withheld: [],
    },
    // The head repeats the last entry.
    {
      table: "audit_heads",
      kind: "audit log checksums",
      erase: "last",
      refersTo: [],
      exportAs: null,
      exported: [],
      withheld: ["sequence", "hash"],
    },
  ],
};
