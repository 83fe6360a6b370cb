/**
 * What row-level security costs. The server's own statements run as the role whoot_app under the policies, and by turns the same
 * statements with the tenant written out, as a role with BYPASSRLS. Both use the same database, rows and kind of transaction.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { superuserUrl } from "../e2e/support/database.ts";
import * as audit from "../server/src/audit-log/queries.ts";
import * as channels from "../server/src/channels/queries.ts";
import { admit } from "../server/src/access/admit.ts";
import * as members from "../server/src/members/list-queries.ts";
import type { Db, TenantTx } from "../server/src/platform/db/pools.ts";
import { servingUrls } from "../server/src/platform/db/prepare.ts";
import { type Figure, ratioFigures } from "./figure.ts";
import { CHANNEL_LIST, type Statement, statementsOf, writeOut, type WrittenOut } from "./statements.ts";
import type { Workspace } from "./workspace.ts";

const ROUNDS = 1_000;
const WARM_UP = 50;
const LIMIT = 1.1;
const UNHELD = { user: "bench_unheld", password: "of this bench alone" };

interface Case {
  name: string;
  ask(db: Db): Promise<unknown>;
  writtenOut: WrittenOut;
}

const NOTHING_PROVED = {
  signedInBy: "password" as const,
  authenticatedAt: new Date(),
  passwordAt: null,
  totpAt: null,
  recoveryCodeAt: null,
  passkeyAt: null,
  verifiedPasskeyAt: null,
};
const noFilters: members.Filters = { search: null, memberIds: undefined, roleId: undefined, status: undefined };
const firstPage = { descending: false, after: null, limit: 50 };
const PAGE: [string, string] = [
  "join members m on m.member_id = page.member_id",
  "join members m on m.tenant_id = $T and m.member_id = page.member_id",
];

/** Runs the statements in a transaction like the server's (platform/db/pools.ts). @returns milliseconds */
async function run(client: pg.Client, tenantId: string, statements: Statement[]): Promise<number> {
  const start = performance.now();
  const entered = client.query(`begin; select set_config('whoot.tenant_id', '${tenantId}', true)`);
  let rows = 0;
  for (const statement of statements) rows += (await client.query(statement)).rows.length;
  await entered;
  await client.query("commit");
  if (rows === 0) throw new Error("nothing was found");
  return performance.now() - start;
}

interface Session {
  client: pg.Client;
  /** CPU time of its PostgreSQL process so far, in ms. */
  computed(): number;
}

async function open(url: string): Promise<Session> {
  const client = new pg.Client({ connectionString: url, pipeline: true });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const file = `/proc/${rows[0]?.pid}/schedstat`;
  return { client, computed: () => Number(readFileSync(file, "utf8").split(" ")[0]) / 1_000_000 };
}

async function compare(
  name: string,
  one: Case,
  tenantId: string,
  { held, unheld }: { held: Session; unheld: Session },
): Promise<Figure[]> {
  const statements = await statementsOf(one.ask);
  const plain = writeOut(statements, one.writtenOut, tenantId);
  const durations: Record<"held" | "unheld", number[]> = { held: [], unheld: [] };
  let computed = { held: 0, unheld: 0 };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    if (round === 0) computed = { held: held.computed(), unheld: unheld.computed() };
    for (const turn of round % 2 === 0 ? (["held", "unheld"] as const) : (["unheld", "held"] as const)) {
      const ms = await (turn === "held" ? run(held.client, tenantId, statements) : run(unheld.client, tenantId, plain));
      if (round >= 0) durations[turn].push(ms);
    }
  }
  const [mean, meanPlain] = [(held.computed() - computed.held) / ROUNDS, (unheld.computed() - computed.unheld) / ROUNDS];
  return [
    ...ratioFigures(name, { of: durations.held, to: durations.unheld }, { p50: LIMIT, p95: null }),
    {
      name: `${name}, CPU time of the database`,
      value: Number((mean / meanPlain).toFixed(2)),
      unit: "times",
      better: "lower",
      aim: LIMIT,
      reference: `${mean.toFixed(2)} ms of CPU against ${meanPlain.toFixed(2)} ms`,
    },
  ];
}

