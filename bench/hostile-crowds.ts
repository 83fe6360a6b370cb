/** Attacks of the hostile bench with many requests, by one person or by strangers. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Attack, figure, keepDoing, type Scene } from "./hostile-scene.ts";
import { send } from "./hostile-strangers.ts";
import { PASSWORD } from "./workspace.ts";
import { furnish } from "./workspaces.ts";

/** Fills the workspace up to its quotas, once; three attacks use the full workspace. */
let filled: Promise<void> | null = null;
function fill({ mallory }: Scene): Promise<void> {
  async function all(): Promise<void> {
    const path = `/tenants/${mallory.slug}`;
    const make = (what: string, body: unknown) => mallory.http.ask("POST", `${path}/${what}`, mallory.cookie, body);
    for (let role = 1; role <= 99; role += 1) await make("roles", { name: `Role ${role}`, permissions: [] });
    const { items } = await mallory.api<{ items: Array<{ roleId: string }> }>("GET", `${path}/roles`);
    const talkers = { roleIds: items.map(({ roleId }) => roleId).slice(0, 99), memberIds: [] };
    for (let from = 0; from < 1_500; from += 10) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, one) =>
          make("channels", { name: `Channel ${from + one}`, transmission: "restricted", talkers }),
        ),
      );
      if (answers.every(({ status }) => status >= 400)) break;
    }
    for (let from = 0; from < 1_500; from += 10) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, one) => make("channels", { name: `Open ${from + one}` })));
      if (answers.every(({ status }) => status >= 400)) break;
    }
  }
  return (filled ??= all());
}

function createChannels(scene: Scene): Attack {
  const { mallory } = scene;
  return {
    letter: "C",
    name: "channels created beyond the quota, each with 99 roles",
    prepare: () => fill(scene),
    async run(until) {
      const path = `/tenants/${mallory.slug}`;
      const { items } = await mallory.api<{ items: Array<{ roleId: string }> }>("GET", `${path}/roles`);
      const talkers = { roleIds: items.map(({ roleId }) => roleId).slice(0, 99), memberIds: [] };
      return keepDoing(10, until, (turn) =>
        mallory.http.ask("POST", `${path}/channels`, mallory.cookie, {
          name: `More ${turn}`,
          transmission: "restricted",
          talkers,
        }),
      );
    },
  };
}

function listChannels(atOnce: number) {
  return (scene: Scene): Attack => ({
    letter: "C",
    name: `lists of 200 channels of a full workspace, ${atOnce} at once`,
    prepare: () => fill(scene),
    async run(until) {
      const { mallory } = scene;
      return keepDoing(atOnce, until, () =>
        mallory.http.ask("GET", `/tenants/${mallory.slug}/channels?limit=200`, mallory.cookie),
      );
    },
  });
}

function overviews({ bench, mallory }: Scene): Attack {
  let furnished: Promise<void> | null = null;
  return {
    letter: "D",
    name: "120 overviews at once of somebody in 60 workspaces",
    prepare: () => (furnished ??= bench.sql(furnish(mallory.email, 1, 60), [])),
    run: (until) => keepDoing(120, until, () => mallory.http.ask("GET", "/me/tenants", mallory.cookie)),
  };
}

function signIns(count: number) {
  return ({ bench }: Scene): Attack => ({
    letter: "E",
    name: `${count.toLocaleString("en")} sign-ins at once`,
    async run() {
      const attempts = Array.from({ length: count }, (_, person) =>
        send(bench.url, "POST", "/session", {
          body: JSON.stringify({ email: `e${person}@example.com`, password: PASSWORD }),
          from: `127.1.${person >> 8}.${person & 255}`,
          alone: true,
        }).then(
          ({ status }) => status,
          () => 0,
        ),
      );
      await sleep(1_000);
      const start = performance.now();
      const { status } = await send(bench.url, "POST", "/session", {
        body: JSON.stringify({ email: "owner@example.com", password: PASSWORD }),
        headers: { cookie: bench.owner.cookie.split("; ").find((cookie) => cookie.includes("device")) ?? "" },
        from: "127.0.3.1",
      });
      const duration = performance.now() - start;
      const answers = await Promise.all(attempts);
      const putOff = answers.filter((answer) => answer === 503 || answer === 429).length;
      const reference = `answered with ${status}; ${putOff} of ${count} were put off`;
      return [figure("somebody else's sign-in, one second later", Math.round(duration), { aim: 2_000, unit: "ms", reference })];
    },
  });
}

function wrongPasswords({ bench }: Scene): Attack {
  const attempt = (password: string, from: string, cookie = "") =>
    send(bench.url, "POST", "/session", {
      body: JSON.stringify({ email: "talker@example.com", password }),
      headers: cookie === "" ? {} : { cookie },
      from,
    });
  let cookie = "";
  return {
    letter: "F",
    name: "wrong passwords for a mailbox from 11 addresses",
    async run(until) {
      if (cookie === "") ({ cookie } = await attempt(PASSWORD, "127.0.0.1"));
      for (let attempts = 0; attempts < 110; attempts += 1) await attempt("not the password", `127.0.1.${1 + (attempts % 11)}`);
      const owner = await attempt(PASSWORD, "127.0.0.1", cookie);
      const strength = await keepDoing(4, until, (turn) => attempt("not the password", `127.0.1.${1 + (turn % 11)}`));
      const refused = owner.status === 200 ? 0 : 1;
      return [
        ...strength,
        figure("refusals of the owner, in a browser that signed in before", refused, {
          aim: 0,
          unit: "times",
          reference: `status ${owner.status}`,
        }),
      ];
    },
  };
}

export const CROWDS: ReadonlyArray<(scene: Scene) => Attack> = [
  createChannels,
  listChannels(4),
  listChannels(400),
  overviews,
  signIns(1_500),
  signIns(8_500),
  wrongPasswords,
];
