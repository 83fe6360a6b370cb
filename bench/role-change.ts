/**
 * How long an edited role takes to act, from the request that edits it until (a) an open page of a holder is notified, (b) that page has
 * fetched its new abilities, and (c) a listener no longer hears a holder's talk. A real server process
 * with its database, over real sockets on loopback, with 1, 100 and 1,000 more holders connected, and at last with all of them fetching at once.
 *
 *   node bench/role-change.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ServerMessage } from "#contract/gateway.ts";
import { tonePackets } from "../server/src/media/testing/rtp-client.ts";
import { type Figure, latencyFigures } from "./figure.ts";
import { openPage, connect, type GatewayClient, type Page } from "./gateway.ts";
import { makeWorkspace, type Member, type Workspace } from "./workspace.ts";

const CROWDS = [1, 100, 1_000];
const EDITS = 30;
/** Edits that are not counted: the first ones run uncompiled code. */
const WARM_UP = 5;
const LIMIT_MS = 200;
const REFERENCE = "a role change acts within 200 ms";
const FRAME_MS = 20;
const FRAME_SAMPLES = 960;
/** After this time no packet of an ended talk is still under way. */
const SILENCE_MS = 150;
const CONNECT_AT_ONCE = 50;

const MAY_TALK = ["roles.view", "users.view", "voice.join", "voice.transmit"];
const MAY_LISTEN = ["roles.view", "users.view", "voice.join"];

