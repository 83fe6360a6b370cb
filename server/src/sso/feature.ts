import type { Feature } from "../feature.ts";
import { job } from "../platform/jobs.ts";
import { checkConnections, checkTenant } from "./checking.ts";
import { CHECK_CONNECTIONS, CHECK_TENANT, REFRESH_METADATA } from "./jobs.ts";
import { refreshMetadata } from "./metadata-refresh.ts";
import { ssoRoutes } from "./routes.ts";

export const sso: Feature = {
  name: "sso",
  routes: ssoRoutes,
  jobs: (services) => [
    job(CHECK_CONNECTIONS, () => checkConnections(services)),
    job(CHECK_TENANT, (payload) => checkTenant(services, payload)),
    job(REFRESH_METADATA, (payload) => refreshMetadata(services, payload)),
  ],
  tables: [
    {
      table: "sso_connections",
      kind: "single sign-on connections",
      erase: { by: "connection_id" },
      refersTo: ["roles"],
      exportAs: "sso-connections",
      exported: [
        "connection_id",
        "name",
        "provider",
        "protocol",
        "enabled",
        "created_at",
        "idp_entity_id",
        "sign_on_url",
        "sign_on_binding",
        "metadata_url",
        "metadata_read_at",
        "metadata_tried_at",
        "metadata_problem",
        "certificates",
        "takes_encrypted",
        "service_certificate",
        "issuer",
        "client_id",
        "subject_attribute",
        "mapping",
        "group_roles",
        "joining",
        "default_role_id",
        "counts_as_mfa",
        "trusted_by",
        "tested_at",
      ],
      withheld: ["service_key_sealed", "client_secret_sealed", "tested_by", "warned_days"],
    },
    {
      table: "sso_identities",
      kind: "single sign-on identities",
      erase: { by: "connection_id" },
      refersTo: ["sso_connections", "members"],
      exportAs: "sso-identities",
      exported: ["connection_id", "subject", "member_id", "linked_at", "last_used_at"],
      withheld: [],
    },
    {
      table: "sso_assertions",
      kind: "used single sign-on responses",
      erase: { by: "connection_id" },
      refersTo: ["sso_connections"],
      exportAs: null,
      exported: [],
      withheld: ["connection_id", "assertion_hash", "expires_at"],
    },
  ],
  announces: ["sso"],
};
