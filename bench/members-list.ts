/**
 * The member list of a workspace of 100,000, with ten others of 10,000 each in the same tables. Requests go through the HTTP API (session,
 * admission, row-level security, JSON), one at a time, fifty members a page.
 *
 *   npm run bench -- members-list      MEMBERS=20000 for another size
 */
import { fileURLToPath } from "node:url";
import { type Figure, latencyFigures } from "./figure.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

const MEMBERS = Number(process.env["MEMBERS"] ?? 100_000);
const NEIGHBOURS = 10;
const NEIGHBOUR_MEMBERS = 10_000;
const REQUESTS = 100;
/** Requests that are not counted: the first ones run uncompiled code and read pages from disk. */
const WARM_UP = 10;
const LIMIT_MS = 100;
const REFERENCE = "feels instant below 100 ms (Nielsen, Usability Engineering, 1993)";
const DEEP = Math.floor(MEMBERS / 2);

const FIRST = `Ada Aisha Alan Amara Ana Anders Astrid Ben Bianca Carlos Chen Chidi Clara Daniel Diego Dmitri Elena Emeka Emil Emma
Fatima Felix Grace Hana Hugo Ibrahim Ines Ivan Jack Jana Jonas Julia Kai Kofi Lars Laura Leila Leo Lin Lucia Luis Maria Marta Mateo Max
Mei Mia Milan Mira Nadia Nils Noor Olga Omar Paul Petra Rosa Sam Sofia Yusuf`.split(/\s+/);
const SYLLABLES = "ba be bo da de do ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta te to va ve vo".split(" ");

