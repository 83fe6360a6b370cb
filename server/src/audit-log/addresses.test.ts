/** Which IP address the log records: behind a trusted proxy the one that the proxy saw, otherwise the connection's own. */
import { describe, expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { makeWorkspace, signIn, signUpPerson } from "../testing/people.ts";
import { type TestServer, useServer } from "../testing/server.ts";

/** X-Forwarded-For as a proxy writes it: it appends to what the client sent. */
const FORWARDED = { "x-forwarded-for": "198.51.100.66, 203.0.113.9" };

/** The addresses in the log of a session's first request, and of an accepted invitation. */
async function recorded(server: TestServer, headers: Record<string, string> = FORWARDED): Promise<unknown[]> {
  const owner = await signUpPerson(server, "Owner");
  const workspace = await makeWorkspace(owner);
  const guest = await signUpPerson(server, "Guest");
  const body = { email: guest.email, roleId: workspace.roles.Viewer };
  const { invitationId } = (await owner.post(`${workspace.path}/invitations`, body)).json;
  const accepted = await guest.send("POST", `/api/v1/me/invitations/${invitationId}/acceptance`, { headers });
  expect(accepted.status).toBe(200);
  const entered = await (await signIn(server, guest.email)).get(workspace.path, headers);
  expect(entered.status).toBe(200);
  return server.database.query(
    `select action, ip_address from audit_log where tenant_id = $1 and actor_name = 'Guest'
      and action in ('invitation.accepted', 'session.signed_in') order by sequence`,
    [workspace.tenantId],
  );
}

const both = (address: string) => [
  { action: "invitation.accepted", ip_address: address },
  { action: "session.signed_in", ip_address: address },
];

describe("behind a proxy that the operator trusts", () => {
  const server = useServer({ trustProxy: "127.0.0.1" });
  test("the log has the address that the proxy saw, not what the client claimed", async () => {
    expect(await recorded(server)).toEqual(both("203.0.113.9"));
  });
  test.each([
    ["203.0.113.7:51234", "203.0.113.7"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["198.51.100.66, unknown", "127.0.0.1"],
    ["a".repeat(3000), "127.0.0.1"],
    ["203.0.113.7, 127.0.0.1:9999", "203.0.113.7"],
  ])("for the header %s the log has the right address", async (header, address) => {
    expect(await recorded(server, { "x-forwarded-for": header })).toEqual(both(address));
  });
  test("a caller whose proxy adds another port each time is counted as one", async () => {
    const statuses = new Set<number>();
    for (let port = 1; port <= 70 && !statuses.has(429); port++) {
      const headers = { "x-forwarded-for": `203.0.113.8:${port}` };
      const body = { email: `nobody-${port}@example.com` };
      statuses.add((await httpClient(server.url).send("POST", "/api/v1/accounts/verification-mail", { headers, body })).status);
    }
    expect(statuses).toContain(429);
  });
});

describe("without a trusted proxy", () => {
  const server = useServer();
  test("the log has the connection's own address, whatever the header says", async () => {
    expect(await recorded(server)).toEqual(both("127.0.0.1"));
  });
});

describe("behind a proxy that is not trusted", () => {
  const server = useServer({ trustProxy: "192.0.2.1" });
  test("the header is ignored", async () => {
    expect(await recorded(server)).toEqual(both("127.0.0.1"));
  });
});
