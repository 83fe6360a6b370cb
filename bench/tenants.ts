/**
 * Ten tenants against ten thousand, one of them huge. Two real servers with databases of their own run at once and are asked by turns, so
 * that other work of the machine slows both. The compared tenant has the same size in both; the huge tenant's times are listed beside it.
 * Then it measures what row-level security costs, and how much deleting the huge tenant slows the others.
 *
 *   npm run bench:tenants
 *   TENANTS=500 npm run bench:tenants     # a quick run; the huge tenant shrinks with it
 */
import { fileURLToPath } from "node:url";
import { superuserUrl } from "../e2e/support/database.ts";
import { type Figure, latencyFigures, ratioFigures } from "./figure.ts";
import { openPage } from "./gateway.ts";
import { type Answer, type Http, makeHttp } from "./http.ts";
import { measureHugeDeletion } from "./tenants-deletion.ts";
import { emailOf, furnish, type Huge, hugeTokenOf, MEMBERS, slugOf, tokenOf } from "./tenants-furnish.ts";
import { measureRowLevelSecurity } from "./tenants-rls.ts";
import { makeWorkspace, PASSWORD, type Workspace } from "./workspace.ts";

const TENANTS = Number(process.env["TENANTS"] ?? 10_000);
const FEW = 10;
const HUGE: Huge = { members: TENANTS * 10, channels: TENANTS / 2, entries: TENANTS * 100 };
const ROUNDS = 480;
/** Rounds that are not counted: the first ones run uncompiled code and read pages from disk. */
const WARM_UP = 40;
const LIMIT = 1.2;
/** Numbers of an ordinary tenant's members with the role Member. */
const MEMBER_NUMBERS = Array.from({ length: MEMBERS }, (_, index) => index + 1).filter((member) => member > 1 && member % 5 > 0);
/** The number of the ordinary tenant that is measured. */
const ASKED = 5;

/** A tenant of a server, with the cookies of its people. */
interface Side {
  http: Http;
  url: string;
  slug: string;
  owner: string;
  /** The cookie of a member with the role Member. */
  member: string;
  /** The cookies of more members, who take turns because requests are limited per person. */
  members: string[];
  /** The cookie of a person in another tenant. */
  stranger: string;
}

async function expect(answer: Promise<Answer>, status: number): Promise<Answer> {
  const got = await answer;
  if (got.status !== status) throw new Error(`expected ${status}, got ${got.status} ${got.text}`);
  return got;
}

/** The requests of a browser that opens a workspace, in its order (web/src/features/tenants/WorkspaceLayout.tsx). */
async function openWorkspace({ http, url, slug, members }: Side, round: number): Promise<void> {
  const member = members[Math.abs(round) % members.length] ?? "";
  const path = `/tenants/${slug}`;
  const get = (address: string) => expect(http.ask("GET", address, member), 200);
  await get(path);
  const page = openPage({ url, gateway: `${url.replace("http", "ws")}/api/v1${path}/gateway` }, { cookie: member });
  await Promise.all([
    page,
    get(`${path}/channels`),
    get("/me").then(() => get("/me/invitations")),
    expect(http.ask("PUT", `${path}/visit`, member), 204),
  ]);
  (await page).close();
}

interface Case {
  name: string;
  /** Runs in every n-th round; default 1. */
  every?: number;
  /** Runs on the huge tenant too; 10: in every tenth round, because its answer is huge. */
  huge?: 1 | 10;
  ask(side: Side, round: number): Promise<unknown>;
}

/** Sign-ins are limited by mailbox and by IP address, so people take turns and few rounds sign in. */
let signIns = 0;
function nextEmail(): string {
  signIns += 1;
  return emailOf(1 + (signIns % (FEW - 1)), 1 + (Math.floor(signIns / (FEW - 1)) % MEMBERS));
}

const getTenant = (side: Side, who: string, path: string, status = 200) =>
  expect(side.http.ask("GET", `/tenants/${side.slug}${path}`, who), status);

const CASES: Case[] = [
  {
    name: "sign-in with its Argon2id",
    every: 6,
    ask: (side) => expect(side.http.ask("POST", "/session", null, { email: nextEmail(), password: PASSWORD }), 200),
  },
  {
    name: "session and list of one's own workspaces",
    huge: 1,
    ask: ({ http, member }) => expect(http.ask("GET", "/me", member), 200),
  },
  { name: "open workspace, every request of the browser", every: 3, ask: openWorkspace },
  { name: "workspace alone", huge: 1, ask: (side) => getTenant(side, side.member, "") },
  { name: "member page, by name", huge: 1, ask: (side) => getTenant(side, side.owner, "/members?sort=name&limit=50") },
  { name: "member search", huge: 1, ask: (side) => getTenant(side, side.owner, "/members?sort=name&search=ada&limit=50") },
  { name: "channel list", huge: 10, ask: (side) => getTenant(side, side.member, "/channels") },
  { name: "audit log, first page", huge: 1, ask: (side) => getTenant(side, side.owner, "/audit-log") },
  { name: "permission check that refuses (403)", huge: 1, ask: (side) => getTenant(side, side.member, "/audit-log", 403) },
  { name: "stranger who is refused (404)", huge: 1, ask: (side) => getTenant(side, side.stranger, "", 404) },
];

