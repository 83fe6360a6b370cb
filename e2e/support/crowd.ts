import { runSql } from "./database.ts";
import type { Whoot } from "./server.ts";

/** Inserts members without accounts, enough for several pages. */
export async function addCrowd(whoot: Whoot, slug: string, count: number): Promise<void> {
  await runSql(
    whoot,
    `insert into members (tenant_id, member_id, account_id, role_id, name, email, joined_at, last_seen_at)
     select t.tenant_id, gen_random_uuid(), gen_random_uuid(), r.role_id, 'Crowd ' || lpad(n::text, 3, '0'),
       'crowd.' || n || '@example.com', now() - n * interval '1 day', case when n % 3 > 0 then now() - n * interval '1 hour' end
     from tenants t join roles r using (tenant_id), generate_series(1, $2::int) n
     where t.slug = $1 and r.name = case when n % 4 = 0 then 'Viewer' else 'Member' end`,
    [slug, count],
  );
}
