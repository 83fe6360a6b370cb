import { expect, test } from "vitest";
import { guideOf, PROVIDERS, valueOf } from "./guides.ts";

const whoot = {
  signInUrl: "https://whoot.example/sso/1",
  entityId: "https://whoot.example/api/v1/sso/1/metadata",
  acsUrl: "https://whoot.example/api/v1/sso/1/acs",
  metadataUrl: "https://whoot.example/api/v1/sso/1/metadata",
  redirectUrl: "https://whoot.example/sso/callback/1",
};

test("each guide names the values without which the provider can't answer", () => {
  for (const [provider, { guides }] of Object.entries(PROVIDERS)) {
    for (const [protocol, guide] of Object.entries(guides)) {
      const values = guide.fields.map(({ of }) => of);
      const needed = protocol === "saml" ? ["acsUrl", "entityId"] : ["redirectUrl"];
      expect(values, `${provider}, ${protocol}`).toEqual(expect.arrayContaining(needed));
      expect(guide.gives.length, `${provider}, ${protocol}`).toBeGreaterThan(0);
    }
  }
});

test("where a guide says to paste the metadata URL, the form begins with its field", () => {
  for (const [provider, { guides }] of Object.entries(PROVIDERS)) {
    const { saml } = guides;
    if (saml?.gives.some((sentence) => sentence.includes("“Metadata URL”")))
      expect([provider, saml.hasMetadataUrl]).toEqual([provider, true]);
  }
});

test("a protocol that a provider's own guide lacks gets the general one", () => {
  expect(guideOf({ provider: "google", protocol: "oidc" })).toBe(PROVIDERS.other.guides.oidc);
});

test("the pattern of the ACS URL matches it alone", () => {
  const pattern = new RegExp(valueOf({ at: "Validator", of: "acsPattern" }, whoot));
  expect(pattern.test(whoot.acsUrl)).toBe(true);
  expect(pattern.test(`${whoot.acsUrl}x`)).toBe(false);
  expect(pattern.test(whoot.acsUrl.replace(".example", "-example"))).toBe(false);
});