/** @param slugs of the tenants to measure, by their names in the figures */
export async function measureRowLevelSecurity(workspace: Workspace, slugs: Record<string, string>): Promise<Figure[]> {
  const url = superuserUrl(workspace);
  const key = Buffer.from(readFileSync(join(workspace.dataFolder, "keys", "master.key"), "utf8").trim(), "hex");
  const { client: owner } = await open(url);
  await owner.query(`create role ${UNHELD.user} login bypassrls password '${UNHELD.password}' in role whoot_app`);
  const unheldUrl = new URL(url);
  unheldUrl.username = UNHELD.user;
  unheldUrl.password = UNHELD.password;
  const [held, unheld] = [await open(servingUrls(url, key).app), await open(unheldUrl.href)];
  const figures: Figure[] = [];
  try {
    for (const [called, slug] of Object.entries(slugs)) {
      const { rows } = await owner.query<Somebody & { tenantId: string }>(
        `select tenant_id as "tenantId", member_id as "memberId", role_id as "roleId", account_id as "accountId", session_id as "sessionId"
         from tenants join members using (tenant_id) join member_sessions using (tenant_id, member_id) where slug = $1 limit 1`,
        [slug],
      );
      const [somebody] = rows;
      if (!somebody) throw new Error(`nobody is in ${slug}`);
      for (const one of casesFor(somebody)) {
        const name = `Row-level security, ${one.name} of the ${called} tenant`;
        figures.push(...(await compare(name, one, somebody.tenantId, { held, unheld })));
      }
    }
    return figures;
  } finally {
    await Promise.all([owner, held.client, unheld.client].map((client) => client.end()));
  }
}

interface Somebody {
  memberId: string;
  roleId: string;
  accountId: string;
  sessionId: string;
}

export function casesFor({ memberId, roleId, accountId, sessionId }: Somebody): Case[] {
  return [
    {
      name: "membership that admits",
      ask: (db) => admit({ db } as TenantTx, [{ accountId, sessionId, ...NOTHING_PROVED }]),
      writtenOut: [[`on "members"."account_id" =`, `on "members"."tenant_id" = $T and "members"."account_id" =`]],
    },
    {
      name: "channel list",
      ask: (db) => channels.listChannelPage(db, { roleId, memberId, after: "", limit: 51 }),
      writtenOut: CHANNEL_LIST,
    },
    {
      name: "member page",
      ask: (db) => members.listMembers(db, { by: "name", collation: "" }, noFilters, firstPage),
      writtenOut: [["from members m where true", "from members m where m.tenant_id = $T"], PAGE],
    },
    {
      name: "member by id",
      ask: (db) => members.listMembers(db, { by: "joined" }, { ...noFilters, memberIds: [memberId] }, firstPage),
      writtenOut: [["from members m where true", "from members m where m.tenant_id = $T"], PAGE],
    },
    {
      name: "search for members",
      ask: async (db) => {
        const search = await members.planSearch(db, [{ spellings: ["ada"], fields: ["name", "email"] }]);
        return members.listMembers(db, { by: "name", collation: "" }, { ...noFilters, search }, firstPage);
      },
      writtenOut: [
        ["from member_words w where", "from member_words w where w.tenant_id = $T and"],
        ["join members m on m.member_id = found", "join members m on m.tenant_id = $T and m.member_id = found"],
        PAGE,
      ],
    },
    {
      name: "audit page",
      ask: (db) => audit.listEntries(db, audit.EVERYTHING, null, 50),
      writtenOut: [[`from "audit_log" order by`, `from "audit_log" where "audit_log"."tenant_id" = $T order by`]],
    },
  ];
}
