/** People, each in a browser window of their own. What a test needs but does not test is created over the API. */
import { type Browser, type BrowserContext, type BrowserContextOptions, expect, type Locator, type Page } from "@playwright/test";
import type { ServerMessage } from "#contract/gateway.ts";
import type { Permission } from "#contract/permissions.ts";
import { heardNow, isSilent, recordSound } from "./ears.ts";
import type { Whoot } from "./server.ts";
import type { Speaker } from "./tones.ts";

export const PASSWORD = "four words make one";

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly page: Page;
  readonly context: BrowserContext;
  /** Calls the API and returns the JSON. @throws Error unless the call succeeds */
  api<Answer = unknown>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Answer>;
  status(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<number>;
  /** All messages of the gateway to this page, over all its connections. */
  readonly messages: ServerMessage[];
}

export interface Transmission {
  transmissionId: string;
  speakerName: string;
  durationMs: number;
  status: string;
  waveform: number[];
}

export interface Mail {
  to: string;
  subject: string;
  link: string | null;
}

let count = 0;
/** A name that no other test uses, for addresses and slugs. */
export function unique(name: string): string {
  count += 1;
  return `${name}-${process.pid}-${count}`;
}

export interface People {
  /** A browser window of somebody who isn't signed in yet. */
  visitor(name: string, browser: Browser, options?: BrowserContextOptions): Promise<Person>;
  /** Somebody with an account, signed in. */
  signedUp(name: string, browser: Browser, options?: BrowserContextOptions): Promise<Person>;
  /** Waits for the newest mail to somebody. */
  mailTo(person: Pick<Person, "email">, subject: RegExp): Promise<Mail>;
  close(): Promise<void>;
  readonly all: readonly Person[];
  /** Errors that pages reported. Any of them fails the test. */
  readonly pageErrors: string[];
}