interface Stage {
  workspace: Workspace;
  roleId: string;
  talker: GatewayClient;
  talkerMember: Member;
  listener: GatewayClient;
  page: GatewayClient;
  pageMember: Member;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const tokenOf = (n: number) => `bench-${n}`;

/** Inserts people with an account, a session and the role. @param to exclusive */
async function makeCrowd({ sql }: Workspace, roleId: string, from: number, to: number): Promise<void> {
  // The form of a UUID of version 4, because the contract checks it.
  const id = (kind: string) => `overlay(overlay(md5('${kind}' || n) placing '4' from 13) placing '8' from 17)::uuid`;
  const numbers = "from generate_series($1::int, $2::int) n";
  const steps: [string, unknown[]][] = [
    [
      `insert into accounts (account_id, email, name, password_hash) select ${id("a")}, 'p' || n || '@example.com', 'P' || n, 'x' ${numbers}`,
      [],
    ],
    [
      `insert into sessions (session_id, account_id, token_hash, expires_at)
       select ${id("s")}, ${id("a")}, sha256(convert_to('bench-' || n, 'UTF8')), now() + interval '1 day' ${numbers}`,
      [],
    ],
    [
      `insert into members (tenant_id, member_id, account_id, role_id, name, email)
       select (select tenant_id from roles where role_id = $3), ${id("m")}, ${id("a")}, $3, 'P' || n, 'p' || n || '@example.com' ${numbers}`,
      [roleId],
    ],
    [
      `insert into directory_memberships (account_id, tenant_id)
       select ${id("a")}, (select tenant_id from roles where role_id = $3) ${numbers}`,
      [roleId],
    ],
  ];
  for (const [text, values] of steps) await sql(text, [from, to - 1, ...values]);
}

/** Makes one edit that takes `voice.transmit` away, and one that gives it back. @returns milliseconds of the first */
async function edit(stage: Stage, version: number): Promise<{ notifiedMs: number; fetchedMs: number; talkEndedMs: number }> {
  const { workspace, roleId, talker, talkerMember, listener, page, pageMember } = stage;
  const isOwnChange = (message: ServerMessage) => message.type === "changed" && message.member !== undefined;
  const save = (permissions: string[], currentVersion: number) =>
    workspace.api<{ version: number }>(workspace.owner, "PATCH", `/roles/${roleId}`, { version: currentVersion, permissions });

  const talkGranted = talker.next("the grant", ({ type }) => type === "talk.granted");
  const talkHeard = listener.next("the talk", ({ type }) => type === "talker.started");
  talker.send({ type: "talk.start", channelId: workspace.channelId, pressId: version });
  await Promise.all([talkGranted, talkHeard]);
  await sleep(100 + Math.random() * FRAME_MS);

  let lastHeard = 0;
  listener.rtp.onReceived(({ receivedAtMs }) => (lastHeard = receivedAtMs));
  const ended = listener.next("the end of the talk", ({ type }) => type === "talker.stopped");
  const notified = page.next("the change", isOwnChange);
  const start = performance.now();
  const saved = save(MAY_LISTEN, version);
  const fetched = notified.then(async () => {
    const { can } = await workspace.api<{ can: { talk: boolean } }>(pageMember, "GET", "");
    if (can.talk) throw new Error("the page got the old abilities");
    return performance.now();
  });
  const [notifiedAt, fetchedAt, endedAt] = await Promise.all([notified, fetched, ended, saved]);
  await sleep(SILENCE_MS);

  const changesBack = [talker, page].map((client) => client.next("the change back", isOwnChange));
  await save(MAY_TALK, version + 1);
  await Promise.all(changesBack);
  await workspace.api(talkerMember, "GET", "");
  return {
    notifiedMs: notifiedAt - start,
    fetchedMs: fetchedAt - start,
    talkEndedMs: Math.max(lastHeard, endedAt) - start,
  };
}

/**
 * Edits the role. Every holder's page fetches as soon as it is notified.
 * @param notified receives the milliseconds until each page was notified
 * @returns the milliseconds until each page had fetched
 */
async function editForAll({ workspace, roleId }: Stage, version: number, crowd: Page[], notified: number[]): Promise<number[]> {
  const start = performance.now();
  const fetched = crowd.map(
    (page) =>
      new Promise<number>((resolve, reject) => {
        page.onSelf = () => {
          page.onSelf = null;
          notified.push(performance.now() - start);
          workspace.api(page.member, "GET", "").then(() => resolve(performance.now() - start), reject);
        };
      }),
  );
  await workspace.api(workspace.owner, "PATCH", `/roles/${roleId}`, { version, name: `Crew ${version}` });
  return Promise.all(fetched);
}

/** Takes about two minutes. */
export async function measureRoleChange(): Promise<Figure[]> {
  const workspace = await makeWorkspace();
  const { owner, channelId } = workspace;
  const figures: Figure[] = [];
  const closers: GatewayClient[] = [];
  const pages: Page[] = [];
  let speaking: NodeJS.Timeout | undefined;
  try {
    const { roleId } = await workspace.api<{ roleId: string }>(owner, "POST", "/roles", { name: "Crew", permissions: MAY_TALK });
    const cookieName = owner.cookie.match(/([\w-]*whoot-session[\w-]*)=/)?.[1] ?? "";
    const member = (n: number): Member => ({ name: `P${n}`, cookie: `${cookieName}=${tokenOf(n)}` });
    await makeCrowd(workspace, roleId, 0, 2);
    const [talkerMember, pageMember] = [member(0), member(1)];
    const listener = await connect(workspace, owner);
    const talker = await connect(workspace, talkerMember);
    const page = await connect(workspace, pageMember);
    closers.push(listener, talker, page);
    await listener.enter(channelId);
    await talker.enter(channelId);
    const tone = await tonePackets();
    let frame = 0;
    speaking = setInterval(() => {
      talker.rtp.send({ payload: tone[frame % tone.length]!, sequence: frame % 65_536, timestamp: frame * FRAME_SAMPLES });
      frame += 1;
    }, FRAME_MS);
    const stage = { workspace, roleId, talker, talkerMember, listener, page, pageMember };

    let version = 1;
    let there = 2;
    for (const crowd of CROWDS) {
      await makeCrowd(workspace, roleId, there, crowd + 2);
      for (; there < crowd + 2; there += CONNECT_AT_ONCE) {
        const batch = range(there, Math.min(there + CONNECT_AT_ONCE, crowd + 2));
        pages.push(...(await Promise.all(batch.map((n) => openPage(workspace, member(n))))));
      }
      there = crowd + 2;
      const notified: number[] = [];
      const fetched: number[] = [];
      const talkEnded: number[] = [];
      for (let count = 0; count < WARM_UP + EDITS; count += 1) {
        const measured = await edit(stage, version);
        version += 2;
        if (count < WARM_UP) continue;
        notified.push(measured.notifiedMs);
        fetched.push(measured.fetchedMs);
        talkEnded.push(measured.talkEndedMs);
      }
      const among = `${crowd.toLocaleString("en")} connected`;
      figures.push(
        ...latencyFigures(`Role change to open page, ${among}`, notified, LIMIT_MS, REFERENCE),
        ...latencyFigures(`Role change to fetched page, ${among}`, fetched, LIMIT_MS, REFERENCE),
        ...latencyFigures(`Role change to end of talk, ${among}`, talkEnded, LIMIT_MS, REFERENCE),
      );
    }
    const notified: number[] = [];
    const everybody: number[] = [];
    for (let count = 0; count < 5; count += 1) everybody.push(...(await editForAll(stage, version++, pages, notified)));
    const among = `all ${pages.length.toLocaleString("en")} fetching`;
    figures.push(
      ...latencyFigures(`Role change to open page, ${among}`, notified, LIMIT_MS, REFERENCE),
      ...latencyFigures(`Role change to fetched page, ${among}`, everybody, LIMIT_MS, REFERENCE),
    );
    return figures;
  } finally {
    clearInterval(speaking);
    for (const client of [...closers, ...pages]) client.close();
    await workspace.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measureRoleChange());
