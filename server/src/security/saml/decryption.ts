/** Decrypts assertions. The algorithms are checked before a key is used, and every later failure looks the same. */
import { all, attribute, children, is, only, optional, text, walk } from "./dom.ts";
import { passGate, type WellFormed } from "./gate.ts";
import { NS } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";
import { decrypt, type XmlElement } from "./xml-packages.ts";

const GCM = new Set([`${NS.xenc11}aes128-gcm`, `${NS.xenc11}aes256-gcm`]);
/** CBC has no integrity check. Different errors for altered ciphertexts would let a stranger decrypt them (padding oracle). */
const CBC = new Set([`${NS.xenc}aes128-cbc`, `${NS.xenc}aes256-cbc`]);
const KEY_TRANSPORT = new Set([`${NS.xenc}rsa-oaep-mgf1p`, `${NS.xenc11}rsa-oaep`]);
/** Shortest ciphertext in bytes: a nonce of 12, a tag of 16, and at least one byte. */
const MIN_GCM = 29;

function algorithmOf(encrypted: XmlElement): string {
  return attribute(only(encrypted, NS.xenc, "EncryptionMethod"), "Algorithm") ?? "";
}

function checkAlgorithms(encryptedAssertion: XmlElement, isSigned: boolean): void {
  const data = only(encryptedAssertion, NS.xenc, "EncryptedData");
  // The EncryptedKey is in KeyInfo, or beside the data, where Okta and Shibboleth put it (RetrievalMethod).
  const keyInfo = optional(data, NS.ds, "KeyInfo");
  const keys = [...(keyInfo ? all(keyInfo, NS.xenc, "EncryptedKey") : []), ...all(encryptedAssertion, NS.xenc, "EncryptedKey")];
  const anywhere = Array.from(walk(encryptedAssertion)).filter(({ localName }) => /^Encrypted(?:Key|Data)$/.test(localName));
  const [key] = keys;
  if (!key || keys.length > 1 || anywhere.length !== 2) throw new SamlRefusal("structure", { expected: "one EncryptedKey" });
  for (const child of children(encryptedAssertion)) {
    if (child !== data && child !== key)
      throw new SamlRefusal("structure", { received: `${child.localName} in EncryptedAssertion` });
  }
  const type = attribute(data, "Type");
  if (type !== null && type !== `${NS.xenc}Element`) throw new SamlRefusal("encryption_algorithm", { received: type });
  const [content, transport] = [algorithmOf(data), algorithmOf(key)];
  if (!KEY_TRANSPORT.has(transport)) throw new SamlRefusal("encryption_algorithm", { received: transport });
  if (!GCM.has(content) && !(isSigned && CBC.has(content))) throw new SamlRefusal("encryption_algorithm", { received: content });
  const cipher = text(only(only(data, NS.xenc, "CipherData"), NS.xenc, "CipherValue"));
  if (Buffer.byteLength(cipher.replaceAll(/\s+/g, ""), "base64") < MIN_GCM) throw new SamlRefusal("decryption");
}

/**
 * @param isSigned whether the EncryptedAssertion is read from a response whose signature was verified
 * @param keys private keys in PEM: the current one, and the previous one if there is one
 * @returns the assertion, which has passed the gate. Its signature is not verified yet.
 * @throws SamlRefusal structure, encryption_algorithm, decryption_key, decryption
 */
export function decryptAssertion(encryptedAssertion: XmlElement, isSigned: boolean, keys: readonly string[]): WellFormed {
  checkAlgorithms(encryptedAssertion, isSigned);
  if (keys.length === 0) throw new SamlRefusal("decryption_key");
  for (const key of keys) {
    let plaintext: string | undefined;
    // The algorithms were checked above. xml-encryption's own check makes no exception for signed responses.
    const options = { key, disallowDecryptionWithInsecureAlgorithm: false, warnInsecureAlgorithm: false };
    try {
      decrypt(encryptedAssertion, options, (error, result) => {
        plaintext = error ? undefined : result;
      });
    } catch {
      plaintext = undefined;
    }
    if (!plaintext) continue;
    try {
      return passGate(plaintext);
    } catch {
      // The reason is not reported, because it would tell a stranger something about the plaintext.
    }
  }
  throw new SamlRefusal("decryption");
}

export function isEncrypted(element: XmlElement): boolean {
  return is(element, NS.saml, "EncryptedAssertion");
}
