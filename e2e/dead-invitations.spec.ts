import { runSql } from "./support/database.ts";
import { makeCompany, PASSWORD, type Person, tokenIn } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

test("every invitation that can't be accepted says why, and what to do", async ({ people, browsers, whoot }) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const company = await makeCompany(people, ada);
  const path = `/tenants/${company.slug}/invitations`;
  const roles = await ada.api<{ items: { roleId: string; name: string }[] }>("GET", `/tenants/${company.slug}/roles`);
  const roleId = roles.items.find(({ name }) => name === "Member")!.roleId;
  const visitor = await people.visitor("Guest", browser);
  const { page } = visitor;

  async function invited(person: Person): Promise<{ invitationId: string; token: string }> {
    const { invitationId } = await ada.api<{ invitationId: string }>("POST", path, { email: person.email, roleId });
    return { invitationId, token: tokenIn((await people.mailTo(person, /invite/i)).link) };
  }

  async function expectDead(token: string, title: string, next: string): Promise<void> {
    await page.goto(`/invitation#${token}`);
    await expect(page.getByRole("heading", { name: title })).toBeVisible();
    await expect(page.getByText(next)).toBeVisible();
    await expect(page.getByRole("button", { name: /^Join|^Create account/ })).toHaveCount(0);
  }

  const cid = await people.signedUp("Cid", browser);
  const open = await invited(cid);
  const strange = open.token.startsWith("A") ? `B${open.token.slice(1)}` : `A${open.token.slice(1)}`;
  await expectDead(strange, "This invitation is unknown", "Copy the whole link from the mail, or ask for a new one.");
  await expectDead(
    open.token.slice(0, 5),
    "This link is incomplete",
    "Copy the whole link from the mail, from https to the last character.",
  );

  const ben = await people.signedUp("Ben", browser);
  const used = await invited(ben);
  await ben.api("POST", "/invitations/acceptance", { token: used.token });
  await expectDead(used.token, "This invitation was already used", "If you used it, the workspace is in your list.");

  const dan = await people.visitor("Dan", browser);
  const revoked = await invited(dan);
  await ada.api("DELETE", `${path}/${revoked.invitationId}`);
  await expectDead(revoked.token, "This invitation was withdrawn", "Ask the person who invited you.");

  const eve = await people.visitor("Eve", browser);
  const expired = await invited(eve);
  await runSql(whoot, "update invitations set expires_at = now() - interval '1 minute' where invitation_id = $1", [
    expired.invitationId,
  ]);
  await expectDead(expired.token, "This invitation has expired", "Ask the person who invited you to send a new one.");

  // Cid's invitation is valid, but Sam opens it.
  const sam = await people.signedUp("Sam", browser);
  await sam.page.goto(`/invitation#${open.token}`);
  await expect(sam.page.getByRole("heading", { name: "This invitation is for someone else" })).toBeVisible();
  await expect(sam.page.getByRole("main")).toContainText(
    `It invites ${cid.email} to Acme. You're signed in as Sam, ${sam.email}.`,
  );
  expect(await sam.status("POST", "/invitations/acceptance", { token: open.token })).toBe(403);
  expect(await sam.status("GET", `/tenants/${company.slug}`)).toBe(404);
  await sam.page.getByRole("button", { name: "Sign out and continue" }).click();
  await expect(sam.page.getByRole("heading", { name: "Join Acme" })).toBeVisible();
  await sam.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await sam.page.getByRole("button", { name: "Sign in" }).click();
  await expect(sam.page).toHaveURL(`/${company.slug}`);
  await expect(sam.page.getByRole("button", { name: /Cid/ }).first()).toBeVisible();
});
