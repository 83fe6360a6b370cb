/** One person with many workspaces: the time of the list of all of them, and of the poll of their activity. */
import { type Figure, latencyFigures } from "./figure.ts";
import { makeWorkspace } from "./workspace.ts";

const SIZES = [50, 200];
/** Requests for each size. Those of both sizes together stay below one person's rate limit. */
const ROUNDS = 25;

const ASKED = [
  { path: "/me", name: "the switcher's list", aim: { 50: 100, 200: 100 } },
  { path: "/me/tenants?limit=200", name: "all workspaces at a glance", aim: { 50: 300, 200: 1_000 } },
  { path: "/me/activity?limit=200", name: "the activity in all of them", aim: { 50: 300, 200: 1_000 } },
] as const;
const REFERENCE = "100 ms: a press is answered; 1 s: after it a skeleton would be shown";

/** Workspaces of the person with this address, each with a hundred members, five channels and 200 recordings, 50 of them new. */
export const furnish = (email: string, from: number, to: number) => `
  do $$
  declare n int; t uuid; o uuid; a uuid; m uuid; c uuid; me uuid;
  begin
    select account_id into me from accounts where email = '${email}';
    for n in ${from}..${to} loop
      select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid() into t, o, a, m, c;
      insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id) values (t, 'client-' || n, 'Client ' || n, o, a);
      insert into audit_heads (tenant_id) values (t);
      insert into roles (tenant_id, role_id, name, built_in) values (t, a, 'Admin', 'admin'), (t, m, 'Member', 'member');
      insert into members (tenant_id, member_id, account_id, role_id, name, email, last_visit_at)
        values (t, o, me, a, 'Owner', '${email}', now() - interval '1 hour');
      insert into members (tenant_id, member_id, account_id, role_id, name, email)
        select t, gen_random_uuid(), gen_random_uuid(), m, 'Person ' || i, 'p' || i || '@example.com' from generate_series(1, 99) i;
      insert into directory_slugs (slug, tenant_id) values ('client-' || n, t);
      insert into directory_memberships (account_id, tenant_id) values (me, t);
      insert into channels (tenant_id, channel_id, name) values (t, c, 'Ops');
      insert into channels (tenant_id, channel_id, name) select t, gen_random_uuid(), 'Channel ' || i from generate_series(1, 4) i;
      insert into transmissions (tenant_id, transmission_id, channel_id, speaker_name, started_at, status)
        select t, gen_random_uuid(), c, 'Somebody', now() - (i - 0.5) * interval '72 seconds', 'complete' from generate_series(1, 200) i;
    end loop;
  end $$;
  analyze`;

export async function measureWorkspaces(): Promise<Figure[]> {
  const bench = await makeWorkspace();
  const figures: Figure[] = [];
  try {
    const ask = async (path: string) => {
      const response = await fetch(`${bench.url}/api/v1${path}`, { headers: { cookie: bench.owner.cookie } });
      const text = await response.text();
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`);
      return JSON.parse(text) as { items?: unknown[]; tenants?: unknown[] };
    };
    let there = 1;
    for (const size of SIZES) {
      await bench.sql(furnish("owner@example.com", there, size - 1), []);
      there = size;
      for (const { path, name, aim } of ASKED) {
        const { items, tenants } = await ask(path);
        if ((items ?? tenants)?.length !== size) throw new Error(`GET ${path} does not have ${size} workspaces`);
        const times: number[] = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          const start = performance.now();
          await ask(path);
          times.push(performance.now() - start);
        }
        figures.push(...latencyFigures(`${name}, ${size} workspaces`, times, aim[size as 50 | 200], REFERENCE));
      }
    }
    return figures;
  } finally {
    await bench.close();
  }
}
