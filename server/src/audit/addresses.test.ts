/** Which address the log keeps of whoever did something: behind a proxy that is trusted, the one that this proxy saw; else the caller's own. */
import { describe, expect, test } from "vitest";
import { makeWorkspace, signIn, signUpPerson } from "../testing/people.ts";
import { type TestServer, useServer } from "../testing/server.ts";

/** What a proxy adds to whatever its client claimed. */
const FORWARDED = { "x-forwarded-for": "198.51.100.66, 203.0.113.9" };

/** The addresses that the log has of a session's first request, and of an invitation that is accepted. */
async function recorded(server: TestServer): Promise<unknown[]> {
  const owner = await signUpPerson(server, "Owner");
  const workspace = await makeWorkspace(owner);
  const guest = await signUpPerson(server, "Guest");
  const body = { email: guest.email, roleId: workspace.roles.Viewer };
  const { invitationId } = (await owner.post(`${workspace.path}/invitations`, body)).json;
  const accepted = await guest.send("POST", `/api/v1/me/invitations/${invitationId}/acceptance`, { headers: FORWARDED });
  expect(accepted.status).toBe(200);
  const entered = await (await signIn(server, guest.email)).get(workspace.path, FORWARDED);
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
  test("it is the address that the proxy saw, not what its client claimed", async () => {
    expect(await recorded(server)).toEqual(both("203.0.113.9"));
  });
});

describe("without one", () => {
  const server = useServer();
  test("it is the caller's own, whatever the header says", async () => {
    expect(await recorded(server)).toEqual(both("127.0.0.1"));
  });
});

describe("behind a proxy that is not the trusted one", () => {
  const server = useServer({ trustProxy: "192.0.2.1" });
  test("the header is ignored", async () => {
    expect(await recorded(server)).toEqual(both("127.0.0.1"));
  });
});
