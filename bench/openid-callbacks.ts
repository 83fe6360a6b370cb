/**
 * Measures what the callback of a sign-in through OpenID Connect costs: the code is exchanged, the ID token verified, userinfo read, and a
 * session begun. The trial provider runs in this process. Each time, whoot requests its configuration, the token, its keys and userinfo.
 */
import { TEST_AUTHORITY_FILE } from "../server/src/platform/outbound/testing/certificates.ts";
import { startTrialProvider, type TrialProvider } from "../server/src/sso/testing/trial/provider.ts";
import { CLIENT, PEOPLE } from "../server/src/sso/testing/trial/state.ts";
import { onFreePort } from "../server/src/testing/free-port.ts";
import { openBrowser } from "./browser.ts";
import { cpuOf } from "./cpu.ts";
import { type Figure, percentile } from "./figure.ts";
import type { Workspace } from "./workspace.ts";

/** Lets the server under test trust the provider. */
export const OPENID_ENVIRONMENT = { WHOOT_OUTBOUND_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: TEST_AUTHORITY_FILE };

const BATCHES = 8;
const WARM_UP = 2;
const BATCH = 60;
const AT_ONCE = 8;

/** Signs in at the provider. @returns what the browser brings back */
async function comeBack(url: string): Promise<Record<string, string>> {
  const [ada] = PEOPLE;
  const body = new URLSearchParams({ person: ada?.id ?? "" });
  const answer = await fetch(url, { method: "POST", body, redirect: "manual" });
  return Object.fromEntries(new URL(answer.headers.get("location") ?? "").searchParams);
}

async function connect(workspace: Workspace, { issuer }: TrialProvider): Promise<string> {
  const { owner, api, url, slug } = workspace;
  const path = "/sso/connections";
  const begun = { name: "Corp", provider: "other", protocol: "oidc" };
  const { connectionId } = await api<{ connectionId: string }>(owner, "POST", path, begun);
  await api(owner, "PATCH", `${path}/${connectionId}`, { oidc: { issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret } });
  const post = openBrowser(url);
  // Not the owner, because joining renews the session's token.
  const member = await workspace.invite("Ada");
  for (const [step, { cookie }] of [
    ["test", owner],
    ["link", member],
  ] as const) {
    const { url: there } = await post<{ url: string }>(`/tenants/${slug}${path}/${connectionId}/${step}`, {}, cookie);
    await post("/sso/finish", await comeBack(there));
    if (step === "test") await api(owner, "PATCH", `${path}/${connectionId}`, { enabled: true });
  }
  return connectionId;
}

export async function measureOpenIdCallbacks(workspace: Workspace): Promise<Figure[]> {
  const provider = await onFreePort((port) => startTrialProvider(port, ""));
  try {
    const connectionId = await connect(workspace, provider);
    const rates: number[] = [];
    const cpu: number[] = [];
    for (let batch = -WARM_UP; batch < BATCHES; batch += 1) {
      const visits = await Promise.all(
        Array.from({ length: BATCH }, async () => {
          const post = openBrowser(workspace.url);
          const { url } = await post<{ url: string }>(`/sso/${connectionId}/start`, { purpose: "sign_in" });
          return { post, answer: await comeBack(url) };
        }),
      );
      const [start, before] = [performance.now(), cpuOf(workspace.pid)];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let visit = visits.pop(); visit; visit = visits.pop()) await visit.post("/sso/finish", visit.answer);
        }),
      );
      if (batch < 0) continue;
      rates.push(BATCH / ((performance.now() - start) / 1_000));
      cpu.push((cpuOf(workspace.pid) - before) / BATCH);
    }
    const reference = `${AT_ONCE} at once, each with four requests to the provider, which shares the machine`;
    return [
      {
        name: "OpenID Connect callbacks",
        value: Math.round(percentile(rates, 0.5)),
        unit: "a second",
        better: "higher",
        aim: null,
        reference,
      },
      {
        name: "OpenID Connect callback, the server's process",
        value: Number(percentile(cpu, 0.5).toFixed(1)),
        unit: "ms CPU",
        better: "lower",
        aim: null,
        reference: `lowest of ${BATCHES} batches ${percentile(cpu, 0).toFixed(1)} ms`,
      },
    ];
  } finally {
    provider.close();
  }
}
