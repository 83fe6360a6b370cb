/**
 * All the tenants of a person at a glance. Above tenants it reads which they are; whatever it says of one is read inside that
 * one, through admit, as the member that the person is there.
 */
import { MOST_NEW } from "#contract/http/my-tenants.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { channelNames, countChannels } from "../channels/channels.ts";
import { admit, type Member } from "../members/admit.ts";
import { countMembers } from "../members/members.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { makeLimiter } from "../platform/limiter.ts";
import { Refusal } from "../platform/refusal.ts";
import { countNew } from "../recordings/recordings.ts";
import type { Services } from "../services.ts";
import { listTenantsOf } from "../tenants/tenants.ts";
import type { Voice } from "../voice/ports.ts";
import { attentionFor } from "./attention.ts";

/** The tenants used last, when somebody has more. */
const MOST_TENANTS = 500;
/** Of everybody's reads together: the pool is the whole server's. */
const few = makeLimiter(6);

type TenantOfPerson = Awaited<ReturnType<typeof listTenantsOf>>[number];
type Reading<Result> = { access: "open"; result: Result } | { access: "suspended" | "unavailable" };

/** Reads each tenant as its member, a few at a time. One that cannot be read takes no other with it. */
async function readEach<Result>(
  services: Services,
  account: SignedIn,
  read: (tx: TenantTx, member: Member) => Promise<Result>,
): Promise<Array<{ tenant: TenantOfPerson; reading: Reading<Result> }>> {
  const tenants = (await listTenantsOf(services, account.accountId)).slice(0, MOST_TENANTS);
  return Promise.all(
    tenants.map(async (tenant) => ({ tenant, reading: await few(() => readOne(services, account, tenant, read)) })),
  );
}

async function readOne<Result>(
  services: Services,
  account: SignedIn,
  { tenantId }: TenantOfPerson,
  read: (tx: TenantTx, member: Member) => Promise<Result>,
): Promise<Reading<Result>> {
  try {
    // No origin: a glance from outside is no sign-in to this tenant, and its audit log tells of none.
    const glance = async (tx: TenantTx) => read(tx, await admit(tx, account, null));
    const result = await services.database.withTenant(tenantId, glance, undefined, "glances at ");
    return { access: "open", result };
  } catch (error) {
    if (error instanceof Refusal && error.code === "suspended") return { access: "suspended" };
    // Left or deleted this very moment is not worth a line.
    if (!(error instanceof Refusal && error.code === "not_found")) {
      services.log.warn({ err: error, tenantId }, "a tenant could not be read for one of its members");
    }
    return { access: "unavailable" };
  }
}

/** How each tenant stands, last used first. */
export async function listMyTenants(services: Services, account: SignedIn) {
  const nothing = { members: null, channels: null, attention: [] };
  const read = await readEach(services, account, async (tx, member) => {
    const [members, channels, attention] = await Promise.all([
      member.may("users.view") ? countMembers(tx) : null,
      countChannels(tx),
      attentionFor(tx, member),
    ]);
    return { members, channels, attention };
  });
  return read.map(({ tenant, reading }) => ({
    ...tenant,
    ...nothing,
    access: reading.access,
    ...(reading.access === "open" ? reading.result : {}),
  }));
}

/** What goes on now in each tenant that the person may enter. */
export async function activityOf(services: Services, voice: Voice, account: SignedIn) {
  const read = await readEach(services, account, async (tx, member) => {
    const [newRecordings, talking] = await Promise.all([countNew(tx, member, MOST_NEW), talkingIn(voice, tx, member)]);
    return { newRecordings, talking };
  });
  return read.flatMap(({ tenant, reading }) => (reading.access === "open" ? [{ slug: tenant.slug, ...reading.result }] : []));
}

async function talkingIn(voice: Voice, tx: TenantTx, member: Member) {
  const talking = member.may("voice.join") ? voice.talking(tx.tenantId) : [];
  if (talking.length === 0) return [];
  const names = await channelNames(tx, [...new Set(talking.map(({ channelId }) => channelId))]);
  return talking.flatMap(({ channelId, memberId, name }) => {
    const channelName = names.get(channelId);
    return channelName === undefined ? [] : [{ channelName, name, isSelf: memberId === member.memberId }];
  });
}
