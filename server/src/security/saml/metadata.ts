/** SAML metadata: writes ours, which the provider imports, and reads the provider's, which an admin pastes or whoot fetches from a URL. */
import { type KeyObject, randomBytes } from "node:crypto";
import { type CertificateProblem, isUsable, readCertificate, type SigningCertificate } from "./certificate.ts";
import { attribute, is, isElement, parse, walk } from "./dom.ts";
import { passGate } from "./gate.ts";
import { NS, POST_BINDING, PROTOCOL, REDIRECT_BINDING } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";
import { signEnveloped } from "./signature.ts";
import { escapeXml } from "./write-xml.ts";
import type { XmlElement } from "./xml-packages.ts";

const MAX_URL = 2_048;
const TEXT = 3;
/** More keys than any roll-over needs. */
const MAX_CERTIFICATES = 4;

export const METADATA_PROBLEMS = {
  not_metadata: "This isn't SAML metadata. Paste the whole XML document that the identity provider offers as metadata.",
  service_provider: "This is the metadata of a service provider. Paste the identity provider's.",
  several_providers: "These metadata describe several identity providers. Paste those of one.",
  no_entity_id: "The metadata name no entity ID, or one that is too long.",
  no_sign_on_url: "The metadata name no single sign-on URL for the redirect or POST binding that starts with https.",
  no_certificate: "The metadata hold no signing certificate.",
  bad_certificate: "The metadata hold no signing certificate with an RSA key of 2,048 bits or more, or an EC key.",
} as const;
export type MetadataProblem = keyof typeof METADATA_PROBLEMS;

export interface IdpMetadata {
  entityId: string;
  /** The redirect binding where the provider offers it, because the POST binding needs a page of its own. */
  signOn: { url: string; binding: "redirect" | "post" };
  certificates: SigningCertificate[];
  wantsSignedRequests: boolean;
}

/** Whether the URL uses https, or http on this machine, for trials. */
export function isSignOnUrl(url: string): boolean {
  // With a fragment, the redirect's query would become part of the fragment.
  if (url.length > MAX_URL || url.includes("#") || !URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username || password) return false;
  return protocol === "https:" || (protocol === "http:" && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname));
}

/** Child elements with this name. Comments may stand between them. */
function all(parent: XmlElement, namespace: string, name: string): XmlElement[] {
  return Array.from(parent.childNodes).filter((node) => isElement(node) && is(node, namespace, name)) as XmlElement[];
}

function signOnUrl(provider: XmlElement, binding: string): string | null {
  const service = all(provider, NS.md, "SingleSignOnService").find((one) => attribute(one, "Binding") === binding);
  const url = service && attribute(service, "Location");
  return url && isSignOnUrl(url) ? url : null;
}

function findSignOn(provider: XmlElement): IdpMetadata["signOn"] | null {
  const redirectUrl = signOnUrl(provider, REDIRECT_BINDING);
  if (redirectUrl) return { url: redirectUrl, binding: "redirect" };
  const postUrl = signOnUrl(provider, POST_BINDING);
  return postUrl ? { url: postUrl, binding: "post" } : null;
}

/** The signing keys without duplicates. A KeyDescriptor without `use` is for both uses. */
function signingCertificates(provider: XmlElement): Array<SigningCertificate | { problem: CertificateProblem }> {
  const descriptors = all(provider, NS.md, "KeyDescriptor").filter((one) => (attribute(one, "use") ?? "signing") === "signing");
  const texts = descriptors.flatMap((descriptor) =>
    Array.from(walk(descriptor))
      .filter((element) => is(element, NS.ds, "X509Certificate"))
      .map((element) => Array.from(element.childNodes, (node) => (node.nodeType === TEXT ? node.data : "")).join("")),
  );
  return [...new Set(texts.map((one) => one.replaceAll(/-----[A-Z ]+-----|\s+/g, "")))]
    .slice(0, MAX_CERTIFICATES)
    .map(readCertificate);
}

/**
 * Metadata are trusted because of their source; a signature in them is ignored. Reading takes up to 0.2 s, so call this through
 * metadata-task.ts.
 * @throws SamlRefusal when they don't pass the gate
 */