/** Takes about two minutes, mostly to insert the members. */
export async function measureMembersList(): Promise<Figure[]> {
  const workspace = await makeWorkspace();
  try {
    await fill(workspace);
    const list = async (
      query: string,
      language = "en",
    ): Promise<{ items: { memberId: string; roleId: string }[]; nextCursor: string | null }> => {
      const answer = await fetch(`${workspace.url}/api/v1/tenants/${workspace.slug}/members?${query}`, {
        headers: { cookie: workspace.owner.cookie, "accept-language": language },
      });
      if (!answer.ok) throw new Error(`${query}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as never;
    };

    /** The query with a cursor after DEEP members. */
    async function deep(query: string, language?: string): Promise<string> {
      let cursor: string | null = null;
      for (let read = 0; read < DEEP; read += 200)
        cursor = (await list(`${query}&limit=${Math.min(200, DEEP - read)}${cursor ? `&cursor=${cursor}` : ""}`, language))
          .nextCursor;
      return `${query}&cursor=${cursor}`;
    }
    const roleOf = async (query: string) => (await list(`${query}&limit=1`)).items[0]?.roleId;
    const [rare, common] = [await roleOf("sort=role&order=desc"), await roleOf("search=common")];

    const deepPage = `page after ${DEEP.toLocaleString("en")}`;
    const cases: Array<[name: string, query: string, language?: string]> = [
      ["first page, by name, to a reader of Swedish", "sort=name", "sv"],
      [`${deepPage}, by name, to a reader of Swedish`, await deep("sort=name", "sv"), "sv"],
      ["first page, by role, to a reader of Swedish", "sort=role", "sv"],
      ["search for one letter (every fifth), by name, to a reader of Swedish", "search=m&sort=name", "sv"],
      ["first page, as they joined", "sort=joined"],
      ["first page, by name", "sort=name"],
      ["first page, by role", "sort=role"],
      ["first page, last seen first", "sort=lastSeen&order=desc"],
      [`${deepPage}, by name`, await deep("sort=name")],
      [`${deepPage}, by role`, await deep("sort=role")],
      [`${deepPage}, as they joined`, await deep("sort=joined")],
      [`${deepPage}, last seen first`, await deep("sort=lastSeen&order=desc")],
      ["a role of 94 %, by name", `roleId=${common}&sort=name`],
      ["a role of 94 %, last seen first", `roleId=${common}&sort=lastSeen&order=desc`],
      ["a role of 0.1 %, as they joined", `roleId=${rare}&sort=joined`],
      ["a role of 0.1 % and suspended, last seen first", `roleId=${rare}&status=suspended&sort=lastSeen&order=desc`],
      ["suspended (2 %), by name", "status=suspended&sort=name"],
      ["search for one letter (every fifth), by name", "search=m&sort=name"],
      ["search for one letter (every fifth), last seen first", "search=m&sort=lastSeen&order=desc"],
      ["search for a first name (1.7 %), by name", "search=ada&sort=name"],
      ["search for a name of two words", "search=ada%20bada&sort=name"],
      ["search for a name of two words, by role", "search=ada%20bada&sort=role"],
      ["search for two letters each (few have both)", "search=zz%20ad&sort=name"],
      ["search for the last first name (1.7 %), by name", "search=yusuf&sort=name"],
      ["search for the last first name (1.7 %), as they joined", "search=yusuf&sort=joined"],
      ["search for one letter among the suspended, by name", "search=s&sort=name&status=suspended"],
      ["search for an address", "search=person.77777%40exa&sort=name"],
      ["search for a domain (everyone's)", "search=%40example&sort=name"],
      ["search, role, state and order together", `search=ma&roleId=${rare}&status=active&sort=lastSeen&order=desc`],
    ];
    const figures: Figure[] = [];
    for (const [name, query, language] of cases) {
      const durations: number[] = [];
      for (let round = 0; round < WARM_UP + REQUESTS; round += 1) {
        const start = performance.now();
        await list(`${query}&limit=50`, language);
        if (round >= WARM_UP) durations.push(performance.now() - start);
      }
      figures.push(...latencyFigures(`Members of ${MEMBERS.toLocaleString("en")}: ${name}`, durations, LIMIT_MS, REFERENCE));
    }
    return figures;
  } finally {
    await workspace.close();
  }
}

async function fill(workspace: Workspace): Promise<void> {
  for (let neighbour = 1; neighbour <= NEIGHBOURS; neighbour += 1) {
    await workspace.sql(
      `with t as (select gen_random_uuid() as tenant_id, gen_random_uuid() as owner, gen_random_uuid() as role),
         made as (insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id)
           select tenant_id, 'neighbour-' || $1, 'Neighbour', owner, role from t),
         roles as (insert into roles (tenant_id, role_id, name, built_in) select tenant_id, role, 'Admin', 'admin' from t
           union all select tenant_id, gen_random_uuid(), 'Member', 'member' from t)
       insert into members (tenant_id, member_id, account_id, role_id, name, email)
         select tenant_id, owner, gen_random_uuid(), role, 'Owner', 'owner@example.com' from t`,
      [String(neighbour)],
    );
    await add(workspace, `neighbour-${neighbour}`, NEIGHBOUR_MEMBERS);
  }
  await workspace.sql(
    `insert into roles (tenant_id, role_id, name, permissions)
     select tenant_id, gen_random_uuid(), 'Night shift', array['users.view'] from tenants where slug = $1`,
    [workspace.slug],
  );
  await add(workspace, workspace.slug, MEMBERS);
  await workspace.sql(`update members set name = 'Common ' || name where email = $1`, [`person.${DEEP}@example.com`]);
  // Autovacuum would do this a minute later.
  for (const table of ["members", "member_words", "roles", "tenants"]) await workspace.sql(`vacuum analyze ${table}`, []);
}

/** Inserts members: 94 % with the role Member, 0.1 % Night shift, 5.9 % Viewer; 2 % suspended. The same in every run. */
async function add(workspace: Workspace, slug: string, count: number): Promise<void> {
  await workspace.sql(
    `insert into members (tenant_id, member_id, account_id, role_id, name, email, status, joined_at, last_seen_at)
     select t.tenant_id, gen_random_uuid(), gen_random_uuid(),
       coalesce((select role_id from roles r where r.tenant_id = t.tenant_id
           and r.name = case when n % 1000 = 0 then 'Night shift' when n % 17 = 0 then 'Viewer' else 'Member' end),
         (select role_id from roles r where r.tenant_id = t.tenant_id and r.name = 'Member')),
       ($3::text[])[1 + n % cardinality($3::text[])] || ' ' || initcap(
         ($4::text[])[1 + (n * 7) % 30] || ($4::text[])[1 + (n / 30) % 30] || ($4::text[])[1 + (n * 11 / 900) % 30]),
       'person.' || n || '@example.com',
       case when n % 50 = 0 then 'suspended' else 'active' end,
       timestamptz '2026-01-01' + n * interval '1 minute',
       case when n % 5 > 0 then timestamptz '2026-06-01' + ((n::bigint * 7919) % 10000000) * interval '1 second' end
     from tenants t, generate_series(1, $2::int) n where t.slug = $1`,
    [slug, count, FIRST, SYLLABLES],
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.table(await measureMembersList(), ["name", "value", "unit", "aim"]);
