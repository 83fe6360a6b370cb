/** Encrypts an assertion as identity providers do. It uses only node:crypto, to be independent of the package that decrypts. */
import { constants, createCipheriv, publicEncrypt, randomBytes } from "node:crypto";
import { NS } from "../names.ts";

export interface Encryption {
  /** The service provider's certificate, in PEM. */
  certificate: string;
  content: "aes128-gcm" | "aes256-gcm" | "aes128-cbc" | "aes256-cbc";
  transport?: "rsa-oaep-mgf1p" | "rsa-oaep" | "rsa-1_5";
  /** Where the EncryptedKey goes. Okta and Shibboleth put it beside the data. */
  key?: "nested" | "sibling";
  /** Changes the ciphertext. */
  damage?: (ciphertext: Buffer) => Buffer;
}

function encryptContent(xml: string, content: Encryption["content"], key: Buffer): Buffer {
  const plaintext = Buffer.from(xml);
  if (content.endsWith("gcm")) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(content === "aes128-gcm" ? "aes-128-gcm" : "aes-256-gcm", key, nonce);
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }
  const iv = randomBytes(16);
  // The last byte of the padding is its length (XML Encryption §5.2).
  const padding = Buffer.alloc(16 - (plaintext.length % 16));
  padding[padding.length - 1] = padding.length;
  const cipher = createCipheriv(content === "aes128-cbc" ? "aes-128-cbc" : "aes-256-cbc", key, iv).setAutoPadding(false);
  return Buffer.concat([iv, cipher.update(Buffer.concat([plaintext, padding])), cipher.final()]);
}

function encryptKey(key: Buffer, certificate: string, transport: NonNullable<Encryption["transport"]>): Buffer {
  const padding = transport === "rsa-1_5" ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_OAEP_PADDING;
  const options = { key: certificate, padding };
  return publicEncrypt(
    transport === "rsa-1_5" ? options : { ...options, oaepHash: transport === "rsa-oaep" ? "sha256" : "sha1" },
    key,
  );
}

/** @param prefix the prefix of the SAML assertion namespace in the surrounding document; "" for the default namespace */
export function encryptAssertion(xml: string, encryption: Encryption, prefix: string): string {
  const { certificate, content, transport = "rsa-oaep-mgf1p", key: place = "nested", damage = (bytes) => bytes } = encryption;
  const key = randomBytes(content.startsWith("aes128") ? 16 : 32);
  const ciphertext = damage(encryptContent(xml, content, key)).toString("base64");
  const digest =
    transport === "rsa-oaep"
      ? `<ds:DigestMethod xmlns:ds="${NS.ds}" Algorithm="${NS.xenc}sha256"/><xenc11:MGF xmlns:xenc11="${NS.xenc11}" Algorithm="${NS.xenc11}mgf1sha256"/>`
      : "";
  const encryptedKey =
    `<xenc:EncryptedKey xmlns:xenc="${NS.xenc}" Id="_key"><xenc:EncryptionMethod ` +
    `Algorithm="${transport === "rsa-oaep" ? NS.xenc11 : NS.xenc}${transport}">${digest}</xenc:EncryptionMethod><xenc:CipherData>` +
    `<xenc:CipherValue>${encryptKey(key, certificate, transport).toString("base64")}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`;
  const isSibling = place === "sibling";
  const keyInfo = isSibling ? `<ds:RetrievalMethod Type="${NS.xenc}EncryptedKey" URI="#_key"/>` : encryptedKey;
  const name = prefix ? `${prefix}:EncryptedAssertion` : "EncryptedAssertion";
  return (
    `<${name} xmlns${prefix && `:${prefix}`}="${NS.saml}"><xenc:EncryptedData xmlns:xenc="${NS.xenc}" Type="${NS.xenc}Element">` +
    `<xenc:EncryptionMethod Algorithm="${content.endsWith("gcm") ? NS.xenc11 : NS.xenc}${content}"/>` +
    `<ds:KeyInfo xmlns:ds="${NS.ds}">${keyInfo}</ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${ciphertext}</xenc:CipherValue>` +
    `</xenc:CipherData></xenc:EncryptedData>${isSibling ? encryptedKey : ""}</${name}>`
  );
}
