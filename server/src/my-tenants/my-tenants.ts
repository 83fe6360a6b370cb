/**
 * A person's overview of all their tenants. Only the list of tenants is read above tenants. Everything about one is read inside it, through admit,
 * as the person's member there.
 */
import { z } from "zod";
import { MAX_NEW } from "#contract/http/my-tenants.ts";
import type { Ctx, PersonCtx } from "../access/ctx.ts";
import { enter } from "../access/gate.ts";
import { channelNames, countChannels } from "../channels/channels.ts";
import { countMembers } from "../members/members.ts";
import { makeShares } from "../platform/db/shares.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { makeCoalescer } from "../platform/coalesce.ts";
import { Refusal } from "../platform/refusal.ts";
import { countNew } from "../recordings/recordings.ts";
import { listVisibleTenants, presentBilling } from "../tenants/tenants.ts";
import { attentionFor } from "./attention.ts";

/** The end of a page: the last tenant's number in the list, from 1, and its id. */
const PageKeys = z.tuple([z.string().regex(/^\d{1,3}$/), z.uuid()]);

interface Page {
  cursor?: string | undefined;
  limit: number;
}

/** Tenants read at once. One limit for all people, because all tenants share the connection pool; shares keep it fair. */
const AT_ONCE = 6;
const PATIENCE_MS = 5_000;
const readings = makeShares(AT_ONCE, PATIENCE_MS);

type TenantOfPerson = Awaited<ReturnType<typeof listVisibleTenants>>[number];
/** Refusals that the overview shows. */
const KEPT_OUT = ["suspended", "sso_required", "mfa_required", "session_expired_here"] as const;
type KeptOut = (typeof KEPT_OUT)[number];
type Reading<Result> = { access: "open"; result: Result } | { access: KeptOut | "unavailable" };

/**
 * The tenants after the cursor's. The order is that of the last visits, so the cursor's tenant may have moved to the front. Then the page begins
 * after its old place, where a tenant may appear twice but none is missed.
 * @throws Refusal invalid_input for the cursor
 */
async function pageOf({ services, principal }: PersonCtx, { cursor, limit }: Page) {
  const [number = "0", last] = parseKeyedCursor(cursor, PageKeys) ?? [];
  const tenants = await listVisibleTenants(services, principal);
  const at = tenants.findIndex(({ tenantId }) => tenantId === last);
  const from = at < Number(number) ? at + 1 : Number(number);
  const places = tenants.map((tenant, index) => ({ tenant, number: String(index + 1) })).slice(last === undefined ? 0 : from);
  return toKeyedPage(places, limit, ({ tenant, number: place }) => [place, tenant.tenantId]);
}

/** Reads each tenant of a page as its member, a few at a time. A tenant that cannot be read does not fail the others. */
async function readEach<Result>(
  ctx: PersonCtx,
  page: Page,
  work: (ctx: Ctx) => Promise<Result>,
): Promise<{ results: Array<{ tenant: TenantOfPerson; reading: Reading<Result> }>; nextCursor: string | null }> {
  const { items: tenants, nextCursor } = await pageOf(ctx, page);
  const results: Array<{ tenant: TenantOfPerson; reading: Reading<Result> }> = [];
  const remaining = tenants.entries();
  async function readRemaining(): Promise<void> {
    for (const [index, { tenant }] of remaining) {
      const freePlace = await readings.take(ctx.principal.accountId);
      try {
        results[index] = { tenant, reading: await readOne(ctx, tenant, work) };
      } finally {
        freePlace();
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, readRemaining));
  return { results, nextCursor };
}

async function readOne<Result>(
  { services, principal }: PersonCtx,
  { tenantId }: TenantOfPerson,
  read: (ctx: Ctx) => Promise<Result>,
): Promise<Reading<Result>> {
  try {
    return { access: "open", result: await enter(services, { tenantId, principal, origin: null, line: "overview" }, read) };
  } catch (error) {
    const keptOut = error instanceof Refusal && KEPT_OUT.find((code) => code === error.code);
    if (keptOut) return { access: keptOut };
    // Do not log a tenant that was left or deleted since the list was read.
    if (!(error instanceof Refusal && error.code === "not_found")) {
      services.log.warn({ err: error, tenantId }, "could not read a tenant for one of its members");
    }
    return { access: "unavailable" };
  }
}

const pageKey = ({ principal }: PersonCtx, { cursor = "", limit }: Page) => `${principal.sessionId} ${limit} ${cursor}`;

/**
 * A page of one session is read once at a time, however many requests ask for it. Requests that come during a reading share the next one, so no
 * answer is older than its request. Sessions of one person share nothing: they have proved different things.
 */
const overviews = makeCoalescer<Awaited<ReturnType<typeof readOverview>>>();
const activities = makeCoalescer<Awaited<ReturnType<typeof readActivity>>>();

/** The state of each tenant, last used first. */
export function listMyTenants(ctx: PersonCtx, page: Page) {
  return overviews(pageKey(ctx, page), () => readOverview(ctx, page));
}

async function readOverview(ctx: PersonCtx, page: Page) {
  const nothing = { members: null, channels: null, billing: null, attention: [] };
  const { results, nextCursor } = await readEach(ctx, page, async (inTenant) => {
    const [members, channels, attention] = await Promise.all([
      inTenant.member.may("users.view") ? countMembers(inTenant) : null,
      countChannels(inTenant),
      attentionFor(inTenant),
    ]);
    return { members, channels, billing: presentBilling(inTenant), attention };
  });
  const items = results.map(({ tenant, reading }) => ({
    ...tenant,
    ...nothing,
    access: reading.access,
    ...(reading.access === "open" ? reading.result : {}),
  }));
  return { items, nextCursor };
}

/** Current activity in each tenant that the person can enter. */
export function getMyActivity(ctx: PersonCtx, page: Page) {
  return activities(pageKey(ctx, page), () => readActivity(ctx, page));
}

async function readActivity(ctx: PersonCtx, page: Page) {
  const { results, nextCursor } = await readEach(ctx, page, async (inTenant) => {
    const [newRecordings, talking] = await Promise.all([countNew(inTenant, { most: MAX_NEW }), talkingIn(inTenant)]);
    return { newRecordings, talking };
  });
  const items = results.flatMap(({ tenant, reading }) =>
    reading.access === "open" ? [{ slug: tenant.slug, ...reading.result }] : [],
  );
  return { items, nextCursor };
}

async function talkingIn(ctx: Ctx) {
  const talking = ctx.member.may("voice.join") ? ctx.services.voice.talking(ctx.tenantId) : [];
  if (talking.length === 0) return [];
  const names = await channelNames(ctx, [...new Set(talking.map(({ channelId }) => channelId))]);
  return talking.flatMap(({ channelId, memberId, name }) => {
    const channelName = names.get(channelId);
    return channelName === undefined ? [] : [{ channelName, name, isSelf: memberId === ctx.member.memberId }];
  });
}
