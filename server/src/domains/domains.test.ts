/** Claims, checks, the daily job and taking a domain over, with nsd as the domains' name server. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { debianProgram } from "../testing/debian-program.ts";
import { freePort } from "../testing/free-port.ts";
import { temporaryFolder } from "../testing/folders.ts";
import {
  freshDomain,
  letAuthenticationAge,
  makeWorkspace,
  PASSWORD,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { checkDueDomains } from "./checking.ts";
import { type NameServer, openNameServer } from "./testing/nsd.ts";

interface Domain {
  domainId: string;
  domain: string;
  state: string;
  waiting: boolean;
  checking: boolean;
  record: { name: string; relativeName: string; zone: string; value: string };
  check: { at: string; outcome: string; says: string[] } | null;
}

const nsd = debianProgram("nsd", "what name servers answer about a domain");
const folder = temporaryFolder("whoot-nsd-");
const outbound = { allow: { hosts: new Set<string>(), networks: [["127.0.0.0", 8] as const] }, dnsServers: [""], dnsPort: 0 };
let names: NameServer;

beforeAll(async () => {
  outbound.dnsPort = await freePort("127.0.0.1");
  outbound.dnsServers = [`127.0.0.1:${outbound.dnsPort}`];
  if (nsd) names = openNameServer(nsd, folder, "127.0.0.1", outbound.dnsPort);
});
const server = useServer({ outbound });
afterAll(async () => {
  if (nsd) await names.stop();
  rmSync(folder, { recursive: true, force: true });
});

let owner: Person;
let acme: Workspace;
beforeAll(async () => {
  owner = await signUpPerson(server, "Ada");
  acme = await makeWorkspace(owner);
});

// Claiming needs a recent authentication, and these tests may take longer than five minutes.
beforeEach(() => server.database.query("update sessions set authenticated_at = now()"));

const claim = async (who: Person, workspace: Workspace, domain: string): Promise<Domain> => {
  const answer = await who.post(`${workspace.path}/domains`, { domain });
  expect([answer.status, answer.json]).toMatchObject([201, {}]);
  return answer.json as Domain;
};

async function read(who: Person, workspace: Workspace, { domainId }: Domain): Promise<Domain> {
  const { items } = (await who.get(`${workspace.path}/domains`)).json as { items: Domain[] };
  const found = items.find((item) => item.domainId === domainId);
  if (!found) throw new Error("the domain is not listed");
  return found;
}

/** Puts each domain's record into its zone, and nothing else. */
const publish = (...domains: Array<Pick<Domain, "domain" | "record">>) => {
  const zones: Record<string, string> = {};
  for (const { domain, record } of domains) {
    zones[domain] = `${zones[domain] ?? "@ NS ns1\nns1 A 127.0.0.1"}\n_whoot-challenge TXT "${record.value}"`;
  }
  return names.serve(zones);
};
const unpublish = (domain: Domain) => names.serve({ [domain.domain]: "@ NS ns1\nns1 A 127.0.0.1" });

/** Asks for a check and waits for what it found. */
async function check(who: Person, workspace: Workspace, domain: Domain): Promise<Domain> {
  const asked = await who.post(`${workspace.path}/domains/${domain.domainId}/check`);
  expect(asked.status).toBe(202);
  expect(asked.json).toMatchObject({ checking: true });
  let found = await read(who, workspace, domain);
  await until("the end of the check", async () => {
    found = await read(who, workspace, domain);
    return !found.checking;
  });
  return found;
}

/** Moves the domain's history `days` into the past. */
const daysPass = (domain: Domain, days: number) =>
  server.database.query(
    `update domains set checked_at = checked_at - $2 * interval '1 day', last_absent_at = last_absent_at - $2 * interval '1 day',
      failing_since = failing_since - $2 * interval '1 day' where domain_id = $1`,
    [domain.domainId, days],
  );

async function actions(): Promise<string[]> {
  const { items } = (await owner.get(`${acme.path}/audit-log?group=security`)).json as {
    items: Array<{ action: string; actor: { name: string }; target: { name: string } }>;
  };
  return items.map(({ action, target }) => `${action} ${target.name}`).toReversed();
}

test("claiming and releasing need a recent authentication", async () => {
  const ada = await signUpPerson(server, "Ada");
  const acme = await makeWorkspace(ada);
  const { domainId } = (await ada.post(`${acme.path}/domains`, { domain: freshDomain() })).json;
  await letAuthenticationAge(server, ada);
  expect((await ada.post(`${acme.path}/domains`, { domain: freshDomain() })).code).toBe("reauthentication_required");
  expect((await ada.delete(`${acme.path}/domains/${domainId}`)).code).toBe("reauthentication_required");
  await ada.post("/api/v1/session/authentication", { password: PASSWORD });
  expect((await ada.delete(`${acme.path}/domains/${domainId}`)).status).toBe(204);
});

