import { accessReviews } from "./access-reviews/feature.ts";
import { accounts } from "./accounts/feature.ts";
import { auditLog } from "./audit-log/feature.ts";
import { billing } from "./billing/feature.ts";
import { channels } from "./channels/feature.ts";
import { deletions } from "./deletions/feature.ts";
import { domains } from "./domains/feature.ts";
import { encryptionKey } from "./encryption-key/feature.ts";
import { exports } from "./exports/feature.ts";
import type { Feature } from "./feature.ts";
import { invitations } from "./invitations/feature.ts";
import { members } from "./members/feature.ts";
import { memberSessions } from "./member-sessions/feature.ts";
import { mfa } from "./mfa/feature.ts";
import { myTenants } from "./my-tenants/feature.ts";
import { recordings } from "./recordings/feature.ts";
import { roles } from "./roles/feature.ts";
import { sso } from "./sso/feature.ts";
import { system } from "./system/feature.ts";
import { tenants } from "./tenants/feature.ts";

export const FEATURES: readonly Feature[] = [
  system,
  accounts,
  tenants,
  members,
  roles,
  invitations,
  channels,
  recordings,
  domains,
  mfa,
  memberSessions,
  sso,
  accessReviews,
  billing,
  auditLog,
  exports,
  encryptionKey,
  deletions,
  myTenants,
];
