import { z } from "zod";

/** First path segments that the product uses or may use: a tenant at one of them could impersonate the product. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(
  (
    "about account accounts admin api app assets audit auth billing blog channels check-mail contact dashboard deletion deletions docs download " +
    "error favicon health healthz help home index invitation invitations invite invites join legal login logout mail " +
    "me members metrics msp new new-workspace null oauth oidc openapi operator outbox people permissions ping pricing privacy " +
    "problems profile public readyz recordings register robots root saml scim search security session sessions " +
    "settings setup signin signout signup sign-in sign-out sign-up sso static status support switch system team tenant " +
    "tenants terms test undefined user users verify webhook webhooks well-known whoot workspace workspaces ws www"
  ).split(" "),
);

/** 3–40 of a–z, 0–9 and single hyphens, not at an end. Anything else, another script or case included, is malformed. */
export const Slug = z
  .string()
  .min(3, "Use at least 3 characters.")
  .max(40, "Use at most 40 characters.")
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "Use a–z, 0–9 and single hyphens between them.");

/** How long a slug that a tenant gave up still leads to it, and to nobody else. The database keeps it so: the function claim_slug. */
export const SLUG_KEPT_DAYS = 90;

/**
 * The slug to suggest for a workspace's name: "Ärzte & Co." → "arzte-co". May be shorter than a valid slug when the
 * name has too few Latin letters or digits.
 */
export function suggestSlug(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
}
