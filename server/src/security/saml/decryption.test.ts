import { describe, expect, test } from "vitest";
import type { SamlRefusalReason } from "#contract/saml.ts";
import type { Encryption } from "./testing/encrypt.ts";
import type { Message } from "./testing/idp.ts";
import { makeKey, toPem } from "./testing/keys.ts";
import { makeKeys, makeScene, OWNER, PERSON } from "./testing/scene.ts";

const KEYS = makeKeys();
const scene = makeScene(KEYS);
const DECRYPTS = { decryptionKeys: [toPem(KEYS.service.privateKey)] };
const encrypt = (content: Encryption["content"], more: Partial<Encryption> = {}): Encryption => ({
  certificate: KEYS.service.certificate,
  content,
  ...more,
});
const judge = (changes: Partial<Message>) => scene.judge(scene.write(changes), new Date(), DECRYPTS);

describe("which encryption is accepted", () => {
  type Row = [content: Encryption["content"], transport: NonNullable<Encryption["transport"]>, signs: Message["signs"]];
  const GCM: Row[] = [
    ["aes128-gcm", "rsa-oaep-mgf1p", "assertion"],
    ["aes256-gcm", "rsa-oaep-mgf1p", "assertion"],
    ["aes256-gcm", "rsa-oaep", "assertion"],
    ["aes256-gcm", "rsa-oaep", "response"],
    ["aes256-gcm", "rsa-oaep-mgf1p", "both"],
  ];
  const CBC: Row[] = [
    ["aes128-cbc", "rsa-oaep-mgf1p", "response"],
    ["aes256-cbc", "rsa-oaep-mgf1p", "response"],
    ["aes256-cbc", "rsa-oaep", "both"],
  ];
  for (const key of ["nested", "sibling"] as const) {
    test.each([...GCM, ...CBC])(`%s with %s, signing the %s, key ${key}: accepted`, (content, transport, signs) => {
      const xml = scene.write({ signs, encryption: encrypt(content, { transport, key }) });
      const signIn = scene.verify(xml, new Date(), DECRYPTS);
      expect(signIn).toMatchObject({ isEncrypted: true, signed: signs, nameId: { value: PERSON.email } });
    });
  }

  test.each([
    ["AES-CBC in an unsigned response", "encryption_algorithm", { signs: "assertion", encryption: encrypt("aes256-cbc") }],
    ["RSA 1.5 for the key", "encryption_algorithm", { encryption: encrypt("aes256-gcm", { transport: "rsa-1_5" }) }],
    [
      "RSA 1.5 for the key in a signed response",
      "encryption_algorithm",
      { signs: "both", encryption: encrypt("aes256-gcm", { transport: "rsa-1_5" }) },
    ],
    ["an unsigned assertion in an unsigned response", "unsigned", { signs: "nothing", encryption: encrypt("aes256-gcm") }],
    ["an assertion signed by another key", "signature", { key: KEYS.rogue, encryption: encrypt("aes256-gcm") }],
  ] as Array<[string, SamlRefusalReason, Partial<Message>]>)("%s: %s", (_name, reason, changes) => {
    expect(judge(changes)).toBe(reason);
  });
});

describe("what can't be decrypted gives one error", () => {
  const flip = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    const index = at < 0 ? copy.length + at : at;
    copy[index] = (copy[index] ?? 0) ^ 1;
    return copy;
  };
  test.each([
    ["another key", encrypt("aes256-gcm", { certificate: KEYS.rogue.certificate })],
    ["a damaged tag", encrypt("aes256-gcm", { damage: (bytes) => flip(bytes, -1) })],
    ["damaged content", encrypt("aes256-gcm", { damage: (bytes) => flip(bytes, 40) })],
    ["a damaged nonce", encrypt("aes256-gcm", { damage: (bytes) => flip(bytes, 0) })],
    ["28 bytes, a nonce and a tag", encrypt("aes256-gcm", { damage: (bytes) => bytes.subarray(0, 28) })],
    ["a short tag", encrypt("aes256-gcm", { damage: (bytes) => bytes.subarray(0, -4) })],
  ])("%s: decryption", (_name, encryption) => {
    expect(judge({ encryption })).toBe("decryption");
  });

  test("damaged padding of AES-CBC, in a response whose signature covers the damage: decryption", () => {
    const encryption = encrypt("aes256-cbc", { damage: (bytes) => flip(bytes, -17) });
    expect(judge({ signs: "response", encryption })).toBe("decryption");
  });

  test("plaintext that doesn't pass the gate: decryption", () => {
    for (const edit of [
      (xml: string) => `<!DOCTYPE x>${xml}`,
      (xml: string) => xml.replace(PERSON.email, `${OWNER.email}<!---->`),
      (xml: string) => xml.replace("<saml:Subject>", "<evil:x/><saml:Subject>"),
    ]) {
      expect(judge({ signs: "nothing", encryption: encrypt("aes256-gcm"), edit })).toBe("decryption");
    }
  });
});

test("a connection without a key refuses encrypted assertions and says so: decryption_key", () => {
  expect(scene.judge(scene.write({ encryption: encrypt("aes256-gcm") }))).toBe("decryption_key");
});

test("during a change of keys, either of the two opens an assertion", () => {
  const former = makeKey();
  const xml = scene.write({ encryption: encrypt("aes256-gcm", { certificate: former.certificate }) });
  expect(scene.judge(xml, new Date(), { decryptionKeys: [toPem(KEYS.service.privateKey), toPem(former.privateKey)] })).toBe(
    "accepted",
  );
});

test("an encrypted assertion beside a plain one, and two encrypted ones, are refused as wrapping", () => {
  const xml = scene.write({ encryption: encrypt("aes256-gcm") });
  const sealed = /<saml:EncryptedAssertion[\s\S]*<\/saml:EncryptedAssertion>/.exec(xml)?.[0] ?? "";
  const plain = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(scene.write())?.[0] ?? "";
  expect(scene.judge(xml.replace(sealed, sealed + plain), new Date(), DECRYPTS)).toBe("wrapping");
  expect(scene.judge(xml.replace(sealed, sealed + sealed.replaceAll("_key", "_key2")), new Date(), DECRYPTS)).toBe("wrapping");
});

test("an assertion within the decrypted assertion is refused as wrapping", () => {
  const edit = (xml: string) => xml.replace("</saml:Assertion>", '<saml:Assertion ID="_evil"></saml:Assertion></saml:Assertion>');
  expect(judge({ encryption: encrypt("aes256-gcm"), edit })).toBe("wrapping");
});
