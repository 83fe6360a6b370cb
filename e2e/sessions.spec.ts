/** Sessions by keyboard alone: a person ends their own, an admin sets limits and ends a member's, who then confirms that it's them. */
import { examine } from "./support/axe.ts";
import { runSql } from "./support/database.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany, PASSWORD, unique } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

test("by keyboard alone: sessions are seen and ended, in the account and in the workspace", async ({
  people,
  browsers,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  const [ada, ben] = [await people.signedUp("Ada", browser), await people.signedUp("Ben", browser)];
  const company = await makeCompany(people, ada, "Harbour");
  await company.add(ben, "Member");
  const keys = keyboardOf(ada);
  const { page } = ada;
  const dialog = page.getByRole("dialog", { name: "Confirm that it's you" });

  async function confirm() {
    await keys.expectFocusInside(dialog);
    await keys.fill(dialog.getByLabel("Your password"), PASSWORD);
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
  }
  const signInAgo = () =>
    runSql(
      whoot,
      `update sessions set authenticated_at = now() - interval '1 hour'
        where account_id = (select account_id from accounts where email = $1)`,
      [ada.email],
    );
  /** Another browser of Ada's. */
  const signInElsewhere = async () => {
    const other = await people.visitor("Ada elsewhere", browser);
    await other.api("POST", "/session", { email: ada.email, password: PASSWORD });
  };

  await test.step("the account shows each session; one is ended, then all others", async () => {
    await signInElsewhere();
    await signInElsewhere();
    await keys.open("/account");
    const section = page.getByRole("region", { name: "Sessions" });
    await expect(section.getByRole("listitem")).toHaveCount(3);
    await expect(section.getByRole("listitem").first()).toContainText("This browser");
    expect.soft(await examine(page)).toEqual([]);
    await keys.to(section.getByRole("button", { name: "Sign out everywhere", exact: true }));
    await shotBothThemesAndPhone(page, "sessions/01-account");
    await keys.press(section.getByRole("button", { name: /^Sign out Chrome/ }).first(), "Enter", "back");
    await expect(section.getByRole("listitem")).toHaveCount(2);
    await signInAgo();
    await keys.press(section.getByRole("button", { name: "Sign out everywhere else" }));
    await confirm();
    await expect(section.getByText("You're signed out everywhere else.")).toBeVisible();
    await expect(section.getByRole("listitem")).toHaveCount(1);
  });

  await test.step("a meter says how easy a new password is to guess, and a common one is refused", async () => {
    await keys.open("/account");
    const section = page.getByRole("region", { name: "Password" });
    await keys.fill(section.getByLabel("Current password"), PASSWORD);
    await keys.fill(section.getByRole("textbox", { name: "New password" }), "passwordpassword");
    await expect(section.getByText("Very easy to guess")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(section.getByText("That is one of the first passwords that anybody would try.")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sessions/05-password");
    await keys.fill(section.getByRole("textbox", { name: "New password" }), `${PASSWORD} longer`);
    await expect(section.getByText("Very strong")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(section.getByText("Password changed.")).toBeVisible();
  });

  await test.step("the address changes with the link in the new mailbox", async () => {
    const section = page.getByRole("region", { name: "Email address" });
    const email = `${unique("ada.new")}@example.com`;
    await keys.fill(section.getByLabel("New address"), email, "back");
    await page.keyboard.press("Enter");
    await expect(section.getByText("Open the link that was mailed to")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sessions/06-address");
    await people.mailTo(ada, /asked to change the address/);
    const { link } = await people.mailTo({ email }, /Confirm your new address/);
    await keys.open(link ?? "");
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sessions/07-link");
    await keys.press(page.getByRole("button", { name: "Use this address" }));
    await expect(page.getByRole("heading", { name: "Your address is changed" })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await keys.open("/account");
    await expect(section.getByText(email)).toBeVisible();
  });

  await test.step("an admin sets the policy on two-step verification, and sees who has it", async () => {
    await keys.open(`/${company.slug}/settings/security`);
    const section = page.getByRole("region", { name: "Two-step verification" });
    await keys.choose(section.getByRole("radio", { name: "Disabled" }));
    await keys.press(section.getByRole("button", { name: "Save policy" }));
    await expect(section.getByText("Saved for everyone.")).toBeVisible();
    await keys.press(section.getByRole("button", { name: "Show who has it" }));
    await expect(section.getByRole("table", { name: "Who has two-step verification" })).toBeVisible();
    await keys.expectFocusOn(section.getByRole("button", { name: "Hide who has it" }));
  });

  await test.step("an admin sets how long sessions last", async () => {
    await keys.open(`/${company.slug}/settings/security`);
    const form = page.getByRole("form", { name: "How long sessions last" });
    await keys.pick(form.getByRole("combobox", { name: "Without use" }), "1 hour");
    await keys.pick(form.getByRole("combobox", { name: "Since signing in" }), "12 hours");
    await keys.press(form.getByRole("button", { name: "Save limits" }));
    await expect(page.getByText("Saved for everyone.")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
  });

  await test.step("an admin ends a member's session, whose page asks them to confirm", async () => {
    const bens = keyboardOf(ben);
    await bens.open(`/${company.slug}`);
    await expect(ben.page.getByRole("heading", { name: "Channels" }).or(ben.page.getByRole("main")).first()).toBeVisible();
    const section = page.getByRole("region", { name: "Sessions" });
    await keys.press(section.getByRole("button", { name: "Show members' sessions" }));
    const end = section.getByRole("button", { name: /^End session: Ben/ });
    await expect(end).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sessions/02-security");
    await keys.press(end);
    const ending = page.getByRole("dialog", { name: "End the session of Ben" });
    await keys.expectFocusInside(ending);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sessions/03-end");
    await keys.press(ending.getByRole("button", { name: "End this session" }));
    await expect(ending).toBeHidden();
    await expect(end).toBeHidden();

    await expect(ben.page.getByRole("heading", { name: "Confirm that it's you" })).toBeVisible();
    await expect(ben.page.getByText("An admin ended your session in this workspace.")).toBeVisible();
    expect.soft(await examine(ben.page)).toEqual([]);
    await shotBothThemesAndPhone(ben.page, "sessions/04-confirm");
    await bens.fill(ben.page.getByLabel("Your password"), PASSWORD);
    await ben.page.keyboard.press("Enter");
    await expect(ben.page.getByRole("heading", { name: "Confirm that it's you" })).toBeHidden();
  });
});
