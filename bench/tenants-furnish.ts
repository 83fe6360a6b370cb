/** Inserts thousands of tenants by SQL, as the server would have made them; signing up one by one would take days. */
import pg from "pg";
import { AUDIT_ACTION_NAMES } from "#contract/audit.ts";
import { appendEntries } from "../server/src/testing/audit-log.ts";

/** Members of every ordinary tenant. */
export const MEMBERS = 20;
const CHANNELS = 8;
const ENTRIES = 20;

export interface Huge {
  members: number;
  channels: number;
  entries: number;
}

export const slugOf = (tenant: number) => `client-${tenant}`;
/** The session token of a member of an ordinary tenant. Both numbers count from 1; the first member is the owner. */
export const tokenOf = (tenant: number, member: number) => `bench-${tenant}-${member}`;
export const emailOf = (tenant: number, member: number) => `p${member}@client-${tenant}.example.com`;
export const hugeTokenOf = (member: number) => `huge-${member}`;

/** The stored hash of a session token (platform/tokens.ts). */
const hashed = (token: string) => `sha256(convert_to(${token}, 'UTF8'))`;
const FIRST = `(array['Ada','Ben','Chidi','Dana','Emil','Fatima','Grace','Hugo','Ines','Jonas','Kofi','Leila','Mira','Noor','Omar'])`;
const LAST = `(array['Abara','Berg','Costa','Dunne','Endo','Faber','Gupta','Haas','Ito','Jansen','Kaya','Lund','Moreau'])`;
const name = (n: string) => `${FIRST}[1 + ${n} % 15] || ' ' || ${LAST}[1 + ${n} % 13]`;

/**
 * Inserts the first member of all tenants, then the second of all, and so on, because the rows of tenants that grow for years are mixed.
 * Skips the triggers, which work row by row, and inserts the words of names in one statement. The entries' hashes are not a valid chain,
 * but each head has the last one, so the logs can be appended to.
 */
const ordinary = (tenants: number) => [
  `create temp table t as select n, gen_random_uuid() as tenant_id, gen_random_uuid() as owner_id, gen_random_uuid() as admin_id,
     gen_random_uuid() as member_role, gen_random_uuid() as viewer_role from generate_series(1, ${tenants}) n`,
  `insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id)
     select tenant_id, 'client-' || n, 'Client ' || n, owner_id, admin_id from t`,
  `insert into directory_slugs (slug, tenant_id) select 'client-' || n, tenant_id from t`,
  `insert into roles (tenant_id, role_id, name, built_in) select tenant_id, admin_id, 'Admin', 'admin' from t
     union all select tenant_id, member_role, 'Member', 'member' from t union all select tenant_id, viewer_role, 'Viewer', 'viewer' from t`,
  `create temp table p as select t.tenant_id, t.n as tenant, i, case when i = 1 then owner_id else gen_random_uuid() end as member_id,
       case when i = 1 then admin_id when i % 5 = 0 then viewer_role else member_role end as role_id,
       gen_random_uuid() as account_id, gen_random_uuid() as session_id, ${name("(t.n + i)")} as name,
       'p' || i || '@client-' || t.n || '.example.com' as email, 'bench-' || t.n || '-' || i as token
     from generate_series(1, ${MEMBERS}) i, t order by i, t.n`,
  ...people,
  `insert into channels (tenant_id, channel_id, name, description, transmission)
     select tenant_id, gen_random_uuid(), 'Channel ' || i, 'What is said on channel ' || i, case when i % 4 = 0 then 'restricted' else 'open' end
     from generate_series(1, ${CHANNELS}) i, t order by i, t.n`,
  `insert into channel_talker_roles (tenant_id, channel_id, role_id)
     select c.tenant_id, c.channel_id, t.member_role from channels c join t using (tenant_id) where c.transmission = 'restricted'`,
  `insert into audit_log (tenant_id, sequence, occurred_at, action, actor_member_id, actor_name, target_type, target_id, target_name,
       ip_address, user_agent, changes, hash)
     select tenant_id, i, now() - interval '1 hour' * (${ENTRIES} - i), 'channel.edited', owner_id, 'Ada Berg', 'channel', owner_id, 'Channel 1',
       '192.0.2.17', 'Bench', '{"name":{"from":"Ops","to":"Operations"}}', sha256(convert_to(n || ' ' || i, 'UTF8'))
     from generate_series(1, ${ENTRIES}) i, t order by i, t.n`,
  `insert into audit_heads (tenant_id, sequence, hash)
     select tenant_id, ${ENTRIES}, sha256(convert_to(n || ' ' || ${ENTRIES}, 'UTF8')) from t`,
];