/** The sides: an ordinary tenant on a server with few tenants (twice, to measure the noise) or with many, and the huge tenant. */
type Name = "few" | "fewAgain" | "many" | "huge";

/** Runs every case on every side by turns, in another order each round. @returns milliseconds */
async function askAll(sides: Record<Name, Side>): Promise<Map<Case, Record<Name, number[]>>> {
  const durations = new Map<Case, Record<Name, number[]>>(
    CASES.map((benchCase) => [benchCase, { few: [], fewAgain: [], many: [], huge: [] }]),
  );
  const ORDERS: Name[][] = [
    ["few", "many", "fewAgain", "huge"],
    ["many", "fewAgain", "few", "huge"],
    ["fewAgain", "few", "many", "huge"],
    ["many", "few", "fewAgain", "huge"],
    ["fewAgain", "many", "few", "huge"],
    ["few", "fewAgain", "many", "huge"],
  ];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [index, benchCase] of CASES.entries()) {
      if (round % (benchCase.every ?? 1) !== 0) continue;
      // The index is added so that a case that runs in every third round also gets all orders.
      const turn = Math.floor(Math.abs(round) / (benchCase.every ?? 1)) + index;
      for (const name of ORDERS[turn % ORDERS.length] ?? []) {
        if (name === "huge" && (!benchCase.huge || round % benchCase.huge !== 0)) continue;
        const start = performance.now();
        await benchCase.ask(sides[name], round);
        if (round >= 0) durations.get(benchCase)?.[name].push(performance.now() - start);
      }
    }
  }
  return durations;
}

function scaleFigures(durations: Map<Case, Record<Name, number[]>>): Figure[] {
  const tenants = TENANTS.toLocaleString("en");
  return [...durations].flatMap(([{ name, huge }, { few, fewAgain, many, huge: hugeDurations }]) => [
    ...ratioFigures(`${name}: a tenant of ${tenants} against one of ${FEW}`, { of: many, to: few }, { p50: LIMIT, p95: LIMIT }),
    ...ratioFigures(`${name}: noise, the one of ${FEW} against itself`, { of: fewAgain, to: few }, { p50: null, p95: null }),
    ...(huge ? latencyFigures(`${name}: the huge tenant`, hugeDurations, null, null) : []),
  ]);
}

/** Takes about seven minutes. Needs 5 GB of disk. */
export async function measureTenants(): Promise<Figure[]> {
  const closers: Array<() => unknown> = [];
  const open = async (tenants: number, huge: Huge | null): Promise<[Workspace, Http]> => {
    const workspace = await makeWorkspace();
    closers.push(() => workspace.close());
    const start = performance.now();
    await furnish(superuserUrl(workspace), workspace.slug, tenants - 1, huge);
    console.log(`  ${tenants.toLocaleString("en")} tenants furnished in ${((performance.now() - start) / 1_000).toFixed(0)} s`);
    const http = makeHttp(workspace.url);
    closers.push(() => http.close());
    return [workspace, http];
  };
  try {
    const [few, fewHttp] = await open(FEW, null);
    const [many, manyHttp] = await open(TENANTS, HUGE);
    const cookieName = many.owner.cookie.match(/([\w-]*whoot-session[\w-]*)=/)?.[1] ?? "";
    const cookie = (token: string) => `${cookieName}=${token}`;
    const ordinary = ({ url }: Workspace, http: Http): Side => ({
      http,
      url,
      slug: slugOf(ASKED),
      owner: cookie(tokenOf(ASKED, 1)),
      member: cookie(tokenOf(ASKED, 2)),
      stranger: cookie(tokenOf(ASKED + 1, 2)),
      members: MEMBER_NUMBERS.map((member) => cookie(tokenOf(ASKED, member))),
    });
    const side = ordinary(many, manyHttp);
    const huge: Side = { ...side, slug: many.slug, owner: many.owner.cookie, member: cookie(hugeTokenOf(77)) };
    const durations = await askAll({ few: ordinary(few, fewHttp), fewAgain: ordinary(few, fewHttp), many: side, huge });
    return [
      ...scaleFigures(durations),
      ...(await measureRowLevelSecurity(many, { ordinary: side.slug, huge: huge.slug })),
      ...(await measureHugeDeletion(many, manyHttp, huge.member, (count) => {
        const tenant = 1 + (count % 50);
        const [owner, path] = [cookie(tokenOf(tenant, 1)), `/tenants/${slugOf(tenant)}`];
        const list = ["", "/channels", "/members?sort=name&limit=50", "/audit-log"][count % 4];
        return expect(manyHttp.ask("GET", `${path}${list}`, owner), 200);
      })),
    ];
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measureTenants());
