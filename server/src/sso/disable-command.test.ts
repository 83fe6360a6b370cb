/** The operator's command for a workspace that an identity provider locks everybody out of. */
import { expect, test } from "vitest";
import { addMember, freshDomain, makeWorkspace, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { ssoDisable } from "./disable-command.ts";
import { holdDomain } from "./testing/saml-side.ts";

const server = useServer();

async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await ssoDisable.run(server.config, args, (line) => lines.push(line));
  return { code, said: lines.join("\n") };
}

test("sso disable lets members in again, mails the admins, is in the audit log, and says when nothing was required", async () => {
  const olga = await signUpPerson(server, "Olga");
  const workspace = await makeWorkspace(olga);
  const domain = freshDomain();
  await holdDomain(server, workspace, domain);
  const ben = await signUpPerson(server, "Ben", `ben@${domain}`);
  await addMember(server, olga, workspace, ben, workspace.roles.Member);
  expect(await run(workspace.slug)).toEqual({ code: 1, said: `Single sign-on isn't required at ${workspace.slug}.` });
  await server.database.query("update tenants set sso_policy = 'required' where tenant_id = $1", [workspace.tenantId]);
  expect((await ben.get(workspace.path)).code).toBe("sso_required");

  expect((await run(workspace.slug)).code).toBe(0);
  expect((await ben.get(workspace.path)).status).toBe(200);
  await server.mailTo(olga.email, /no longer requires single sign-on/);
  const { items } = (await olga.get(`${workspace.path}/audit-log?limit=100`)).json;
  expect(items.map(({ action }: { action: string }) => action)).toContain("sso.policy_changed");
});

test("sso disable refuses a workspace that there isn't, and names what it needs", async () => {
  await expect(run("nowhere")).rejects.toThrow("There is no workspace at nowhere.");
  await expect(run()).rejects.toThrow("Where?");
  await expect(run("a", "b")).rejects.toThrow("b is one argument too many.");
});
