/** Addresses of tenants: which one can be had, and having it. First come, first served, look-alikes included. */
import { RESERVED_SLUGS, Slug } from "#contract/slug.ts";
import type { ErrorCode } from "#contract/errors.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import * as queries from "./queries.ts";

type Obstacle = "malformed" | "reserved" | "taken" | "look_alike";

type SlugVerdict = { available: true; reason: null; message: null } | { available: false; reason: Obstacle; message: string };

const WORDS = {
  reserved: "whoot keeps this address for itself. Choose another.",
  taken: "This address is taken. Choose another.",
  look_alike: "This address looks like one that is taken. Choose one that can't be confused with it.",
  too_many: "This workspace still keeps 10 earlier addresses. Go back to one of them, or wait until one is free.",
} as const;

const CODES: Record<keyof typeof WORDS, ErrorCode> = {
  reserved: "slug_reserved",
  taken: "slug_taken",
  look_alike: "slug_look_alike",
  too_many: "too_many_slugs",
};

/** One of the product's words, or what looks like one; or one that names the product among others, as in whoot-support. */
async function isReserved(db: Db, slug: string): Promise<boolean> {
  if (RESERVED_SLUGS.has(slug) || (await queries.looksLikeAny(db, slug, [...RESERVED_SLUGS]))) return true;
  const parts = slug.split("-");
  if (parts.includes("whoot")) return true;
  return parts.length > 1 && (await queries.looksLikeAny(db, "whoot", parts));
}

/**
 * Whether a tenant could be at this slug now. Another request may still take it first. Tells of an address that is taken nothing but that.
 * @param mover who asks, and the slug of the tenant of theirs that would move: what that tenant keeps is free for it.
 */
export async function checkSlug(
  services: Services,
  slug: string,
  mover: { accountId: string; movingFrom: string | undefined },
): Promise<SlugVerdict> {
  const parsed = Slug.safeParse(slug);
  if (!parsed.success) {
    return { available: false, reason: "malformed", message: parsed.error.issues[0]?.message ?? "Not a valid address." };
  }
  const from = Slug.safeParse(mover.movingFrom);
  const obstacle = await services.database.readAsPlatform("check a slug", async (db) =>
    (await isReserved(db, slug)) ? "reserved" : queries.slugObstacle(db, slug, mover.accountId, from.success ? from.data : null),
  );
  return obstacle === null
    ? { available: true, reason: null, message: null }
    : { available: false, reason: obstacle, message: WORDS[obstacle] };
}

function refusalOf(obstacle: keyof typeof WORDS): Refusal {
  return new Refusal(CODES[obstacle], { detail: WORDS[obstacle], fields: [{ path: "slug", message: WORDS[obstacle] }] });
}

/** Before anything is made for a tenant at this slug. @throws Refusal slug_reserved */
export async function refuseReserved(services: Services, slug: string): Promise<void> {
  if (await services.database.readAsPlatform("whether a slug is reserved", (db) => isReserved(db, slug))) {
    throw refusalOf("reserved");
  }
}

/**
 * Makes `slug` the current one of the tenant that the transaction entered; the one before is kept for it.
 * @throws Refusal slug_taken, slug_look_alike, too_many_slugs
 */
export async function claimSlug(db: Db, slug: string): Promise<void> {
  const obstacle = await queries.claimSlug(db, slug);
  if (obstacle !== null) throw refusalOf(obstacle);
}

/** Those that the tenant gave up and that lead to it still, the last one first. */
export async function listEarlierSlugs(tx: TenantTx) {
  const rows = await queries.listEarlierSlugs(tx.db);
  return rows.map(({ slug, keptUntil }) => ({ slug, keptUntil: keptUntil.toISOString() }));
}