test("a claim has a token of 160 bits, shown with the record's name in full and below the registered domain", async () => {
  const one = await claim(owner, acme, " @Token.Example.com. ");
  expect(one).toMatchObject({
    domain: "token.example.com",
    state: "unverified",
    check: null,
    checking: false,
    record: { name: "_whoot-challenge.token.example.com", relativeName: "_whoot-challenge.token", zone: "example.com" },
    can: { check: true, release: true },
  });
  expect(one.record.value).toMatch(/^token=[a-z2-7]{32} expiry=never$/);
  const duplicate = await owner.post(`${acme.path}/domains`, { domain: "TOKEN.example.com" });
  expect(duplicate.json).toMatchObject({ code: "invalid_input", fields: [{ path: "domain", message: /already/ }] });
  const provider = await owner.post(`${acme.path}/domains`, { domain: "gmail.com" });
  expect(provider.json).toMatchObject({ code: "invalid_input", fields: [{ path: "domain", message: /mail provider/ }] });
  const removed = await owner.delete(`${acme.path}/domains/${one.domainId}`);
  expect(removed.status).toBe(204);
  const anew = await claim(owner, acme, "token.example.com");
  expect(anew.record.value).not.toBe(one.record.value);
  expect((await owner.delete(`${acme.path}/domains/${one.domainId}`)).status).toBe(404);
});

describe.skipIf(nsd === null)("with name servers", () => {
  let domain: Domain;
  beforeEach(async () => {
    domain = await claim(owner, acme, freshDomain());
  });

  test("a claim is verified once its record is there, and the check says what it found until then", async () => {
    await unpublish(domain);
    const missing = await check(owner, acme, domain);
    expect(missing).toMatchObject({ state: "unverified", check: { outcome: "absent" } });
    expect(missing.check?.says.join(" ")).toContain(`has no TXT record at ${domain.record.name}`);
    await publish(domain);
    expect(await check(owner, acme, domain)).toMatchObject({ state: "verified", check: { outcome: "found" } });
    expect((await actions()).filter((action) => action.endsWith(domain.domain))).toEqual([
      `domain.claimed ${domain.domain}`,
      `domain.checked ${domain.domain}`,
      `domain.checked ${domain.domain}`,
      `domain.verified ${domain.domain}`,
    ]);
  });

  test("a record that goes missing fails the domain, then lapses it after seven days; admins are mailed on days 0, 3 and 7", async () => {
    await publish(domain);
    await check(owner, acme, domain);
    await unpublish(domain);
    expect(await check(owner, acme, domain)).toMatchObject({ state: "failing" });
    for (let day = 1; day <= 6; day++) {
      await daysPass(domain, 1);
      expect(await check(owner, acme, domain)).toMatchObject({ state: "failing" });
    }
    await daysPass(domain, 1);
    expect(await check(owner, acme, domain)).toMatchObject({ state: "lapsed" });
    const mails = await Promise.all(
      [/will no longer be verified/, /still missing its record/, /is no longer verified/].map((subject) =>
        server.mailTo(owner.email, subject),
      ),
    );
    expect(mails.every((mail) => mail.text.includes("/settings/security"))).toBe(true);
    await publish(domain);
    expect(await check(owner, acme, domain)).toMatchObject({ state: "verified" });
  });

  test("name servers that don't answer never fail a domain, and the daily job checks what is due", async () => {
    await publish(domain);
    await check(owner, acme, domain);
    await names.stop();
    const services = await openServices(server);
    try {
      for (let day = 1; day <= 9; day++) {
        await daysPass(domain, 1);
        const at = (await read(owner, acme, domain)).check?.at;
        await checkDueDomains(services);
        await until("the daily check", async () => (await read(owner, acme, domain)).check?.at !== at);
      }
      expect((await read(owner, acme, domain)).check?.outcome).toBe("unknown");
    } finally {
      await services.close();
    }
    expect(await read(owner, acme, domain)).toMatchObject({ state: "verified" });
  });

  test("one workspace holds a domain: a later one waits and the holder is told; it takes over when the holder releases it", async () => {
    const rival = await signUpPerson(server, "Ben");
    const other = await makeWorkspace(rival);
    await publish(domain);
    expect(await check(owner, acme, domain)).toMatchObject({ state: "verified" });
    const theirs = await claim(rival, other, domain.domain);
    expect(theirs).toMatchObject({ state: "unverified", waiting: false });
    // Before the record is published, no answer tells who holds the domain.
    expect(await check(rival, other, theirs)).toMatchObject({ state: "unverified", waiting: false });
    await publish(domain, theirs);
    expect(await check(rival, other, theirs)).toMatchObject({ state: "unverified", waiting: true, check: { outcome: "found" } });
    const mail = await server.mailTo(owner.email, /Another workspace claims/);
    expect(mail.text).not.toContain(other.slug);
    await until("the audit entry", async () => (await actions()).includes(`domain.contested ${domain.domain}`));
    expect(await read(owner, acme, domain)).toMatchObject({ state: "verified" });
    await owner.delete(`${acme.path}/domains/${domain.domainId}`);
    await until("the take-over", async () => (await read(rival, other, theirs)).state === "verified");
    await server.mailTo(rival.email, /is verified for/);
  });

  test("of two workspaces that prove a domain at the same time, one holds it", async () => {
    const rival = await signUpPerson(server, "Cy");
    const other = await makeWorkspace(rival);
    const theirs = await claim(rival, other, domain.domain);
    await publish(domain, theirs);
    const both = await Promise.all([check(owner, acme, domain), check(rival, other, theirs)]);
    expect(both.map(({ state }) => state).sort()).toEqual(["unverified", "verified"]);
  });
});
