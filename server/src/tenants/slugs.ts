/** Tenants' slugs: checking and claiming them. A claimed slug also blocks its look-alikes. */
import type { PersonCtx } from "../access/ctx.ts";
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

/** Whether the slug is a reserved word or looks like one, or has the product's name as a part, as in whoot-support. */
async function isReserved({ database }: Services, slug: string): Promise<boolean> {
  const parts = slug.split("-");
  if (RESERVED_SLUGS.has(slug) || parts.includes("whoot")) return true;
  const looksLikeAny = (word: string, others: string[]) =>
    database.asPlatformStatement("whether a slug looks like a reserved one", (db) => queries.looksLikeAny(db, word, others));
  if (await looksLikeAny(slug, [...RESERVED_SLUGS])) return true;
  return parts.length > 1 && looksLikeAny("whoot", parts);
}

/**
 * Whether a tenant could claim this slug now. Another request may still claim it first. The verdict does not say who has a taken slug.
 * @param input `movingFrom`: the current slug of the caller's tenant that would change it. Slugs that this tenant holds count as free.
 */
export async function checkSlug(
  { services, principal }: PersonCtx,
  { slug, movingFrom }: { slug: string; movingFrom?: string | undefined },
): Promise<SlugVerdict> {
  const parsed = Slug.safeParse(slug);
  if (!parsed.success) {
    return { available: false, reason: "malformed", message: parsed.error.issues[0]?.message ?? "Not a valid address." };
  }
  const from = Slug.safeParse(movingFrom);
  const keptFrom = from.success ? from.data : null;
  const obstacle = (await isReserved(services, slug))
    ? "reserved"
    : await services.database.asPlatformStatement("check a slug", (db) =>
        queries.slugObstacle(db, slug, principal.accountId, keptFrom),
      );
  return obstacle === null
    ? { available: true, reason: null, message: null }
    : { available: false, reason: obstacle, message: WORDS[obstacle] };
}

function refusalOf(obstacle: keyof typeof WORDS): Refusal {
  return new Refusal(CODES[obstacle], { detail: WORDS[obstacle], fields: [{ path: "slug", message: WORDS[obstacle] }] });
}

/** @throws Refusal slug_reserved */
export async function refuseReserved(services: Services, slug: string): Promise<void> {
  if (await isReserved(services, slug)) throw refusalOf("reserved");
}

/**
 * Makes `slug` the current slug of the tenant that the transaction entered, and keeps the previous one for it.
 * @throws Refusal slug_taken, slug_look_alike, too_many_slugs
 */
export async function claimSlug(db: Db, slug: string): Promise<void> {
  const obstacle = await queries.claimSlug(db, slug);
  if (obstacle !== null) throw refusalOf(obstacle);
}

/** Slugs that the tenant gave up and that still lead to it, the most recent first. */
export async function listEarlierSlugs(tx: TenantTx) {
  const rows = await queries.listEarlierSlugs(tx.db);
  return rows.map(({ slug, keptUntil }) => ({ slug, keptUntil: keptUntil.toISOString() }));
}