/** Accounts, sessions and memberships of everyone in the temporary table p, all with the password of the bench's owner. */
const people = [
  `insert into accounts (account_id, email, name, password_hash)
     select account_id, email, name, (select password_hash from accounts where email = 'owner@example.com') from p`,
  `insert into sessions (session_id, account_id, token_hash, expires_at)
     select session_id, account_id, ${hashed("token")}, now() + interval '1 day' from p`,
  `insert into members (tenant_id, member_id, account_id, role_id, name, email, joined_at, last_seen_at)
     select tenant_id, member_id, account_id, role_id, name, email, date_trunc('milliseconds', now()) - i * interval '1 minute', now() from p`,
  `insert into member_words (tenant_id, member_id, field, word)
     select p.tenant_id, p.member_id, words.field, words.word from p, member_search_words(p.name, p.email) words`,
  `insert into member_sessions (tenant_id, session_id, member_id) select tenant_id, session_id, member_id from p`,
  `insert into directory_memberships (account_id, tenant_id) select account_id, tenant_id from p`,
];

const huge = (slug: string, { members, channels }: Huge) => [
  `drop table if exists p`,
  `create temp table p as select t.tenant_id, n, n as i, gen_random_uuid() as member_id, role_id, gen_random_uuid() as account_id,
       gen_random_uuid() as session_id, ${name("n")} || ' ' || n as name, 'p' || n || '@huge.example.com' as email, 'huge-' || n as token
     from tenants t join roles using (tenant_id), generate_series(1, ${members}) n where t.slug = '${slug}' and built_in = 'member'`,
  ...people,
  `create temp table c as select tenant_id, gen_random_uuid() as channel_id, n from tenants, generate_series(1, ${channels}) n where slug = '${slug}'`,
  `insert into channels (tenant_id, channel_id, name, description, transmission)
     select tenant_id, channel_id, 'Channel ' || n, 'What is said on channel ' || n, case when n % 4 = 0 then 'restricted' else 'open' end from c`,
  `insert into channel_talker_roles (tenant_id, channel_id, role_id)
     select tenant_id, channel_id, admin_role_id from c join tenants using (tenant_id) where n % 4 = 0`,
  `insert into channel_talker_members (tenant_id, channel_id, member_id)
     select tenant_id, channel_id, owner_member_id from c join tenants using (tenant_id) where n % 4 = 0`,
];

/** The huge tenant's further entries, in a chain that `audit verify` accepts. */
function describe(index: number) {
  return {
    occurredAt: new Date(Date.UTC(2024, 0, 1) + index * 60_000),
    action: AUDIT_ACTION_NAMES[index % AUDIT_ACTION_NAMES.length] ?? "",
    actorMemberId: null,
    actorName: `Person ${index % 200}`,
    targetType: "channel",
    targetId: null,
    targetName: `Channel ${index % 5_000}`,
    ipAddress: "192.0.2.17",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0 Safari/537.36",
    changes: JSON.stringify({ name: { from: `Ops ${index}`, to: `Operations ${index}` } }),
  };
}

/**
 * Adds ordinary tenants to the database, and fills the tenant at `slug` when `grown` is given.
 * @param url the superuser's
 */
export async function furnish(url: string, slug: string, tenants: number, grown: Huge | null): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set session_replication_role = replica; set work_mem = '256MB'");
    for (const step of [...ordinary(tenants), ...(grown ? huge(slug, grown) : [])]) await client.query(step);
    if (grown) {
      const { rows } = await client.query<{ tenant_id: string }>("select tenant_id from tenants where slug = $1", [slug]);
      await appendEntries(url, rows[0]?.tenant_id ?? "", grown.entries, describe);
    }
    // Autovacuum and the checkpointer would do this minutes later.
    await client.query("vacuum analyze");
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}
