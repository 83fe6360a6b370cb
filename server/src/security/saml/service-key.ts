/**
 * The key with which a connection signs its requests and decrypts assertions, in a certificate, because providers expect one. It is
 * self-signed, because nobody checks a chain here. Node can't make certificates, so the DER (RFC 5280, X.690) is written here.
 */
import { generateKeyPair, type KeyObject, createSign, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const BITS = 2_048;
const YEARS = 10;

const OID = {
  commonName: "0603550403",
  sha256WithRsa: "06092a864886f70d01010b",
  ecdsaWithSha256: "06082a8648ce3d040302",
} as const;

/** A tag, the length of the content, the content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 255 ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);

/** Until 2049, the year has two digits (RFC 5280 §4.1.2.5). */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replaceAll(/[-:T]|\.\d+Z/g, "")}Z`;
  return date.getUTCFullYear() < 2_050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

export interface CertificateSubject {
  commonName: string;
  notBefore: Date;
  notAfter: Date;
}

/** @returns PEM */
export function selfSign(
  { commonName, notBefore, notAfter }: CertificateSubject,
  keys: { publicKey: KeyObject; privateKey: KeyObject },
): string {
  const isEc = keys.privateKey.asymmetricKeyType === "ec";
  const algorithm = isEc
    ? sequence(Buffer.from(OID.ecdsaWithSha256, "hex"))
    : sequence(Buffer.from(OID.sha256WithRsa, "hex"), der(0x05));
  const name = sequence(der(0x31, sequence(Buffer.from(OID.commonName, "hex"), der(0x0c, Buffer.from(commonName)))));
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // positive, and no leading zero
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    keys.publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = createSign("sha256").update(content).sign(keys.privateKey);
  const certificate = sequence(content, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** Makes a key and its certificate, both in PEM. It takes about 0.1 s, outside of the main thread. */
export async function makeServiceKey(commonName: string, now: Date): Promise<{ privateKey: string; certificate: string }> {
  const keys = await promisify(generateKeyPair)("rsa", { modulusLength: BITS });
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + YEARS);
  const certificate = selfSign({ commonName, notBefore: new Date(now.getTime() - 86_400_000), notAfter }, keys);
  return { privateKey: keys.privateKey.export({ type: "pkcs8", format: "pem" }), certificate };
}
