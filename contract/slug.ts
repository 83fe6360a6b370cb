import { bounded } from "./bounded.ts";

/** First path segments that whoot uses or may use. A tenant with such a slug could impersonate the product. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(
  (
    "about abuse account accounts admin admin-team administrator administrators api app assets audit auth billing blog " +
    "channels check-mail checkout contact dashboard deletion deletions docs download email-change error favicon forgot-password health " +
    "healthz help home hostmaster index invitation invitations invite invites join legal login logout mail me members " +
    "metrics msp new new-workspace no-reply noreply null oauth official oidc openapi operator outbox owner payment payments " +
    "people permissions ping postmaster pricing privacy problems profile public readyz receipt receipts recordings register " +
    "reset-password robots roles root root-admin saml scim search security security-team session sessions settings setup " +
    "sign-in sign-out sign-up signin signout signup sso static status support support-team switch system team tenant " +
    "tenants terms test undefined user users verify webhook webhooks webmaster well-known whoot workspace workspaces ws www"
  ).split(" "),
);

/** 3–40 characters: a–z, 0–9, and single hyphens between them. */
export const Slug = bounded(40)
  .min(3, "Use at least 3 characters.")
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "Use a–z, 0–9 and single hyphens between them.");

/** Days for which a slug that a tenant gave up still leads to it, and only to it. The database function claim_slug enforces this. */
export const SLUG_KEPT_DAYS = 90;
