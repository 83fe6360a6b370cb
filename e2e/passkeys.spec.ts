/** Passkeys from end to end, by keyboard alone, with Chromium's virtual authenticator: added, used to sign in, as second step, and removed. */
import type { Page } from "@playwright/test";
import { examine } from "./support/axe.ts";
import { runSql } from "./support/database.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { PASSWORD, unique } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

/** A device that keeps passkeys and checks who uses it. */
async function addAuthenticator(page: Page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      // Off, because it would also choose a passkey in the suggestions of the email field.
      automaticPresenceSimulation: false,
    },
  });
  return {
    /** The person touches the device while a passkey is asked for, or never. */
    touches: (enabled: boolean) => devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
  };
}

test("by keyboard alone: a passkey is added, signs in, is the second step after the password, confirms, and is removed", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const { page } = ada;
  const keys = keyboardOf(ada);
  const device = await addAuthenticator(page);
  const section = page.getByRole("region", { name: "Passkeys" });
  const dialog = page.getByRole("dialog", { name: "Confirm that it's you" });
  const letAuthenticationAge = () =>
    runSql(
      whoot,
      `update sessions set authenticated_at = now() - interval '1 hour'
        where account_id = (select account_id from accounts where email = $1)`,
      [ada.email],
    );

  await test.step("added after confirming the password; the first one brings recovery codes", async () => {
    await letAuthenticationAge();
    await device.touches(true);
    await keys.open("/account");
    expect.soft(await examine(page)).toEqual([]);
    await keys.press(section.getByRole("button", { name: "Add a passkey" }));
    await keys.expectFocusInside(dialog);
    await keys.fill(dialog.getByLabel("Your password"), PASSWORD);
    await page.keyboard.press("Enter");
    await expect(section.getByRole("listitem")).toHaveCount(10);
    await keys.press(section.getByRole("button", { name: "I've kept them" }));
    await expect(section.getByRole("status")).toHaveText("Passkey was added.");
    await people.mailTo(ada, /A passkey was added/);
    expect.soft(await examine(page)).toEqual([]);
  });

  await test.step("renamed", async () => {
    await keys.press(section.getByRole("button", { name: "Rename Passkey" }));
    await keys.fill(section.getByRole("textbox", { name: "Name" }), "My laptop");
    await page.keyboard.press("Enter");
    await expect(section.getByRole("listitem").getByText("My laptop")).toBeVisible();
    await shotBothThemesAndPhone(page, "account/04-passkeys");
  });

  await test.step("signs in alone, without an address", async () => {
    await device.touches(false);
    await ada.api("DELETE", "/session");
    await keys.open("/sign-in");
    const button = page.getByRole("button", { name: "Use a passkey" });
    await expect(button).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/05-sign-in-with-passkey");
    await device.touches(true);
    await keys.press(button);
    await expect(page).not.toHaveURL(/sign-in/);
  });

  await test.step("signs in from the suggestions of the email field, where the virtual device chooses it by itself", async () => {
    await ada.api("DELETE", "/session");
    await keys.open("/sign-in");
    await expect(page.getByLabel("Email")).toHaveAttribute("autocomplete", "username webauthn");
    await expect(page).not.toHaveURL(/sign-in/);
  });

  await test.step("is the second step after the password", async () => {
    await device.touches(false);
    await ada.api("DELETE", "/session");
    await keys.open("/sign-in");
    await keys.fill(page.getByLabel("Email"), ada.email);
    await keys.fill(page.getByRole("textbox", { name: "Password" }), PASSWORD);
    await page.keyboard.press("Enter");
    const form = page.getByRole("form", { name: "Two-step verification" });
    const button = form.getByRole("button", { name: "Use a passkey" });
    await keys.expectFocusOn(button);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/06-second-step-with-passkey");
    await device.touches(true);
    await page.keyboard.press("Enter");
    await expect(page).not.toHaveURL(/sign-in/);
  });

  await test.step("confirms its own removal, after which the password signs in", async () => {
    await letAuthenticationAge();
    await keys.open("/account");
    await keys.press(section.getByRole("button", { name: "Remove My laptop…" }));
    await keys.expectFocusOn(section.getByRole("button", { name: "Keep it" }));
    expect.soft(await examine(page)).toEqual([]);
    await device.touches(false);
    await keys.press(section.getByRole("button", { name: "Remove", exact: true }), "Enter", "back");
    await keys.expectFocusInside(dialog);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/07-confirm-with-passkey");
    await device.touches(true);
    await keys.press(dialog.getByRole("button", { name: "Use a passkey" }));
    await expect(section.getByRole("status")).toContainText("My laptop was removed.");
    await people.mailTo(ada, /Your last passkey was removed/);
    await expect(section.getByRole("list")).toHaveCount(0);
  });
});

test("a passkey opens a workspace that requires two-step verification, and stops working when the server's address changes", async ({
  people,
  browsers,
  whoot,
}) => {
  const cid = await people.signedUp("Cid", await browsers.withVoice("cid"));
  const { page } = cid;
  const keys = keyboardOf(cid);
  const device = await addAuthenticator(page);
  await device.touches(true);
  const slug = unique("vault");
  await cid.api("POST", "/tenants", { name: "Vault", slug });
  await runSql(whoot, "update tenants set mfa_policy = 'enforced' where slug = $1", [slug]);
  const section = page.getByRole("region", { name: "Passkeys" });

  await test.step("adding one lets the person in", async () => {
    const closed = page.getByRole("heading", { name: "This workspace requires two-step verification" });
    await keys.open(`/${slug}`);
    await expect(closed).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/08-passkey-required");
    await keys.press(section.getByRole("button", { name: "Add a passkey" }));
    await keys.press(section.getByRole("button", { name: "I've kept them" }));
    await expect(closed).toHaveCount(0);
    await expect(page.getByRole("navigation").first()).toBeVisible();
  });

  await test.step("a dead one is listed, and a recovery code is asked for instead", async () => {
    await runSql(whoot, "update passkeys set rp_id = 'old.example'", []);
    await keys.open("/account");
    await expect(section.getByText("Works only at old.example")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "account/09-dead-passkey");
    await cid.api("DELETE", "/session");
    await keys.open("/sign-in");
    // The virtual device chooses it in the suggestions, once.
    await expect(page.getByRole("alert")).toContainText("That passkey doesn't work here.");
    await keys.fill(page.getByLabel("Email"), cid.email);
    await keys.fill(page.getByRole("textbox", { name: "Password" }), PASSWORD);
    await page.keyboard.press("Enter");
    await keys.expectFocusOn(page.getByLabel("Recovery code"));
    await expect(page.getByText("Your passkeys belong to an earlier address of this server.")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
  });
});

test("at an IP address the page says where passkeys work", async ({ people, browsers, whoot }) => {
  const { page } = await people.visitor("Ben", await browsers.withVoice("ben"), {
    baseURL: whoot.url.replace("localhost", "127.0.0.1"),
  });
  await page.goto("/sign-in");
  const link = page.getByRole("link", { name: /Open this page at localhost/ });
  await expect(link).toHaveAttribute("href", `${whoot.url}/sign-in`);
  await expect(page.getByRole("button", { name: "Use a passkey" })).toHaveCount(0);
});
