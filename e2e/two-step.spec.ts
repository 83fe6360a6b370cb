/** Two-step verification from end to end, by keyboard alone: set up, sign out, sign in with a code, sign in with a recovery code, turn off. */
import type { Page } from "@playwright/test";
import sharp from "sharp";
import { decodeQR } from "qr/decode.js";
import { makeApp, timeForCodes } from "../server/src/testing/factors.ts";
import { examine } from "./support/axe.ts";
import { runSql } from "./support/database.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany, PASSWORD, unique } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

/** Reads the page's QR code, as a phone's camera would. */
async function readQrCode(page: Page): Promise<string> {
  const png = await page.getByRole("img", { name: /^QR code/ }).screenshot({ scale: "css" });
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return decodeQR({ width: info.width, height: info.height, data: new Uint8Array(data) });
}

test("by keyboard alone: two-step verification is set up, asked for at sign-in, replaced by a recovery code, and turned off", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const { page } = ada;
  const keys = keyboardOf(ada);
  const section = page.getByRole("region", { name: "Two-step verification" });
  const dialog = page.getByRole("dialog", { name: "Confirm that it's you" });
  let app = makeApp("");
  let codes: string[] = [];

  await test.step("set up after confirming the password: the QR code and the typed key hold the same secret", async () => {
    await runSql(
      whoot,
      `update sessions set authenticated_at = now() - interval '1 hour'
        where account_id = (select account_id from accounts where email = $1)`,
      [ada.email],
    );
    await keys.open("/account");
    await keys.press(section.getByRole("button", { name: "Set up two-step verification" }));
    await keys.expectFocusInside(dialog);
    expect.soft(await examine(page)).toEqual([]);
    await keys.fill(dialog.getByLabel("Your password"), PASSWORD);
    await page.keyboard.press("Enter");
    const key = (await section.getByRole("group", { name: "Key" }).innerText()).replaceAll(" ", "");
    expect(key).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(await readQrCode(page));
    expect([uri.protocol, uri.searchParams.get("secret")]).toEqual(["otpauth:", key]);
    app = makeApp(key);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/01-two-step-setup");
  });

  await test.step("a wrong code says so beside the field; the right one gives ten recovery codes", async () => {
    await timeForCodes();
    const field = section.getByRole("textbox", { name: "Code" });
    await keys.expectFocusOn(field);
    await page.keyboard.type(app.code(5));
    await page.keyboard.press("Enter");
    await expect(section.getByText("That code doesn't fit")).toBeVisible();
    await keys.fill(field, app.code(-1));
    await page.keyboard.press("Enter");
    const list = section.getByRole("listitem");
    await expect(list).toHaveCount(10);
    codes = await list.allInnerTexts();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/02-recovery-codes");
    const downloads = page.waitForEvent("download");
    await keys.press(section.getByRole("button", { name: "Download" }));
    expect((await downloads).suggestedFilename()).toBe("whoot-recovery-codes.txt");
    await keys.press(section.getByRole("button", { name: "I've kept them" }));
    await expect(section.getByRole("status")).toHaveText("Two-step verification is on.");
    await expect(section.getByText("You have 10 recovery codes left.")).toBeVisible();
    await keys.press(section.getByRole("button", { name: "Sign out everywhere else" }));
    await expect(section.getByRole("status")).toHaveText("You're signed out everywhere else.");
    expect.soft(await examine(page)).toEqual([]);
  });

  async function enterPassword() {
    await ada.api("DELETE", "/session");
    await keys.open("/sign-in");
    await keys.fill(page.getByLabel("Email"), ada.email);
    await keys.fill(page.getByRole("textbox", { name: "Password" }), PASSWORD);
    await page.keyboard.press("Enter");
  }

  await test.step("signing in asks for a code", async () => {
    await enterPassword();
    const field = page.getByLabel("Code", { exact: true });
    await keys.expectFocusOn(field);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/03-second-step");
    await page.keyboard.type(app.code());
    await page.keyboard.press("Enter");
    await expect(page).not.toHaveURL(/sign-in/);
  });

  await test.step("a recovery code signs in without the phone, and a mail reports it", async () => {
    await enterPassword();
    await keys.press(page.getByRole("button", { name: "Use a recovery code" }));
    await keys.fill(page.getByLabel("Recovery code"), codes[0]?.toLowerCase() ?? "", "back");
    await page.keyboard.press("Enter");
    await expect(page).not.toHaveURL(/sign-in/);
    await people.mailTo(ada, /recovery code of your account was used/);
    await keys.open("/account");
    await expect(section.getByText("You have 9 recovery codes left.")).toBeVisible();
  });

  await test.step("two-step verification is turned off after a confirmation", async () => {
    await keys.press(section.getByRole("button", { name: "Turn off…" }));
    const keep = section.getByRole("button", { name: "Keep it on" });
    await keys.expectFocusOn(keep);
    expect.soft(await examine(page)).toEqual([]);
    await keys.press(section.getByRole("button", { name: "Turn off", exact: true }), "Enter", "back");
    await expect(section.getByRole("status")).toHaveText("Two-step verification is off.");
    await people.mailTo(ada, /Two-step verification is off/);
  });
});

