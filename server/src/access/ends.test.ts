/** When time alone ends an admission: the pure function, and its effect on live connections. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeWorkspace, signUpPerson } from "../testing/people.ts";
import { principalOf } from "../testing/principal.ts";
import { useServer } from "../testing/server.ts";
import { openServices } from "../testing/transmissions.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";
import { endOf } from "./conditions.ts";
import { admitLive } from "./gate.ts";
import type { Proved } from "./principal.ts";

// Without rechecks, only the timer can close the connection.
vi.mock("../voice/limits.ts", async (original) => ({ ...(await original<object>()), RECHECK_MS: 3_600_000 }));

const MINUTE = 60_000;
const AT = Date.parse("2026-11-30T12:00:00Z");
const minutes = (count: number) => new Date(AT + count * MINUTE);

describe("the end of an admission", () => {
  const BY_PASSWORD: Proved = {
    signedInBy: "password",
    authenticatedAt: minutes(0),
    passwordAt: minutes(0),
    totpAt: null,
    recoveryCodeAt: null,
    passkeyAt: null,
    verifiedPasskeyAt: null,
  };
  const BY_SSO: Proved = { ...BY_PASSWORD, signedInBy: "sso", passwordAt: null };
  const proof = (until: number, more: Partial<{ secondFactor: boolean; valid: boolean }> = {}) => ({
    valid: true,
    secondFactor: false,
    provedAt: minutes(5),
    until: minutes(until),
    ...more,
  });
  const end = (session: Proved, more: Partial<Parameters<typeof endOf>[0]> = {}) => {
    const membership = {
      status: "active",
      mfaPolicy: "optional",
      sessionIdleMinutes: 15,
      sessionAbsoluteMinutes: 1_000,
      lastSeenHere: minutes(10),
      endedHere: null,
      asOf: minutes(10),
      isOwner: false,
      ssoDemanded: false,
      sso: null,
      ...more,
    };
    return (endOf(membership, session).getTime() - AT) / MINUTE;
  };

  test("is the session limit, counted from the newest authentication, also one by single sign-on", () => {
    expect(end(BY_PASSWORD)).toBe(1_000);
    expect(end(BY_PASSWORD, { sso: proof(720) })).toBe(1_005);
  });

  test("is the end of the single sign-on proof, when the session has nothing else or the workspace requires one", () => {
    expect(end(BY_SSO, { sso: proof(720) })).toBe(720);
    expect(end(BY_PASSWORD, { sso: proof(720), ssoDemanded: true })).toBe(720);
    expect(end(BY_PASSWORD, { sso: proof(720), ssoDemanded: true, isOwner: true })).toBe(720);
    const withCode = { ...BY_PASSWORD, totpAt: minutes(0) };
    expect(end(withCode, { sso: proof(720), ssoDemanded: true, isOwner: true })).toBe(1_005);
  });

  test("is the end of the single sign-on proof, when it is the second factor that the workspace requires", () => {
    expect(end(BY_PASSWORD, { mfaPolicy: "enforced", sso: proof(720, { secondFactor: true }) })).toBe(720);
    expect(end({ ...BY_PASSWORD, totpAt: minutes(0) }, { mfaPolicy: "enforced", sso: proof(720, { secondFactor: true }) })).toBe(
      1_005,
    );
  });

  test("is the session limit, when that comes before the end of the single sign-on proof", () => {
    expect(end(BY_SSO, { sso: proof(720), sessionAbsoluteMinutes: 60 })).toBe(65);
  });
});

describe("a live connection", () => {
  const server = useServer();
  let services: Awaited<ReturnType<typeof openServices>>;
  beforeAll(async () => {
    services = await openServices(server);
  });
  afterAll(() => services.close());

  test("ends with the first of the workspace's limit, the end of the proof and the session's own end", async () => {
    const olga = await signUpPerson(server, "Olga");
    const { tenantId, path } = await makeWorkspace(olga);
    await olga.get(path);
    const [session] = await server.database.query<{ id: string }>("select session_id as id from sessions where account_id = $1", [
      olga.accountId,
    ]);
    const endsIn = async () => {
      const [member] = await admitLive(services, tenantId, [principalOf(olga, session?.id ?? "")]);
      return Math.ceil((member?.endsInMs ?? 0) / (24 * 60 * MINUTE));
    };
    expect(await endsIn()).toBe(30);
    await server.database.query("update sessions set expires_at = now() + interval '20 days' where session_id = $1", [
      session?.id,
    ]);
    expect(await endsIn()).toBe(20);
    await server.database.query("update tenants set session_absolute_minutes = 10 * 1440 where tenant_id = $1", [tenantId]);
    expect(await endsIn()).toBe(10);
    await server.database.query(
      `with demanded as (update tenants set mfa_policy = 'enforced' where tenant_id = $1)
      update member_sessions set sso_connection_id = gen_random_uuid(), sso_proved_at = now(), sso_until = now() + interval '3 days',
        sso_second_factor = true where tenant_id = $1`,
      [tenantId],
    );
    expect(await endsIn()).toBe(3);
  });

  test("is closed when the proof that it needs ends, without any announced change", async () => {
    const olga = await signUpPerson(server, "Olga");
    const { tenantId, slug, path } = await makeWorkspace(olga);
    await olga.get(path);
    await server.database.query(
      `with demanded as (update tenants set mfa_policy = 'enforced' where tenant_id = $1)
      update member_sessions set sso_connection_id = gen_random_uuid(), sso_proved_at = now(), sso_until = now() + interval '5 seconds',
        sso_second_factor = true where tenant_id = $1`,
      [tenantId],
    );
    const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`;
    const client = connectClient(url, { cookie: olga.cookieHeader() });
    await client.opened();
    await client.closed();
    const [ended] = await server.database.query<{ ended: boolean }>(
      "select sso_until <= now() as ended from member_sessions where tenant_id = $1",
      [tenantId],
    );
    expect(ended).toEqual({ ended: true });
    expect((await olga.get(path)).code).toBe("mfa_required");
  });
});
