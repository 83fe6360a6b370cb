/** A real whoot for a bench, with its own process, database and folder, and a workspace with one recorded channel. */
import { setTimeout as sleep } from "node:timers/promises";
import { runSql } from "../e2e/support/database.ts";
import { startWhoot } from "../e2e/support/server.ts";

export const PASSWORD = "four words make one";

interface Mail {
  to: string;
  link: string | null;
}

export interface Member {
  name: string;
  /** The value of the Cookie header with the session. */
  cookie: string;
}

export interface Workspace {
  url: string;
  slug: string;
  channelId: string;
  /** The gateway's address. */
  gateway: string;
  owner: Member;
  dataFolder: string;
  /** Process number of the server. */
  readonly pid: number;
  /** Calls the API below `/api/v1/tenants/{slug}` and returns the JSON. @throws Error unless it succeeds */
  api<Answer>(who: Member, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Runs as the database's superuser, for crowds that would take minutes to sign up one by one. */
  sql(text: string, values: unknown[]): Promise<void>;
  invite(name: string): Promise<Member>;
  close(): Promise<void>;
}

/** @param environment settings of the server that differ from the usual ones */
export async function makeWorkspace(environment: NodeJS.ProcessEnv = {}): Promise<Workspace> {
  const whoot = await startWhoot(environment);
  const slug = "bench";

  async function call<Answer>(
    method: string,
    path: string,
    body: unknown,
    cookie?: string,
  ): Promise<{ answer: Answer; cookie: string }> {
    const response = await fetch(`${whoot.url}/api/v1${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...(cookie ? { cookie } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    const set = response.headers.getSetCookie().map((line) => line.split(";")[0]);
    return { answer: (text ? JSON.parse(text) : undefined) as Answer, cookie: set.join("; ") };
  }

  async function tokenMailedTo(email: string): Promise<string> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { answer } = await call<{ items: Mail[] }>("GET", "/outbox", undefined);
      const link = answer.items.find((mail) => mail.to === email)?.link;
      if (link) return new URL(link).hash.slice(1);
      await sleep(50);
    }
    throw new Error(`no mail arrived for ${email}`);
  }

  const email = (name: string) => `${name.toLowerCase()}@example.com`;
  try {
    await call("POST", "/accounts", { email: email("Owner"), name: "Owner", password: PASSWORD });
    const verified = await call("POST", "/accounts/verification", {
      token: await tokenMailedTo(email("Owner")),
      password: PASSWORD,
    });
    const owner: Member = { name: "Owner", cookie: verified.cookie };
    await call("POST", "/tenants", { name: "Bench", slug }, owner.cookie);
    const channel = await call<{ channelId: string }>(
      "POST",
      `/tenants/${slug}/channels`,
      { name: "Bench", recording: true },
      owner.cookie,
    );

    return {
      url: whoot.url,
      slug,
      channelId: channel.answer.channelId,
      gateway: `${whoot.url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`,
      owner,
      dataFolder: whoot.dataFolder,
      get pid() {
        return whoot.pid;
      },
      api: async (who, method, path, body) => (await call(method, `/tenants/${slug}${path}`, body, who.cookie)).answer as never,
      sql: (text, values) => runSql(whoot, text, values),
      async invite(name) {
        const roles = await call<{ items: { roleId: string; name: string }[] }>(
          "GET",
          `/tenants/${slug}/roles`,
          undefined,
          owner.cookie,
        );
        const roleId = roles.answer.items.find((role) => role.name === "Member")?.roleId;
        await call("POST", `/tenants/${slug}/invitations`, { email: email(name), roleId }, owner.cookie);
        const token = await tokenMailedTo(email(name));
        const signedUp = await call("POST", "/accounts", {
          email: email(name),
          name,
          password: PASSWORD,
          invitationToken: token,
        });
        await call("POST", "/invitations/acceptance", { token }, signedUp.cookie);
        return { name, cookie: signedUp.cookie };
      },
      close: () => whoot.remove(),
    };
  } catch (error) {
    await whoot.remove();
    throw error;
  }
}
