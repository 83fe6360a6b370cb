/** Which queries to fetch again after a change, whether the gateway reports it or this page made it. */
import type { Changed } from "#contract/gateway.ts";
import type { QueryFilters } from "@tanstack/react-query";
import { queriesOf, queriesBelow, type Operation } from "./operation.ts";

/** The operations whose answers show each thing. */
const SHOWN_BY = {
  tenant: ["GET /api/v1/tenants/{slug}"],
  channels: ["GET /api/v1/tenants/{slug}/channels", "GET /api/v1/tenants/{slug}/channels/{channelId}"],
  members: ["GET /api/v1/tenants/{slug}/members", "GET /api/v1/tenants/{slug}/members/count"],
  roles: ["GET /api/v1/tenants/{slug}/roles", "GET /api/v1/tenants/{slug}/roles/{roleId}"],
  invitations: ["GET /api/v1/tenants/{slug}/invitations", "POST /api/v1/tenants/{slug}/invitations/lapsing"],
  transmissions: ["GET /api/v1/tenants/{slug}/channels/{channelId}/transmissions"],
  accessReviews: [
    "GET /api/v1/tenants/{slug}/access-reviews",
    "GET /api/v1/tenants/{slug}/access-reviews/{reviewId}",
    "GET /api/v1/tenants/{slug}/access-reviews/{reviewId}/members",
  ],
  licences: ["GET /api/v1/tenants/{slug}/billing/licences"],
  billing: [
    "GET /api/v1/tenants/{slug}/billing/subscription",
    "GET /api/v1/tenants/{slug}/billing/next-invoice",
    "GET /api/v1/tenants/{slug}/billing/invoices",
    "GET /api/v1/tenants/{slug}/billing/profile",
    "GET /api/v1/tenants/{slug}/billing/payment-method",
  ],
  auditLog: ["GET /api/v1/tenants/{slug}/audit-log"],
  exports: ["GET /api/v1/tenants/{slug}/exports"],
  domains: ["GET /api/v1/tenants/{slug}/domains"],
  encryptionKey: ["GET /api/v1/tenants/{slug}/security/encryption-key"],
  sessions: ["GET /api/v1/tenants/{slug}/sessions"],
  sso: [
    "GET /api/v1/tenants/{slug}/sso",
    "GET /api/v1/tenants/{slug}/sso/mine",
    "GET /api/v1/tenants/{slug}/sso/connections/{connectionId}/identities",
  ],
} satisfies Record<string, readonly Operation[]>;

type Thing = keyof typeof SHOWN_BY;

/** Matches the queries of a workspace that show these things. */
export function showing(slug: string, ...things: Thing[]): QueryFilters {
  return queriesOf(
    things.flatMap((thing): readonly Operation[] => SHOWN_BY[thing]),
    { slug },
  );
}

/** Matches all queries about a workspace. */
export const ofWorkspace = (slug: string): QueryFilters => queriesBelow("/api/v1/tenants/{slug}", { slug });

/** Matches all queries about the person: account, workspaces, activity there, and invitations. */
export const ofPerson = (): QueryFilters => queriesBelow("/api/v1/me");

/** What a `changed` message of the gateway puts out of date. Null: everything about the workspace and the person. */
const OUTDATED_BY: Record<Changed, readonly Thing[] | null> = {
  // Each resource carries the person's abilities, and the list of workspaces their role's name.
  self: null,
  tenant: null,
  channels: ["channels", "accessReviews"],
  // Roles show how many members have them, and an access review what each member may do now. Members take licences.
  members: ["members", "roles", "accessReviews", "sessions", "licences"],
  // Members, invitations and connections show role names. Members with the changed role get a `self` message too.
  roles: ["roles", "members", "invitations", "accessReviews", "sso"],
  invitations: ["invitations", "roles", "accessReviews", "licences"],
  transmissions: ["transmissions"],
  accessReviews: ["accessReviews"],
  exports: ["exports"],
  // Single sign-on names the verified domains.
  domains: ["domains", "sso"],
  sso: ["sso"],
  encryptionKey: ["encryptionKey"],
  // The workspace says whether talk has stopped, and channels who can talk on them.
  billing: null,
};

export function outdatedBy(slug: string, { what, channelId }: { what: Changed; channelId?: string | undefined }): QueryFilters[] {
  const things = OUTDATED_BY[what];
  if (things === null) return [ofWorkspace(slug), ofPerson()];
  if (channelId !== undefined) return [queriesOf(SHOWN_BY.transmissions, { slug, channelId })];
  return [showing(slug, ...things)];
}
