/** Inviting many people at once, and every outcome of an invitation. */
import type { Page } from "@playwright/test";
import { join } from "node:path";
import { runSql } from "./support/database.ts";
import { makeCompany, PASSWORD, type Person, tokenIn, unique } from "./support/people.ts";
import { shot } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const address = (name: string) => `${unique(name)}@example.com`;
const pending = (page: Page) => page.getByRole("region", { name: "Invitations" }).getByRole("listitem");

test("pasted addresses and a CSV are previewed line by line, edited and invited, and an invitation is accepted in another browser", async ({
  browsers,
  people,
}, info) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.visitor("Ben", browser);
  const { slug, name } = await makeCompany(people, ada, "Numbers");
  const { page } = ada;
  await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const [cid, dan] = [address("cid"), address("dan")];

  await test.step("pasting by keyboard alone, with names, a duplicate and a mistake", async () => {
    await page.goto(`/${slug}/people`);
    await page.getByRole("button", { name: /^Invite/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "One person" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("textbox", { name: "Email addresses" }).focus();
    await page.keyboard.insertText(`Ben <${ben.email}>; ${cid}\n${ben.email.toUpperCase()}\n${ada.email}\ndan at example.com`);
    await shot(page, "invitations/01-pasted");
    await page.getByRole("button", { name: "Preview" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByText("2 people will be invited. 3 lines will be skipped.")).toBeVisible();
    const row = (text: string) => page.getByRole("dialog").getByRole("row").filter({ hasText: text });
    await expect(row(cid)).toContainText("Will be invited as Member.");
    await expect(row("The same address as in line 1.")).toHaveCount(1);
    await expect(row(ada.email)).toContainText("Already a member of this workspace.");
    await expect(row("dan at example.com")).toContainText("No email address here.");
    await shot(page, "invitations/02-preview");

    await page.getByRole("button", { name: "Edit line 4, dan at example.com" }).focus();
    await page.keyboard.press("Enter");
    const field = page.getByRole("textbox", { name: "Address" });
    await expect(field).toBeFocused();
    await field.fill(dan);
    await shot(page, "invitations/03-edit");
    await page.keyboard.press("Enter");
    await expect(row(dan)).toContainText("Will be invited as Member.");
    await page.getByRole("button", { name: `Leave out line 1, ${cid}` }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByText("2 people will be invited. 2 lines will be skipped.")).toBeVisible();
    await page.getByRole("button", { name: "Invite 2 people" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByText("2 people invited, 2 skipped.")).toBeVisible();
    await page.getByRole("button", { name: "Copy the skipped lines" }).click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe(`${ben.email}\tThe same address as in line 1.\n${ada.email}\tAlready a member of this workspace.`);
    await shot(page, "invitations/04-result");
    await page.getByRole("button", { name: "Done" }).click();
    await expect(pending(page)).toHaveCount(2);
  });

  await test.step("a CSV with roles, as Excel in Europe writes it", async () => {
    const eve = address("eve");
    const file = (text: string, encoding: BufferEncoding = "utf8") => ({
      name: "people.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(text, encoding),
    });
    const choose = async (files: { name: string; mimeType: string; buffer: Buffer }) => {
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Choose a CSV file" }).click();
      await (await chooser).setFiles(files);
    };
    await page.getByRole("button", { name: /^Invite/ }).click();
    await page.getByRole("tab", { name: "CSV file" }).click();
    await choose({ ...file(""), name: "people.xlsx", buffer: Buffer.from("PK\u0003\u0004 a workbook") });
    await expect(page.getByRole("alert")).toContainText("people.xlsx: This is a workbook.");
    await choose(file("name,role\nEve,Viewer\n"));
    await expect(page.getByRole("alert")).toContainText("No column holds email addresses.");
    await shot(page, "invitations/05-csv");
    await choose(file(`Name;Rôle;Role;Email\r\nÈve;;Viewer;${eve}\r\nCid;;Boss;${cid}\r\nDan;;;${dan}\r\n`, "latin1"));
    await expect(page.getByRole("dialog").getByRole("row").filter({ hasText: eve })).toContainText("Will be invited as Viewer.");
    await expect(page.getByRole("dialog").getByRole("row").filter({ hasText: cid })).toContainText("no role called Boss");
    await expect(page.getByRole("dialog").getByRole("row").filter({ hasText: dan })).toContainText(
      "Already has a pending invitation.",
    );
    await page.getByRole("button", { name: "Invite 1 person" }).click();
    await expect(page.getByText("1 person invited, 2 skipped.")).toBeVisible();
    const mail = people.mailTo({ email: dan }, /invites you/);
    const before = (await mail).link;
    await page.getByRole("button", { name: "Send 1 pending invitation again" }).click();
    await expect(page.getByText("Sent 1 invitation again.", { exact: false })).toBeVisible();
    await expect.poll(async () => (await people.mailTo({ email: dan }, /invites you/)).link).not.toBe(before);
    await page.getByRole("button", { name: "Done" }).click();
    await expect(pending(page)).toHaveCount(3);
    await expect(pending(page).filter({ hasText: eve })).toContainText("Viewer");
  });

  await test.step("the template CSV is read as it is", async () => {
    await page.getByRole("button", { name: /^Invite/ }).click();
    await page.getByRole("tab", { name: "CSV file" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download a template" }).click();
    const path = join(info.outputDir, "template.csv");
    await (await download).saveAs(path);
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose a CSV file" }).click();
    await (await chooser).setFiles(path);
    await expect(page.getByRole("row").filter({ hasText: "ben@example.com" })).toContainText("Will be invited as Viewer.");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  });

  await test.step("Ben joins as a new person by his mail, and opening the link again leads to the workspace", async () => {
    const { link } = await people.mailTo(ben, /invites you/);
    const open = () => ben.page.goto(`/invitation#${tokenIn(link)}`);
    await open();
    await expect(ben.page.getByRole("heading", { name: `Join ${name}` })).toBeVisible();
    await ben.page.getByLabel("Your name").fill("Ben");
    await ben.page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await ben.page.getByRole("button", { name: "Create account" }).click();
    await expect(ben.page).toHaveURL(`/${slug}`);
    await expect(pending(page)).toHaveCount(2);
    await ben.page.goto("/outbox");
    await open();
    await expect(ben.page).toHaveURL(`/${slug}`);
  });

  await test.step("invitations are searched, filtered and withdrawn together", async () => {
    await page.getByRole("searchbox", { name: "Search invitations by address" }).fill(dan.slice(0, 6));
    await expect(pending(page)).toHaveCount(1);
    await page.getByRole("searchbox", { name: "Search invitations by address" }).fill("");
    await expect(pending(page)).toHaveCount(2);
    await page.getByRole("radiogroup", { name: "Show" }).getByText("Needs resending").click();
    await expect(page.getByText("No matches. Try fewer letters, or clear a filter.")).toBeVisible();
    await page.getByRole("radiogroup", { name: "Show" }).getByText("All").click();
    await page.getByRole("checkbox", { name: "Select all invitations shown" }).check();
    await shot(page, "invitations/06-chosen");
    await page.getByRole("button", { name: "Withdraw 2 invitations…" }).click();
    const dialog = page.getByRole("dialog", { name: "Withdraw 2 invitations" });
    await dialog.getByRole("button", { name: "Withdraw 2 invitations" }).click();
    await expect(page.getByText("Nobody is invited right now.")).toBeVisible();
  });
});

test("an invitation's link says what to do under the wrong account and when it is replaced, withdrawn, expired or its workspace is deleted", async ({
  browsers,
  people,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.signedUp("Ben", browser);
  const { slug, name } = await makeCompany(people, ada, "States");
  const roles = await ada.api<{ items: { roleId: string; name: string }[] }>("GET", `/tenants/${slug}/roles`);
  const roleId = roles.items.find((role) => role.name === "Member")?.roleId;
  const invite = async (email: string) => {
    const { invitationId } = await ada.api<{ invitationId: string }>("POST", `/tenants/${slug}/invitations`, { email, roleId });
    return { invitationId, link: (await people.mailTo({ email }, /invites you/)).link };
  };
  const open = async ({ page }: Person, link: string | null) => {
    // Another page first, because only the part behind # differs between invitations.
    await page.goto("/outbox");
    await page.goto(`/invitation#${tokenIn(link)}`);
  };
  const heading = ({ page }: Person, text: string) => expect(page.getByRole("heading", { name: text, level: 1 })).toBeVisible();

  await test.step("the wrong account is told whose invitation it is, signs out, and can sign in as the right one", async () => {
    const cid = await people.signedUp("Cid", browser);
    const { link } = await invite(cid.email);
    await open(ben, link);
    await heading(ben, "This invitation is for someone else");
    await expect(ben.page.getByText(cid.email)).toBeVisible();
    await shot(ben.page, "invitations/07-wrong-account");
    await ben.page.getByRole("button", { name: "Sign out and continue" }).click();
    await heading(ben, `Join ${name}`);
    await expect(ben.page.getByRole("tab", { name: "Sign in" })).toHaveAttribute("aria-selected", "true");
    await ben.page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await ben.page.getByRole("button", { name: "Sign in" }).click();
    await expect(ben.page).toHaveURL(`/${slug}`);
    await ben.api("DELETE", "/session");
    await ben.api("POST", "/session", { email: ben.email, password: PASSWORD });
  });

  await test.step("an older mail's link says that it was replaced; the newest one joins", async () => {
    const { invitationId, link } = await invite(ben.email);
    await ada.page.goto(`/${slug}/people?tab=invitations`);
    await ada.page.getByRole("button", { name: `Send again to ${ben.email}` }).click();
    await expect(ada.page.getByText("Sent 1 invitation again.", { exact: false })).toBeVisible();
    await expect.poll(async () => (await people.mailTo(ben, /invites you/)).link).not.toBe(link);
    await open(ben, link);
    await heading(ben, "A newer mail replaced this link");
    await shot(ben.page, "invitations/08-replaced");
    await open(ben, (await people.mailTo(ben, /invites you/)).link);
    await ben.page.getByRole("button", { name: `Join ${name}` }).click();
    await expect(ben.page).toHaveURL(`/${slug}`);
    expect(invitationId).toBeTruthy();
  });

  await test.step("an expired invitation works after it is sent again", async () => {
    const { invitationId, link } = await invite(address("fay"));
    await runSql(whoot, "update invitations set expires_at = now() - interval '1 day' where invitation_id = $1", [invitationId]);
    await open(ben, link);
    await heading(ben, "This invitation has expired");
    await ada.page.reload();
    await expect(pending(ada.page).filter({ hasText: "Expired" })).toHaveCount(1);
    await shot(ada.page, "invitations/09-expired");
    await pending(ada.page)
      .filter({ hasText: "Expired" })
      .getByRole("button", { name: /^Send again/ })
      .click();
    await expect(pending(ada.page).filter({ hasText: "Expired" })).toHaveCount(0);
  });

  await test.step("a withdrawn invitation says so, and one of a deleted workspace too", async () => {
    const eve = await people.visitor("Eve", browser);
    const withdrawn = await invite(eve.email);
    await ada.api("DELETE", `/tenants/${slug}/invitations/${withdrawn.invitationId}`);
    await open(eve, withdrawn.link);
    await heading(eve, "This invitation was withdrawn");
    const last = await invite(eve.email);
    await ada.api("POST", `/tenants/${slug}/deletion`, { slug });
    await open(eve, last.link);
    await heading(eve, "This invitation is unknown");
  });
});
