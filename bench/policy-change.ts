/**
 * Measures how long a workspace's policy takes to act on live audio: from the request that sets it until a listener no longer hears a
 * member whom it keeps out. A real server process with its database, over real sockets on loopback.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { tonePackets } from "../server/src/media/testing/rtp-client.ts";
import { type Figure, latencyFigures } from "./figure.ts";
import { connect, type GatewayClient } from "./gateway.ts";
import type { Member, Workspace } from "./workspace.ts";

const ROUNDS = 30;
/** Rounds that are not counted: the first ones run uncompiled code. */
const WARM_UP = 3;
const LIMIT_MS = 200;
const FRAME_MS = 20;
const FRAME_SAMPLES = 960;
/** After this time no packet of an ended talk is still under way. */
const SILENCE_MS = 150;

interface Policy {
  name: string;
  path: string;
  on: object;
  off: object;
}

const POLICIES: Policy[] = [
  { name: "Single sign-on required", path: "/sso/policy", on: { policy: "required" }, off: { policy: "optional" } },
  { name: "Two-step verification enforced", path: "/security/mfa", on: { policy: "enforced" }, off: { policy: "optional" } },
];

/** Lets the owner set both policies. They keep out a member on the domain who has proved only a password. */
async function allowPolicies({ sql }: Workspace, talker: Member): Promise<void> {
  await sql(
    "update sessions set authenticated_at = now(), totp_at = now() where account_id = (select account_id from accounts order by created_at limit 1)",
    [],
  );
  await sql("update members set email = 'talker@held.example' where name = $1", [talker.name]);
  await sql(
    `insert into domains (tenant_id, domain_id, domain, token, state, verified_at, claimed_by_name)
     select tenant_id, gen_random_uuid(), 'held.example', 'token', 'verified', now(), 'Owner' from tenants where slug = 'bench'`,
    [],
  );
  await sql(
    `insert into sso_connections (tenant_id, connection_id, name, provider, protocol, enabled, tested_at, tested_by)
     select tenant_id, gen_random_uuid(), 'Tested', 'other', 'oidc', true, now(), account_id
     from tenants join members using (tenant_id) where slug = 'bench' and member_id = owner_member_id`,
    [],
  );
}

interface Stage {
  workspace: Workspace;
  talker: Member;
  listener: GatewayClient;
  tone: Uint8Array[];
}

function speak({ rtp }: GatewayClient, tone: Uint8Array[]): NodeJS.Timeout {
  let frame = 0;
  const speaking = setInterval(() => {
    try {
      rtp.send({ payload: tone[frame % tone.length]!, sequence: frame % 65_536, timestamp: frame * FRAME_SAMPLES });
    } catch {
      clearInterval(speaking); // the server has closed the connection
    }
    frame += 1;
  }, FRAME_MS);
  return speaking;
}

/** @returns milliseconds from the request to the last packet that is heard, and at least to the listener's notice */
async function measureOnce(
  { workspace, talker, listener, tone }: Stage,
  { path, on, off }: Policy,
  pressId: number,
): Promise<number> {
  const { owner, channelId } = workspace;
  const client = await connect(workspace, talker);
  let speaking: NodeJS.Timeout | undefined;
  try {
    await client.enter(channelId);
    speaking = speak(client, tone);
    const [granted, heard] = [
      client.next("the grant", ({ type }) => type === "talk.granted"),
      listener.next("the talk", ({ type }) => type === "talker.started"),
    ];
    client.send({ type: "talk.start", channelId, pressId });
    await Promise.all([granted, heard]);
    await sleep(100 + Math.random() * FRAME_MS);
    let lastHeard = 0;
    listener.rtp.onReceived(({ receivedAtMs }) => (lastHeard = receivedAtMs));
    const ended = listener.next("the end of the talk", ({ type }) => type === "talker.stopped");
    const start = performance.now();
    const [endedAt] = await Promise.all([ended, workspace.api(owner, "PUT", path, on)]);
    await sleep(SILENCE_MS);
    return Math.max(lastHeard, endedAt) - start;
  } finally {
    clearInterval(speaking);
    client.close();
    await workspace.api(owner, "PUT", path, off);
  }
}

export async function measurePolicyChange(workspace: Workspace): Promise<Figure[]> {
  const talker = await workspace.invite("Talker");
  await allowPolicies(workspace, talker);
  const listener = await connect(workspace, workspace.owner);
  try {
    await listener.enter(workspace.channelId);
    const stage = { workspace, talker, listener, tone: await tonePackets() };
    const figures: Figure[] = [];
    let pressId = 1;
    for (const policy of POLICIES) {
      const times: number[] = [];
      for (let round = -WARM_UP; round < ROUNDS; round += 1) {
        const ms = await measureOnce(stage, policy, pressId);
        pressId += 1;
        if (round >= 0) times.push(ms);
      }
      figures.push(...latencyFigures(`${policy.name}, to the end of live audio`, times, LIMIT_MS, "a policy acts within 200 ms"));
    }
    return figures;
  } finally {
    listener.close();
  }
}