test("by keyboard alone: with an admin's help, somebody who lost their phone turns two-step verification off by mail and password", async ({
  people,
  browsers,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada Okafor", browser);
  const ben = await people.signedUp("Ben Nowak", browser);
  const company = await makeCompany(people, ada, "Harbour");
  await company.add(ben, "Member");
  await timeForCodes();
  const { secret } = await ben.api<{ secret: string }>("POST", "/me/totp-enrolment");
  await ben.api("PUT", "/me/totp", { code: makeApp(secret).code(-1) });

  await test.step("the admin asks, after having been told to make sure that it is them", async () => {
    const { page } = ada;
    const keys = keyboardOf(ada);
    await keys.open(`/${company.slug}/people`);
    await keys.to(page.getByRole("button", { name: "Actions for Ada Okafor" }));
    await keys.arrow(page.getByRole("button", { name: "Actions for Ben Nowak" }), "ArrowDown");
    await page.keyboard.press("Enter");
    await keys.arrow(page.getByRole("menuitem", { name: "Turn off two-step verification…" }), "ArrowDown");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Turn off two-step verification" });
    await keys.expectFocusInside(dialog);
    await expect(dialog.getByText("Make sure first that it is them")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/20-lost-phone");
    await keys.press(dialog.getByRole("button", { name: "Mail the link" }));
    await expect(page.getByText("Ben Nowak gets a mail with a link.")).toBeVisible();
    await expect(dialog).toBeHidden();
  });

  await test.step("the person opens the link, enters the password and is told to set it up again", async () => {
    const { link } = await people.mailTo(ben, /Turn off your two-step verification/);
    const visitor = await people.visitor("Ben", browser);
    const { page } = visitor;
    const keys = keyboardOf(visitor);
    const { pathname, hash } = new URL(link ?? "");
    await keys.open(`${pathname}${hash}`);
    const field = page.getByRole("textbox", { name: "Your password" });
    await keys.expectFocusOn(field);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/21-two-step-reset");
    await page.keyboard.type("not the password");
    await page.keyboard.press("Enter");
    await expect(page.getByText("That isn't your password.").first()).toBeVisible();
    await keys.fill(field, PASSWORD);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Two-step verification is off" })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await keys.press(page.getByRole("link", { name: "Sign in" }));
    await keys.fill(page.getByLabel("Email"), ben.email);
    await keys.fill(page.getByRole("textbox", { name: "Password" }), PASSWORD);
    await page.keyboard.press("Enter");
    await expect(page).not.toHaveURL(/sign-in/);
  });
});

test("where two-step verification is optional, people without it are reminded on the board until they hide it", async ({
  people,
  browsers,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada Okafor", browser);
  const ben = await people.signedUp("Ben Nowak", browser);
  const company = await makeCompany(people, ada, "Harbour");
  await company.channel("Ops");
  await company.add(ben, "Member");
  await timeForCodes();
  const { secret } = await ada.api<{ secret: string }>("POST", "/me/totp-enrolment");
  await ada.api("PUT", "/me/totp", { code: makeApp(secret).code(-1) });
  const reminderOf = (page: Page) => page.getByRole("complementary", { name: "Two-step verification" });
  const { page } = ben;
  const keys = keyboardOf(ben);

  await test.step("who has it is not reminded", async () => {
    const read = ada.page.waitForResponse(/\/me\/factors$/);
    await ada.page.goto(`/${company.slug}`);
    await read;
    await expect(ada.page.getByRole("heading", { name: "Board" })).toBeAttached();
    await expect(reminderOf(ada.page)).toHaveCount(0);
  });

  await test.step("who has none is, until the policy no longer asks", async () => {
    await keys.open(`/${company.slug}`);
    await expect(reminderOf(page)).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/22-reminder");
    await ada.api("PUT", `/tenants/${company.slug}/security/mfa`, { policy: "disabled" });
    await expect(reminderOf(page)).toHaveCount(0);
    await ada.api("PUT", `/tenants/${company.slug}/security/mfa`, { policy: "optional" });
    await expect(reminderOf(page)).toBeVisible();
  });

  await test.step("it leads to the account, and stays away once it was hidden", async () => {
    await keys.press(reminderOf(page).getByRole("link", { name: "Set up two-step verification" }));
    await expect(page.getByRole("heading", { name: "Two-step verification" })).toBeVisible();
    await keys.open(`/${company.slug}`);
    await keys.press(page.getByRole("button", { name: "Hide this reminder" }));
    await expect(reminderOf(page)).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole("heading", { name: "Board" })).toBeAttached();
    await expect(reminderOf(page)).toHaveCount(0);
  });
});

/** Like a person who looks up the code in another tab and comes back. */
async function comeBack(page: Page): Promise<void> {
  await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));
}

