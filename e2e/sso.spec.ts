/** Single sign-on from end to end, by keyboard alone, through an identity provider on another site. */
import type { Page } from "@playwright/test";
import { examine } from "./support/axe.ts";
import { runSql } from "./support/database.ts";
import { holdDomain, makeProvider } from "./support/idp.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { CLIENT, startOpenIdProvider } from "./support/openid-provider.ts";
import { makeCompany, makePeople, PASSWORD, unique } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { startWhoot } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

test("by keyboard alone: a provider is connected, tested and required, people come through it, and it confirms who they are", async ({
  people,
  browsers,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada Okafor", browser);
  const company = await makeCompany(people, ada, "Harbour");
  const domain = `${unique("corp")}.example.org`;
  await holdDomain(whoot, company, domain);
  const idp = makeProvider();
  await idp.serve(ada.context);
  const person = (name: string, email = `${name}@${domain}`) => ({
    id: `id-${name}`,
    email,
    firstName: name,
    lastName: "Nowak",
    groups: ["Ops"],
  });
  const security = `/${company.slug}/settings/security`;
  const { page } = ada;
  const keys = keyboardOf(ada);

  await test.step("a connection is begun, with the provider's instructions and this connection's own URLs", async () => {
    await keys.open(security);
    await expect(page.getByRole("heading", { name: "One account for work, whoot included" })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/01-none");
    await keys.press(page.getByRole("link", { name: "Connect an identity provider" }));
    await keys.pick(page.getByRole("combobox", { name: "Identity provider" }), "Keycloak");
    await keys.fill(page.getByLabel("Name"), "Corp");
    expect.soft(await examine(page)).toEqual([]);
    await keys.press(page.getByRole("button", { name: "Create and go on" }));
    await expect(page.getByRole("heading", { name: "Set up Keycloak" })).toBeVisible();
    await expect(page.getByText(/\/api\/v1\/sso\/[^/]+\/acs$/).first()).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/02-there");
    const downloads = page.waitForEvent("download");
    await keys.press(page.getByRole("link", { name: "Download whoot's metadata" }));
    expect((await downloads).suggestedFilename()).toBe(`whoot-${company.slug}-metadata.xml`);
    await keys.press(page.getByRole("link", { name: "Continue" }));
  });

  await test.step("the provider's metadata are read from a file; what is no metadata is refused beside the field", async () => {
    const form = page.getByRole("form", { name: "The provider's details" });
    const choose = form.getByRole("button", { name: "Choose a file…" });
    await keys.chooseFile(choose, { name: "idp.xml", mimeType: "application/xml", buffer: Buffer.from("<html></html>") });
    await keys.press(form.getByRole("button", { name: "Save and continue" }));
    await expect(form.locator("[aria-invalid=true]")).toBeFocused();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/03-here");
    await keys.chooseFile(choose, { name: "idp.xml", mimeType: "application/xml", buffer: Buffer.from(idp.metadata) });
    await keys.press(form.getByRole("button", { name: "Save and continue" }));
    await expect(page.getByRole("heading", { name: "Who gets in" })).toBeVisible();
  });

  await test.step("people of the company join as Members", async () => {
    await keys.choose(page.getByRole("radio", { name: "Also whoever signs in with a company address" }));
    await keys.press(page.getByRole("button", { name: "Save and continue" }));
    const role = page.getByRole("combobox", { name: "Their role" });
    await expect(page.getByText("Choose the role of those who join.")).toBeVisible();
    await keys.pick(role, "Member", undefined, "back");
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/04-people");
    await keys.press(page.getByRole("button", { name: "Save and continue" }));
    await expect(page.getByRole("heading", { name: "Test and switch on" })).toBeVisible();
  });

  await test.step("a test that fails says what was expected and what came; one that succeeds lets it be switched on", async () => {
    idp.is(person("ada"), { spEntityId: "https://elsewhere.example/sp" });
    await keys.press(page.getByRole("button", { name: "Test Corp" }));
    await expect(page.getByText("The assertion is meant for another application.", { exact: false })).toBeVisible();
    await expect(page.getByText("https://elsewhere.example/sp")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/05-test-failed");
    idp.is(person("ada"));
    await keys.press(page.getByRole("button", { name: "Test again" }));
    await expect(page.getByText("The provider and whoot understand each other")).toBeVisible();
    await expect(page.getByRole("row", { name: `email ada@${domain}` })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/06-test-succeeded");
    await keys.press(page.getByRole("button", { name: "Switch on Corp" }));
    await expect(page.getByRole("heading", { name: "Corp is switched on" })).toBeVisible();
  });

  await test.step("where the browser blocks windows, the test goes on in the same one and leads back", async () => {
    await page.evaluate(() => {
      window.open = () => null;
    });
    await keys.press(page.getByRole("button", { name: "Test again" }), "Enter", "back");
    await expect(page.getByRole("heading", { name: "The test succeeded" })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/06-test-in-the-same-window");
    // The page was loaded anew, so nothing has the focus.
    await page.keyboard.press("Tab");
    await keys.press(page.getByRole("link", { name: "Back to the set-up" }));
    await expect(page.getByRole("heading", { name: "Corp is switched on" })).toBeVisible();
  });

  await test.step("metadata at a URL are read again, and the page says when that last succeeded and why it failed", async () => {
    await runSql(
      whoot,
      "update sso_connections set metadata_url = $1, metadata_read_at = now() - interval '3 days' where idp_entity_id is not null",
      ["https://127.0.0.1:9/metadata"],
    );
    await keys.open(new URL(page.url()).pathname);
    await keys.press(page.getByRole("link", { name: "Enter here" }));
    await expect(page.getByText("Read 3 days ago", { exact: false })).toBeVisible();
    await keys.press(page.getByRole("button", { name: "Read again now" }));
    await expect(page.getByText("The provider's metadata need your attention")).toBeVisible();
    await expect(page.getByText("Tried now", { exact: false })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/15-metadata");
    await runSql(whoot, "update sso_connections set metadata_url = null, metadata_problem = null", []);
  });

  await test.step("who may only see the settings reads text, without a form", async () => {
    const vi = await people.signedUp("Vi Lund", browser);
    await company.role("Auditor", ["security.view"]);
    await company.add(vi, "Auditor");
    await vi.page.goto(security);
    const section = vi.page.getByRole("region", { name: "Single sign-on" });
    await expect(section.getByText("Single sign-on is optional.")).toBeVisible();
    await expect(section.getByRole("radio")).toHaveCount(0);
    await section.getByRole("link", { name: "Corp" }).click();
    await expect(vi.page.getByText("Your role, Auditor, doesn't let you change it.", { exact: false })).toBeVisible();
    await expect(vi.page.getByRole("main").getByRole("button")).toHaveCount(0);
    expect.soft(await examine(vi.page)).toEqual([]);
    await shotBothThemesAndPhone(vi.page, "sso/14-only-seen");
  });

  const ben = await people.visitor("Ben", browser);
  await idp.serve(ben.context);
  const bensKeys = keyboardOf(ben);

  await test.step("somebody new is offered the provider once the sign-in page knows the address, and joins through it", async () => {
    idp.is(person("ben"));
    await bensKeys.open("/sign-in");
    await bensKeys.fill(ben.page.getByLabel("Email"), `ben@${domain}`);
    await ben.page.keyboard.press("Tab");
    const offered = ben.page.getByRole("button", { name: "Continue with Corp" });
    await expect(offered).toBeVisible();
    await expect(ben.page.getByRole("textbox", { name: "Password" })).toBeVisible();
    expect.soft(await examine(ben.page)).toEqual([]);
    await shotBothThemesAndPhone(ben.page, "sso/07-sign-in");
    await bensKeys.press(offered, "Enter", "back");
    await expect(ben.page).toHaveURL(`/${company.slug}`);
    await expect(ben.page.getByRole("heading", { name: "Board" }).first()).toBeAttached();
  });

  await test.step("that opens this workspace alone, not the account", async () => {
    await bensKeys.open("/account");
    await expect(ben.page.getByRole("heading", { name: "This needs your own sign-in" })).toBeVisible();
    expect.soft(await examine(ben.page)).toEqual([]);
    await shotBothThemesAndPhone(ben.page, "sso/08-own-sign-in");
  });

  await test.step("a sign-in that has ended is repeated, and leads back to the same page", async () => {
    await runSql(whoot, "update member_sessions set sso_until = now() - interval '1 minute' where sso_until is not null", []);
    await bensKeys.open(`/${company.slug}/people`);
    const again = ben.page.getByRole("button", { name: "Continue with Corp" });
    await expect(again).toBeVisible();
    expect.soft(await examine(ben.page)).toEqual([]);
    await shotBothThemesAndPhone(ben.page, "sso/09-required");
    await bensKeys.press(again);
    // The address is the same while the page asks for the sign-in, so it does not show that the provider has answered.
    await expect(ben.page.getByRole("table", { name: "Members" })).toBeVisible();
    await expect(ben.page).toHaveURL(`/${company.slug}/people`);
  });

  await test.step("who is refused reads why, and the answer of the provider is gone from the address", async () => {
    const eve = await people.visitor("Eve", browser);
    await idp.serve(eve.context);
    idp.is(person("eve", "eve@elsewhere.example"));
    const { items } = await ada.api<{ items: { connectionId: string }[] }>("GET", `/tenants/${company.slug}/sso/mine`);
    await eve.page.goto(`/sso/${items[0]?.connectionId}`);
    await expect(eve.page.getByRole("heading", { name: "The sign-in was refused" })).toBeVisible();
    expect(new URL(eve.page.url()).hash).toBe("");
    expect.soft(await examine(eve.page)).toEqual([]);
    await shotBothThemesAndPhone(eve.page, "sso/10-refused");
  });

  await test.step("the owner joins the own account, and the provider then confirms who it is", async () => {
    idp.is(person("ada"));
    await keys.open(`/${company.slug}/settings`);
    await keys.press(page.getByRole("button", { name: "Join my account to Corp" }));
    await expect(page.getByRole("heading", { name: "Your account is joined" })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/11-joined");
    await runSql(
      whoot,
      `update sessions set authenticated_at = now() - interval '1 hour'
        where account_id = (select account_id from accounts where email = $1)`,
      [ada.email],
    );
    await runSql(
      whoot,
      "update member_sessions set sso_proved_at = now() - interval '1 hour', sso_confirmed_at = null where sso_proved_at is not null",
      [],
    );
    await keys.open(security);
    const form = page.getByRole("form", { name: "Single sign-on policy" });
    await keys.choose(form.getByRole("radio", { name: "Required" }));
    await expect(form.getByText("a test by you", { exact: false })).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/12-policy");
    await keys.press(form.getByRole("button", { name: "Require single sign-on" }));
    const dialog = page.getByRole("dialog", { name: "Confirm that it's you" });
    await keys.expectFocusInside(dialog);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/13-confirm");
    await keys.press(dialog.getByRole("button", { name: "Confirm with Corp" }));
    await expect(form.getByRole("button", { name: "Save policy" })).toBeVisible();
    await expect(form.getByText("Saved for everyone.")).toBeVisible();
    await keys.open(security);
    await expect(form.getByRole("radio", { name: "Required" })).toBeChecked();
  });

  await test.step("an identity is ended; Escape in the confirmation leaves the dialog beneath open", async () => {
    await runSql(
      whoot,
      `with seen as (update member_sessions set sso_confirmed_at = null)
        update sessions set authenticated_at = now() - interval '1 hour'
        where account_id = (select account_id from accounts where email = $1)`,
      [ada.email],
    );
    await keys.press(page.getByRole("link", { name: "Corp" }));
    await keys.press(page.getByRole("link", { name: "Who gets in" }));
    const joined = page.getByRole("region", { name: "People joined to it" });
    await expect(joined.getByText("Identifier id-ben")).toBeVisible();
    expect.soft(await examine(page)).toEqual([]);
    await keys.press(joined.getByRole("button", { name: "Separate ben Nowak" }));
    const ending = page.getByRole("dialog", { name: /^Separate ben Nowak from / });
    await keys.expectFocusInside(ending);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "sso/17-end-identity");
    const confirmation = page.getByRole("dialog", { name: "Confirm that it's you" });
    await keys.press(ending.getByRole("button", { name: "Separate" }));
    await keys.expectFocusInside(confirmation);
    await page.keyboard.press("Escape");
    await expect(confirmation).toBeHidden();
    await keys.expectFocusInside(ending);
    await keys.press(ending.getByRole("button", { name: "Separate" }));
    await keys.fill(confirmation.getByLabel("Your password"), PASSWORD);
    await page.keyboard.press("Enter");
    await expect(ending).toBeHidden();
    await expect(joined.getByText("Identifier id-ben")).toBeHidden();
    await expect(ben.page.getByRole("button", { name: "Continue with Corp" })).toBeVisible();
  });
});

test("a provider that takes requests by form alone is reached through a page that posts by itself", async ({
  people,
  browsers,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada Okafor", browser);
  const company = await makeCompany(people, ada, "Harbour");
  const idp = makeProvider();
  await idp.serve(ada.context);
  idp.is({ id: "id-ada", email: ada.email, firstName: "Ada", lastName: "Okafor", groups: [] });
  const connections = `/tenants/${company.slug}/sso/connections`;
  const { connectionId } = await ada.api<{ connectionId: string }>("POST", connections, {
    name: "Corp",
    provider: "other",
    protocol: "saml",
  });
  await ada.api("PATCH", `${connections}/${connectionId}`, { saml: { metadata: idp.postMetadata } });
  const { page } = ada;
  await page.goto(`/${company.slug}/settings/security/sso/${connectionId}/here`);
  await expect(page.getByText("http://127.0.0.1:18080/sso, by form")).toBeVisible();
  await page.goto(`/${company.slug}/settings/security/sso/${connectionId}/test`);
  await page.getByRole("button", { name: "Test Corp" }).click();
  await expect(page.getByText("The provider and whoot understand each other")).toBeVisible();
  await page.getByRole("button", { name: "Switch on Corp" }).click();
  await page.goto(`/${company.slug}/settings`);
  await page.getByRole("button", { name: "Join my account to Corp" }).click();
  await expect(page.getByRole("heading", { name: "Your account is joined" })).toBeVisible();

  await test.step("where scripts are off, its button posts", async () => {
    const { url } = await ada.api<{ url: string }>("POST", `/sso/${connectionId}/start`, { purpose: "sign_in" });
    const context = await browser.newContext({ javaScriptEnabled: false, baseURL: whoot.url });
    await context.addCookies(await ada.context.cookies());
    await idp.serve(context);
    const bare = await context.newPage();
    await bare.goto(url);
    await expect(bare.getByText("whoot sends you to 127.0.0.1:18080.")).toBeVisible();
    await shotBothThemesAndPhone(bare, "sso/16-by-form");
    await bare.getByRole("button", { name: "Continue" }).click();
    await expect(bare).toHaveTitle("Provider");
    await context.close();
  });
});

test("a provider of OpenID Connect is set up, tested and used", async ({ browsers }) => {
  const domain = `${unique("corp")}.example.org`;
  const provider = await startOpenIdProvider(domain);
  const whoot = await startWhoot(provider.environment);
  const people = makePeople(whoot);
  // The browser doesn't know who signed the provider's certificate.
  const trusting = { ignoreHTTPSErrors: true };
  try {
    const browser = await browsers.withVoice("ada");
    const ada = await people.signedUp("Ada Okafor", browser, trusting);
    const company = await makeCompany(people, ada, "Harbour");
    await holdDomain(whoot, company, domain);
    const { page } = ada;

    async function signInThere(there: Page, name: string) {
      await there.locator("[name=login]").fill(name);
      await there.locator("[name=password]").fill("anything");
      await there.locator("[type=submit]").click();
    }

    await page.goto(`/${company.slug}/settings/security/sso/new`);
    await page.getByRole("combobox", { name: "Identity provider" }).click();
    await page.getByRole("option", { name: "Another provider" }).click();
    await page.getByRole("radio", { name: "OpenID Connect" }).check();
    await page.getByLabel("Name").fill("Corp");
    await page.getByRole("button", { name: "Create and go on" }).click();
    const redirect = page.getByText(/\/sso\/callback\//);
    provider.register((await redirect.textContent()) ?? "");
    await page.getByRole("link", { name: "Continue" }).click();
    await page.getByLabel("Issuer").fill(`${provider.issuer}/`);
    await page.getByLabel("Client ID").fill(CLIENT.id);
    await page.getByRole("textbox", { name: "Client secret" }).fill(CLIENT.secret);
    await page.getByRole("button", { name: "Save and continue" }).click();
    await expect(page.getByText("names another issuer than the connection", { exact: false })).toBeVisible();
    await expect(page.getByLabel("Issuer")).toBeFocused();
    await shotBothThemesAndPhone(page, "sso/20-openid-connect");
    await page.getByLabel("Issuer").fill(provider.issuer);
    await page.getByRole("button", { name: "Save and continue" }).click();
    await page.getByRole("radio", { name: "Also whoever signs in with a company address" }).check();
    await page.getByRole("combobox", { name: "Their role" }).click();
    await page.getByRole("option", { name: "Viewer" }).click();
    await page.getByRole("button", { name: "Save and continue" }).click();

    const opening = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Test Corp" }).click();
    const opened = await opening;
    await signInThere(opened, "tess");
    await expect(page.getByText("The provider and whoot understand each other")).toBeVisible();
    await expect(page.getByRole("row", { name: `email tess@${domain}` })).toBeVisible();
    await expect.poll(() => opened.isClosed(), { message: "the window closes itself" }).toBe(true);
    await page.getByRole("button", { name: "Switch on Corp" }).click();
    await expect(page.getByRole("heading", { name: "Corp is switched on" })).toBeVisible();

    const ben = await people.visitor("Ben", browser, trusting);
    await ben.page.goto("/sign-in");
    await ben.page.getByLabel("Email").fill(`ben@${domain}`);
    await ben.page.keyboard.press("Tab");
    await ben.page.getByRole("button", { name: "Continue with Corp" }).click();
    await signInThere(ben.page, "ben");
    await expect(ben.page).toHaveURL(`/${company.slug}`);
  } finally {
    await people.close();
    await provider.close();
    await whoot.remove();
  }
});

test("two admins set up one connection: neither save undoes the other, and a URL without https is refused beside its field", async ({
  people,
  browsers,
}) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.signedUp("Ben", browser);
  const company = await makeCompany(people, ada, "Harbour");
  await company.add(ben, "Admin");
  const { connectionId } = await ada.api<{ connectionId: string }>("POST", `/tenants/${company.slug}/sso/connections`, {
    provider: "okta",
    protocol: "saml",
    name: "Corp",
  });
  const wizard = `/${company.slug}/settings/security/sso/${connectionId}`;

  await ada.page.goto(`${wizard}/here`);
  await ada.page.getByRole("textbox", { name: "Metadata URL" }).fill("idp.example.com/metadata");
  await ada.page.getByRole("button", { name: "Save and continue" }).click();
  await expect(ada.page.getByText("Enter a URL that starts with https://.")).toBeVisible();
  await ada.page.getByRole("textbox", { name: "Metadata URL" }).fill("");

  const attribute = ({ page }: typeof ada) => page.getByRole("radio", { name: "An attribute" });
  const anyone = ada.page.getByRole("radio", { name: "Also whoever signs in with a company address" });
  for (const { page } of [ada, ben]) {
    await page.goto(`${wizard}/people`);
    await expect(page.getByRole("heading", { name: "Who gets in" })).toBeVisible();
  }
  await anyone.check();
  await attribute(ben).check();
  await ben.page.getByLabel("Name of the attribute").fill("employeeNumber");
  await ben.page.getByRole("button", { name: "Save and continue" }).click();
  await expect(attribute(ada)).toBeChecked();
  await expect(anyone).toBeChecked();
  await ada.page.getByRole("combobox", { name: "Their role" }).click();
  await ada.page.getByRole("option", { name: "Viewer" }).click();
  await ada.page.getByRole("button", { name: "Save and continue" }).click();
  await expect(ada.page.getByRole("heading", { name: "Test and switch on" })).toBeVisible();
  const { connections } = await ada.api<{ connections: unknown[] }>("GET", `/tenants/${company.slug}/sso`);
  expect(connections).toMatchObject([{ joining: "just_in_time", subjectAttribute: "employeeNumber" }]);
});
