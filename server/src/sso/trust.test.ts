import { expect, test } from "vitest";
import type { Connection } from "./queries.ts";
import { isSameTrust, upholdsProofs } from "./trust.ts";

const CONNECTION = {
  name: "Corp",
  enabled: true,
  idpEntityId: "https://idp.example",
  signOnUrl: "https://idp.example/sso",
  signOnBinding: "redirect",
  metadataUrl: null,
  certificates: ["one"],
  takesEncrypted: false,
  issuer: "https://op.example",
  clientId: "whoot",
  clientSecretSealed: Buffer.from("secret"),
  subjectAttribute: null,
  mapping: {},
  countsAsMfa: true,
} as unknown as Connection;

test.each<[string, Partial<Connection>]>([
  ["the connection is switched off", { enabled: false }],
  ["it no longer counts as a second factor", { countsAsMfa: false }],
  ["another entity ID", { idpEntityId: "https://idp.example/" }],
  ["another issuer", { issuer: "https://op.example/" }],
  ["another client", { clientId: "other" }],
  ["another client secret", { clientSecretSealed: Buffer.from("other") }],
  ["no client secret", { clientSecretSealed: null }],
  ["another subject", { subjectAttribute: "oid" }],
  ["another certificate instead", { certificates: ["two"] }],
  ["no certificate", { certificates: [] }],
])("proofs end with what vouched for them: %s", (_what, change) => {
  expect(upholdsProofs(CONNECTION, { ...CONNECTION, ...change })).toBe(false);
});

test.each<[string, boolean, Partial<Connection>]>([
  ["another name", true, { name: "Corporation" }],
  ["another role by group", true, { groupRoles: [{ group: "staff", roleId: "role" }] }],
  ["a second certificate", false, { certificates: ["two", "one"] }],
  ["another sign-on URL", false, { signOnUrl: "https://idp.example/moved" }],
  ["a metadata URL", false, { metadataUrl: "https://idp.example/metadata" }],
  ["another name of an attribute", false, { mapping: { address: "mail" } }],
  ["encryption", false, { takesEncrypted: true }],
])("proofs stay when nothing that vouched for them is withdrawn: %s", (_what, isTested, change) => {
  const after = { ...CONNECTION, ...change };
  expect(upholdsProofs(CONNECTION, after)).toBe(true);
  expect(isSameTrust(CONNECTION, after)).toBe(isTested);
});