export function makePeople(whoot: Whoot): People {
  const all: Person[] = [];
  const pageErrors: string[] = [];

  async function visitor(name: string, browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      baseURL: whoot.url,
      viewport: { width: 1280, height: 800 },
      reducedMotion: "reduce",
      ...options,
    });
    await recordSound(context);
    const messages: ServerMessage[] = [];
    context.on("page", (opened) => {
      opened.on("pageerror", (error) => pageErrors.push(`${name}: ${error.stack ?? error.message}`));
      opened.on("console", (message) => {
        if (message.type() === "error" && /Content Security Policy|React|whoot:/.test(message.text())) {
          pageErrors.push(`${name}: ${message.text()}`);
        }
      });
      opened.on("websocket", (socket) =>
        socket.on("framereceived", ({ payload }) => void messages.push(JSON.parse(String(payload)) as ServerMessage)),
      );
    });
    const page = await context.newPage();
    const send = (method: string, path: string, body: unknown) =>
      context.request.fetch(`${whoot.url}/api/v1${path}`, { method, ...(body === undefined ? {} : { data: body }) });
    const person: Person = {
      name,
      email: `${unique(name.toLowerCase().replaceAll(" ", "."))}@example.com`,
      page,
      context,
      messages,
      async api<Answer>(method: string, path: string, body?: unknown) {
        const response = await send(method, path, body);
        if (!response.ok()) throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`);
        return (response.status() === 204 || response.status() === 202 ? undefined : await response.json()) as Answer;
      },
      status: async (method, path, body) => (await send(method, path, body)).status(),
    };
    all.push(person);
    return person;
  }

  async function mailTo({ email }: Pick<Person, "email">, subject: RegExp): Promise<Mail> {
    let found: Mail | undefined;
    await expect
      .poll(
        async () => {
          const { items } = (await (await fetch(`${whoot.url}/api/v1/outbox`)).json()) as { items: Mail[] };
          found = items.find((mail) => mail.to === email && subject.test(mail.subject));
          return found !== undefined;
        },
        { message: `a mail to ${email}`, intervals: [30] },
      )
      .toBe(true);
    return found!;
  }

  async function signedUp(name: string, browser: Browser, options?: BrowserContextOptions): Promise<Person> {
    const person = await visitor(name, browser, options);
    await person.context.request.post("/api/v1/accounts", { data: { email: person.email, name, password: PASSWORD } });
    const mail = await mailTo(person, /Confirm/);
    await person.api("POST", "/accounts/verification", { token: tokenIn(mail.link) });
    return person;
  }

  return {
    visitor,
    signedUp,
    mailTo,
    all,
    pageErrors,
    async close() {
      for (const { context } of all) await context.close();
    },
  };
}

export function tokenIn(link: string | null): string {
  return new URL(link ?? "").hash.slice(1);
}

export interface Company {
  readonly slug: string;
  readonly name: string;
  readonly owner: Person;
  /** Creates a channel. @returns its id */
  channel(name: string, options?: { recording?: boolean; transmission?: "open" | "restricted" }): Promise<string>;
  /** Makes a signed-up person a member. */
  add(person: Person, role: string): Promise<void>;
  /** Creates a custom role. @returns its id */
  role(name: string, permissions: Permission[]): Promise<string>;
  /** All transmissions of a channel, newest first. */
  transmissions(channelId: string): Promise<Transmission[]>;
}

export async function makeCompany(people: People, owner: Person, name = "Acme"): Promise<Company> {
  const slug = unique(name.toLowerCase());
  await owner.api("POST", "/tenants", { name, slug });
  const tenant = `/tenants/${slug}`;
  return {
    slug,
    name,
    owner,
    async channel(channelName, options = {}) {
      const created = await owner.api<{ channelId: string }>("POST", `${tenant}/channels`, { name: channelName, ...options });
      return created.channelId;
    },
    async add(person, role) {
      const roles = await owner.api<{ items: { roleId: string; name: string }[] }>("GET", `${tenant}/roles`);
      const roleId = roles.items.find((known) => known.name === role)?.roleId;
      await owner.api("POST", `${tenant}/invitations`, { email: person.email, roleId });
      const mail = await people.mailTo(person, /invite/i);
      await person.api("POST", "/invitations/acceptance", { token: tokenIn(mail.link) });
    },
    async role(roleName, permissions) {
      const created = await owner.api<{ roleId: string }>("POST", `${tenant}/roles`, { name: roleName, permissions });
      return created.roleId;
    },
    async transmissions(channelId) {
      const all: Transmission[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const path: string = `${tenant}/channels/${channelId}/transmissions?limit=200${cursor && `&cursor=${cursor}`}`;
        const page: { items: Transmission[]; nextCursor: string | null } = await owner.api("GET", path);
        all.push(...page.items);
        cursor = page.nextCursor;
      }
      return all;
    },
  };
}

/** The talk key on the tile, or in the talk bar where there is no tile. Its name begins with its state: "Hold to talk on Ops", "You're live on Ops", "Listen only: can't talk on Ops". */
export function talkKey({ page }: Pick<Person, "page">, channel: string): Locator {
  return page.getByRole("button", { name: new RegExp(` on ${channel}$`) }).first();
}

/** Opens the workspace, joins the channel in the page and waits until audio is connected. */
export async function join(person: Person, company: Pick<Company, "slug">, channel: string): Promise<void> {
  const board = `/${company.slug}`;
  if (new URL(person.page.url(), "http://blank").pathname !== board) await person.page.goto(board);
  await person.page.getByRole("button", { name: `Join ${channel}`, exact: true }).click();
  await waitForAudio(person);
}

export async function waitForAudio(person: Person): Promise<void> {
  await expect
    .poll(() => person.page.evaluate(() => window.whootTest.peers.some((peer) => peer.connectionState === "connected")))
    .toBe(true);
}

/** Waits until microphone and audio are ready. A busy machine takes long to open a microphone. */
export async function readyToTalk(person: Person, channel: string): Promise<void> {
  await expect(talkKey(person, channel)).toHaveAttribute("aria-disabled", "false");
}

export async function holdSpace({ page }: Person): Promise<void> {
  await page.keyboard.down("Space");
}

export async function releaseSpace({ page }: Person): Promise<void> {
  await page.keyboard.up("Space");
}

export async function expectLive(person: Person, channel: string): Promise<void> {
  await expect(talkKey(person, channel)).toContainText(`You're live on ${channel}`);
}

/** Waits until these people hear exactly these voices. No pause between polls, because each listens for 0.4 s. */
export async function expectHears(voices: Speaker[], ...people: Person[]): Promise<void> {
  await Promise.all(
    people.map(({ name, page }) =>
      expect.poll(() => heardNow(page), { message: `voices that ${name} hears`, intervals: [0] }).toEqual(voices),
    ),
  );
}

/** Waits for silence and expects it to last. */
export async function expectSilence(...people: Person[]): Promise<void> {
  await Promise.all(
    people.map(async ({ name, page }) => {
      await expect.poll(() => isSilent(page, 0.5), { message: `${name} hears nothing`, intervals: [0] }).toBe(true);
      expect(await isSilent(page, 0.8), `${name} still hears nothing`).toBe(true);
    }),
  );
}
