/** Single sign-on through identity providers of other projects, each on another site, in a browser. */
import type { Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { GLEWLWYD, GLEWLWYD_CLIENT, startGlewlwyd } from "./support/glewlwyd.ts";
import { holdDomain } from "./support/idp.ts";
import {
  LEMONLDAP,
  LEMONLDAP_CLIENT,
  LEMONLDAP_DOMAIN,
  LEMONLDAP_ENVIRONMENT,
  type LemonLdap,
  startLemonLdap,
} from "./support/lemonldap.ts";
import { makeCompany, makePeople, type Person, unique } from "./support/people.ts";
import { startWhoot } from "./support/server.ts";
import { SIMPLESAMLPHP, startSimpleSamlPhp } from "./support/simplesamlphp.ts";
import { expect, test } from "./support/test.ts";

/** Begins a connection to another provider, in the browser. */
async function beginConnection(page: Page, slug: string, protocol: "SAML 2.0" | "OpenID Connect"): Promise<void> {
  await page.goto(`/${slug}/settings/security/sso/new`);
  await page.getByRole("combobox", { name: "Identity provider" }).click();
  await page.getByRole("option", { name: "Another provider" }).click();
  await page.getByRole("radio", { name: protocol }).check();
  await page.getByLabel("Name").fill("Corp");
  await page.getByRole("button", { name: "Create and go on" }).click();
  await expect(page.getByRole("heading", { name: "Set up the identity provider" })).toBeVisible();
}

/** Lets whoot offer its key for encryption in its metadata. */
async function letEncrypt(page: Page): Promise<void> {
  const encrypts = page.getByRole("checkbox", { name: "The provider may encrypt its responses" });
  await encrypts.click();
  await expect(encrypts).toBeEnabled();
  await expect(encrypts).toBeChecked();
}

/** @returns whoot's metadata, as the admin downloads it */
async function downloadMetadata(page: Page): Promise<string> {
  const downloads = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download whoot's metadata" }).click();
  return readFileSync(await (await downloads).path(), "utf8");
}

/** People with an address on the domain join by themselves, as Members; a group makes Viewers. */
async function letPeopleIn(page: Page, group: string): Promise<void> {
  await page.getByRole("radio", { name: "Also whoever signs in with a company address" }).check();
  await page.getByRole("combobox", { name: "Their role" }).click();
  await page.getByRole("option", { name: "Member" }).click();
  await page.getByRole("button", { name: "Add a group" }).click();
  await page.getByLabel("Group 1", { exact: true }).fill(group);
  await page.getByRole("combobox", { name: "Role of group 1" }).click();
  await page.getByRole("option", { name: "Viewer" }).click();
  await page.getByRole("button", { name: "Save and continue" }).click();
}

async function identifyBy(page: Page, attribute: string): Promise<void> {
  await page.getByRole("radio", { name: /^An(other)? (attribute|claim)$/ }).check();
  await page.getByLabel(/^Name of the (attribute|claim)$/).fill(attribute);
}

/** Tests the connection in a window of its own. @param there what the person does at the provider */
async function testConnection(page: Page, there: (window: Page) => Promise<void>): Promise<void> {
  const opening = page.waitForEvent("popup");
  await page.getByRole("button", { name: /^Test (Corp|again)$/ }).click();
  const opened = await opening;
  await there(opened);
  await expect.poll(() => opened.isClosed(), { message: "the window closes itself" }).toBe(true);
}

/** A person without an account finds the provider by the address, and signs in there. @returns the member that they become */
async function comeIn({ page, api }: Person, email: string, slug: string, there: (page: Page) => Promise<void>) {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Continue with Corp" }).click();
  await there(page);
  await expect(page).toHaveURL(`/${slug}`);
  const { self } = await api<{ self: { name: string; roleName: string } }>("GET", `/tenants/${slug}`);
  return self;
}

async function enterOpenIdProvider(page: Page, issuer: string, client: { id: string; secret: string }): Promise<void> {
  await page.getByLabel("Issuer").fill(issuer);
  await page.getByLabel("Client ID").fill(client.id);
  await page.getByRole("textbox", { name: "Client secret" }).fill(client.secret);
}

async function switchOn(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Switch on Corp" }).click();
  await expect(page.getByRole("heading", { name: "Corp is switched on" })).toBeVisible();
}

test("SimpleSAMLphp imports whoot's metadata and wants signed requests; its signed and encrypted responses bring people in", async ({
  people,
  browsers,
  whoot,
}) => {
  test.skip(SIMPLESAMLPHP === null, "SimpleSAMLphp isn't installed");
  const domain = `${unique("corp")}.example.org`;
  const person = (uid: string, sn: string, groups: string[]) => ({
    uid,
    password: `${uid}-secret`,
    mail: `${uid}@${domain}`,
    givenName: uid,
    sn,
    groups,
  });
  const provider = await startSimpleSamlPhp([person("ada", "Okafor", ["staff"]), person("ben", "Nowak", ["staff", "watchers"])]);
  const signInThere = (uid: string) => async (there: Page) => {
    await there.locator("#username").fill(uid);
    await there.locator("#password").fill(`${uid}-secret`);
    await there.getByRole("button", { name: "Login" }).click();
  };
  try {
    const browser = await browsers.withVoice("ada");
    const ada = await people.signedUp("Ada Okafor", browser);
    const company = await makeCompany(people, ada, "Harbour");
    await holdDomain(whoot, company, domain);
    const { page } = ada;
    const responses: string[] = [];
    ada.context.on("request", (request) => {
      const form = request.url().endsWith("/acs") ? new URLSearchParams(request.postData() ?? "") : null;
      if (form) responses.push(Buffer.from(form.get("SAMLResponse") ?? "", "base64").toString());
    });

    await test.step("each side reads the other's metadata", async () => {
      await beginConnection(page, company.slug, "SAML 2.0");
      await letEncrypt(page);
      provider.register(await downloadMetadata(page));
      await page.getByRole("link", { name: "Continue" }).click();
      await page.getByRole("textbox", { name: "Metadata" }).fill(await provider.metadata());
      await page.getByRole("button", { name: "Save and continue" }).click();
      await letPeopleIn(page, "watchers");
    });

    await test.step("its NameID is transient by default, and the test says that nobody can be known by it again", async () => {
      await testConnection(page, signInThere("ada"));
      await expect(page.getByText("transient", { exact: false })).toBeVisible();
      expect(responses[0]).toContain("EncryptedAssertion");
      expect(responses[0]).not.toContain(domain);
    });

    await test.step("people are identified by an attribute instead, and the test succeeds", async () => {
      await page.getByRole("link", { name: "Who gets in" }).click();
      await identifyBy(page, "urn:oid:0.9.2342.19200300.100.1.1");
      await page.getByRole("button", { name: "Save and continue" }).click();
      // The provider's own session goes on, so the provider asks nothing.
      await testConnection(page, async () => {});
      await expect(page.getByText("The provider and whoot understand each other")).toBeVisible();
      const made = page.getByLabel("How whoot reads it");
      for (const value of ["ada", `ada@${domain}`, "ada Okafor", "staff"]) {
        await expect(made.getByText(value, { exact: true })).toBeVisible();
      }
      await switchOn(page);
    });

    await test.step("a newcomer signs in there, becomes a member, and the group decides the role", async () => {
      const ben = await people.visitor("Ben", browser);
      const member = await comeIn(ben, `ben@${domain}`, company.slug, signInThere("ben"));
      expect(member).toMatchObject({ name: "ben Nowak", roleName: "Viewer" });
    });

    await test.step("asked to confirm who it is, the provider asks for the password again", async () => {
      await page.goto(`/${company.slug}/settings`);
      await page.getByRole("button", { name: "Join my account to Corp" }).click();
      await expect(page.getByRole("heading", { name: "Your account is joined" })).toBeVisible();
      const { items } = await ada.api<{ items: { connectionId: string }[] }>("GET", `/tenants/${company.slug}/sso/mine`);
      const { url } = await ada.api<{ url: string }>("POST", `/sso/${items[0]?.connectionId}/start`, { purpose: "confirm" });
      await page.goto(url);
      await signInThere("ada")(page);
      await expect(page).toHaveURL(`/${company.slug}`);
    });

    await test.step("it refuses a request that was changed after whoot signed it", async () => {
      const { items } = await ada.api<{ items: { connectionId: string }[] }>("GET", `/tenants/${company.slug}/sso/mine`);
      const { url } = await ada.api<{ url: string }>("POST", `/sso/${items[0]?.connectionId}/start`, { purpose: "sign_in" });
      const changed = new URL(url);
      changed.searchParams.set("RelayState", "another");
      expect(provider.log()).not.toContain("Unable to validate signature");
      await fetch(changed);
      await expect.poll(() => provider.log()).toContain("Unable to validate signature");
    });
  } finally {
    await provider.close();
  }
});

test("Glewlwyd, which knows whole names and no groups, is set up, tested and signs a newcomer in", async ({ browsers }) => {
  test.skip(GLEWLWYD === null, "Glewlwyd isn't here");
  const domain = `${unique("corp")}.example.org`;
  const person = (username: string, name: string) => ({
    username,
    password: `${username}-secret`,
    name,
    email: `${username}@${domain}`,
  });
  const provider = await startGlewlwyd([person("ada", "Ada Okafor"), person("ben", "Ben Nowak")]);
  const whoot = await startWhoot(provider.environment);
  const people = makePeople(whoot);
  // The browser doesn't know who signed the provider's certificate.
  const trusting = { ignoreHTTPSErrors: true };
  const signInThere = (username: string) => async (there: Page) => {
    await there.getByPlaceholder("Your username").fill(username);
    await there.getByPlaceholder("Your password").fill(`${username}-secret`);
    await there.getByRole("button", { name: "OK" }).click();
    // Glewlwyd asks each person once which data whoot may get.
    for (const scope of ["email", "profile"]) await there.getByRole("checkbox", { name: scope }).check();
    await there.getByRole("button", { name: "Grant access" }).click();
    await there.getByRole("button", { name: "Continue" }).click();
  };
  try {
    const browser = await browsers.withVoice("ada");
    const ada = await people.signedUp("Ada Okafor", browser, trusting);
    const company = await makeCompany(people, ada, "Harbour");
    await holdDomain(whoot, company, domain);
    const { page } = ada;
    await beginConnection(page, company.slug, "OpenID Connect");
    await provider.register((await page.getByText(/\/sso\/callback\//).textContent()) ?? "");
    await page.getByRole("link", { name: "Continue" }).click();
    await enterOpenIdProvider(page, provider.issuer, GLEWLWYD_CLIENT);
    await page.getByRole("button", { name: "Save and continue" }).click();
    await letPeopleIn(page, "watchers");
    await testConnection(page, signInThere("ada"));
    await expect(page.getByText("The provider and whoot understand each other")).toBeVisible();
    await expect(page.getByText("The provider sends no groups", { exact: false })).toBeVisible();
    await switchOn(page);

    const ben = await people.visitor("Ben", browser, trusting);
    const member = await comeIn(ben, `ben@${domain}`, company.slug, signInThere("ben"));
    expect(member).toMatchObject({ name: "Ben Nowak", roleName: "Member" });
  } finally {
    await people.close();
    await provider.close();
    await whoot.remove();
  }
});

for (const protocol of ["SAML 2.0", "OpenID Connect"] as const) {
  test(`LemonLDAP::NG is set up by ${protocol}, tested and signs a newcomer in`, async ({ browsers }) => {
    test.skip(LEMONLDAP === null, "LemonLDAP::NG isn't installed");
    const whoot = await startWhoot(LEMONLDAP_ENVIRONMENT);
    const people = makePeople(whoot);
    let provider: LemonLdap | null = null;
    // The browser doesn't know who signed the provider's certificate.
    const trusting = { ignoreHTTPSErrors: true };
    const signInThere = (uid: string) => async (there: Page) => {
      await there.locator("[name=user]").fill(uid);
      await there.locator("[name=password]").fill(uid);
      await there.locator("[type=submit]").first().click();
    };
    try {
      const browser = await browsers.withVoice("ada");
      const ada = await people.signedUp("Ada Okafor", browser, trusting);
      const company = await makeCompany(people, ada, "Harbour");
      await holdDomain(whoot, company, LEMONLDAP_DOMAIN);
      const { page } = ada;
      await beginConnection(page, company.slug, protocol);
      if (protocol === "SAML 2.0") {
        await letEncrypt(page);
        provider = await startLemonLdap({ metadata: await downloadMetadata(page) });
        await page.getByRole("link", { name: "Continue" }).click();
        await page.getByRole("radio", { name: "Metadata URL" }).check();
        await page.getByRole("textbox", { name: "Metadata URL" }).fill(provider.metadataUrl);
      } else {
        provider = await startLemonLdap({ redirectUrl: (await page.getByText(/\/sso\/callback\//).textContent()) ?? "" });
        await page.getByRole("link", { name: "Continue" }).click();
        await enterOpenIdProvider(page, provider.issuer, LEMONLDAP_CLIENT);
      }
      await page.getByRole("button", { name: "Save and continue" }).click();
      await letPeopleIn(page, "earthlings");
      await testConnection(page, signInThere("dwho"));
      await expect(page.getByText("The provider and whoot understand each other")).toBeVisible();
      await switchOn(page);

      const rose = await people.visitor("Rose", browser, trusting);
      const member = await comeIn(rose, `rtyler@${LEMONLDAP_DOMAIN}`, company.slug, signInThere("rtyler"));
      expect(member).toMatchObject({ name: "Rose Tyler", roleName: "Viewer" });
    } finally {
      await people.close();
      await provider?.close();
      await whoot.remove();
    }
  });
}