test("by keyboard alone: what is typed on the account page and new recovery codes are not lost, and codes not replaced, without a question", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const { page } = ada;
  const keys = keyboardOf(ada);
  await timeForCodes();
  const { secret } = await ada.api<{ secret: string }>("POST", "/me/totp-enrolment");
  await ada.api("PUT", "/me/totp", { code: makeApp(secret).code(-1) });
  const section = page.getByRole("region", { name: "Two-step verification" });
  const home = page.getByRole("link", { name: "whoot, start page" });

  await test.step("a typed name, address or password", async () => {
    await keys.open("/account");
    const leaving = page.getByRole("dialog", { name: "Leave without saving?" });
    const name = page.getByLabel("Your name");
    await keys.fill(name, "Ada Okafor");
    await keys.press(home, "Enter", "back");
    await keys.press(leaving.getByRole("button", { name: "Keep editing" }));
    await expect(leaving).toBeHidden();
    await keys.press(page.getByRole("button", { name: "Save name" }));
    await expect(page.getByText("Saved in every workspace.")).toBeVisible();
    for (const field of [page.getByLabel("New address"), page.getByRole("textbox", { name: "New password" })]) {
      await keys.fill(field, "ada@harbour.example");
      await keys.press(home, "Enter", "back");
      await keys.press(leaving.getByRole("button", { name: "Keep editing" }));
      await expect(leaving).toBeHidden();
      await keys.press(field, "Control+a");
      await page.keyboard.press("Delete");
    }
  });

  await test.step("the codes are replaced after a question, and the page is left after another", async () => {
    await keys.press(section.getByRole("button", { name: "New recovery codes…" }));
    await keys.expectFocusOn(section.getByRole("button", { name: "Keep the earlier codes" }));
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/23-new-codes", section);
    await keys.press(section.getByRole("button", { name: "Make new codes" }), "Enter", "back");
    await expect(section.getByRole("listitem")).toHaveCount(10);
    await keys.press(home, "Enter", "back");
    const leaving = page.getByRole("dialog", { name: "Leave without your recovery codes?" });
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/24-leave-codes");
    await keys.press(leaving.getByRole("button", { name: "Show the codes" }));
    await keys.press(section.getByRole("button", { name: "I've kept them" }));
    await keys.press(home, "Enter", "back");
    await expect(page).not.toHaveURL(/account/);
  });
});

test("where two-step verification is required, coming back from another tab loses neither the key to scan nor the recovery codes", async ({
  people,
  browsers,
  whoot,
}) => {
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const { page } = ben;
  const slug = unique("vault");
  await ben.api("POST", "/tenants", { name: "Vault", slug });
  await runSql(whoot, "update tenants set mfa_policy = 'enforced' where slug = $1", [slug]);
  const section = page.getByRole("region", { name: "Two-step verification" });
  await page.goto(`/${slug}`);
  await section.getByRole("button", { name: "Set up two-step verification" }).click();
  const key = (await section.getByRole("group", { name: "Key" }).innerText()).replaceAll(" ", "");
  await comeBack(page);
  await timeForCodes();
  await section.getByRole("textbox", { name: "Code" }).fill(makeApp(key).code());
  await section.getByRole("button", { name: "Turn on" }).click();
  await expect(section.getByRole("listitem")).toHaveCount(10);
  await comeBack(page);
  await expect(page.getByRole("button", { name: "Try again" })).toBeHidden();
  await page.getByRole("link", { name: "whoot, start page" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Show the codes" }).click();
  await section.getByRole("button", { name: "I've kept them" }).click();
  await expect(page.getByRole("navigation").first()).toBeVisible();
});
