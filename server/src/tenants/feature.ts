import { tenantRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const tenants: Feature = {
  name: "tenants",
  routes: () => tenantRoutes,
  tables: [
    {
      table: "ownership_offers",
      kind: "ownership offers",
      erase: { by: "tenant_id" },
      refersTo: ["members"],
      exportAs: "ownership-offers",
      exported: ["member_id", "offered_by_name", "created_at", "expires_at"],
      withheld: [],
    },
    // Exported as logo.webp.
    {
      table: "tenant_logos",
      kind: "logos",
      erase: { by: "logo_id" },
      refersTo: [],
      exportAs: null,
      exported: [],
      withheld: ["logo_id", "image"],
    },
    // Exported as workspace.json.
    {
      table: "tenants",
      kind: "workspaces",
      erase: "last",
      refersTo: ["members", "tenant_logos"],
      exportAs: null,
      exported: [
        "slug",
        "name",
        "owner_member_id",
        "created_at",
        "accent_colour",
        "time_zone",
        "clock",
        "talk_key_mode",
        "mfa_policy",
        "session_idle_minutes",
        "session_absolute_minutes",
        "sso_policy",
        "sso_hours",
        "logo_id",
        "admin_role_id",
        "owner_status",
        "licences",
        "add_ons",
        "billing_state",
        "billing_until",
        "deleted_at",
      ],
      withheld: [],
    },
  ],
  announces: ["tenant", "self"],
};