export function readMetadata(pasted: string): IdpMetadata | { problem: MetadataProblem } {
  let root: XmlElement;
  try {
    // ADFS writes a byte order mark. What is copied from a browser may begin with its remark that the file has no style.
    root = parse(passGate(pasted.slice(Math.max(0, pasted.indexOf("<"))).trim(), "metadata"));
  } catch (error) {
    if (error instanceof SamlRefusal && error.reason === "malformed") return { problem: "not_metadata" };
    throw error;
  }
  const elements = Array.from(walk(root));
  const roles = elements.filter((element) => is(element, NS.md, "IDPSSODescriptor"));
  // A provider may have a role for each version of SAML.
  const current = roles.filter((role) => (attribute(role, "protocolSupportEnumeration") ?? "").split(/\s+/).includes(PROTOCOL));
  const [provider, second] = current.length > 0 ? current : roles;
  if (second) return { problem: "several_providers" };
  if (!provider) {
    return { problem: elements.some((element) => is(element, NS.md, "SPSSODescriptor")) ? "service_provider" : "not_metadata" };
  }
  const entity = provider.parentNode as XmlElement;
  const entityId = is(entity, NS.md, "EntityDescriptor") ? attribute(entity, "entityID") : null;
  // SAML metadata §2.2.1: at most 1,024 characters.
  if (!entityId || entityId.length > 1_024) return { problem: "no_entity_id" };
  const signOn = findSignOn(provider);
  if (!signOn) return { problem: "no_sign_on_url" };
  const found = signingCertificates(provider);
  if (found.length === 0) return { problem: "no_certificate" };
  const certificates = found.filter(isUsable);
  if (certificates.length === 0) return { problem: "bad_certificate" };
  const wantsSignedRequests = /^(?:true|1)$/.test(attribute(provider, "WantAuthnRequestsSigned") ?? "");
  return { entityId, signOn, certificates, wantsSignedRequests };
}

export interface SpMetadata {
  spEntityId: string;
  acsUrl: string;
  /** Certificates, in PEM, of the key that signs requests; two while the key is being changed. */
  certificates: readonly string[];
  /**
   * Whether the first key is offered for encryption. ADFS encrypts as soon as a key is offered, with CBC and without signing the response.
   */
  takesEncrypted: boolean;
}

function keyDescriptor(certificate: string, use: "signing" | "encryption"): string {
  const base64 = certificate.replaceAll(/-----[A-Z ]+-----|\s+/g, "");
  const methods =
    use === "signing"
      ? ""
      : [`${NS.xenc11}aes256-gcm`, `${NS.xenc11}aes128-gcm`, `${NS.xenc}rsa-oaep-mgf1p`]
          .map((algorithm) => `<md:EncryptionMethod Algorithm="${algorithm}"/>`)
          .join("");
  return (
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="${NS.ds}"><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate>` +
    `</ds:X509Data></ds:KeyInfo>${methods}</md:KeyDescriptor>`
  );
}

/**
 * The metadata of a connection, signed with its key. They leave out WantAssertionsSigned: a signature on the response alone is enough
 * (decision 35), and `false` would make SimpleSAMLphp stop signing assertions.
 */
export function writeMetadata({ spEntityId, acsUrl, certificates, takesEncrypted }: SpMetadata, key: KeyObject): string {
  const [current = ""] = certificates;
  const keys = [
    ...certificates.map((certificate) => keyDescriptor(certificate, "signing")),
    ...(takesEncrypted ? [keyDescriptor(current, "encryption")] : []),
  ].join("");
  const xml =
    `<md:EntityDescriptor xmlns:md="${NS.md}" ID="_${randomBytes(20).toString("hex")}" entityID="${escapeXml(spEntityId)}">` +
    `<md:SPSSODescriptor AuthnRequestsSigned="true" protocolSupportEnumeration="${PROTOCOL}">${keys}` +
    `<md:AssertionConsumerService Binding="${POST_BINDING}" Location="${escapeXml(acsUrl)}" index="0" isDefault="true"/>` +
    `</md:SPSSODescriptor></md:EntityDescriptor>`;
  return signEnveloped(xml, { element: "/*" }, { privateKey: key, certificate: current });
}
