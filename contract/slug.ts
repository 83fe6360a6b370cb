import { z } from "zod";

/** First path segments that the product uses or may use: a tenant at one of them could impersonate the product. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(
  (
    "about abuse account accounts admin admin-team administrator administrators api app assets audit auth billing blog " +
    "channels check-mail checkout contact dashboard deletion deletions docs download error favicon health healthz help home " +
    "hostmaster index invitation invitations invite invites join legal login logout mail me members metrics msp new " +
    "new-workspace no-reply noreply null oauth official oidc openapi operator outbox owner payment payments people " +
    "permissions ping postmaster pricing privacy problems profile public readyz receipt receipts recordings register robots " +
    "roles root root-admin saml scim search security security-team session sessions settings setup sign-in sign-out sign-up " +
    "signin signout signup sso static status support support-team switch system team tenant tenants terms test undefined " +
    "user users verify webhook webhooks webmaster well-known whoot workspace workspaces ws www"
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
