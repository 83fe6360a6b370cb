import { invitationRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";
import { sealedLinks } from "./sealed-links.ts";

export const invitations: Feature = {
  name: "invitations",
  routes: () => invitationRoutes(),
  tables: [
    {
      table: "invitation_mails",
      kind: "invitations",
      erase: { by: "mail_id" },
      refersTo: ["invitations"],
      exportAs: "invitation-mails",
      exported: ["mail_id", "invitation_id", "asked_at"],
      withheld: [],
    },
    {
      table: "invitations",
      kind: "invitations",
      erase: { by: "invitation_id" },
      refersTo: ["roles"],
      exportAs: "invitations",
      exported: [
        "invitation_id",
        "email",
        "role_id",
        "invited_by_name",
        "created_at",
        "expires_at",
        "accepted_at",
        "revoked_at",
        "invited_by_member_id",
        "mailed_at",
      ],
      withheld: ["token_sealed", "mailed_hash"],
    },
  ],
  sealed: (services) => [sealedLinks(services)],
  announces: ["invitations"],
};
