/**
 * The request that sends a browser to the identity provider. It asks for no NameID format and no authentication context, so that the
 * provider's own settings apply. An exact context would fail for people who sign in with a passkey (AADSTS75011).
 */
import { createSign, type KeyObject, randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { NS, POST_BINDING, RSA_SHA256 } from "./names.ts";
import { signEnveloped } from "./signature.ts";
import { escapeXml } from "./write-xml.ts";

export interface AuthnRequest {
  /** Made by makeRequestId. */
  id: string;
  spEntityId: string;
  acsUrl: string;
  /** The provider's single sign-on URL for the binding that is used. */
  destination: string;
  issuedAt: Date;
  /** For re-authentication: the provider must ask the person again. */
  forceAuthn?: boolean;
}

/** 160 random bits. An XML ID must not begin with a digit, which Entra enforces. */
export function makeRequestId(): string {
  return `_${randomBytes(20).toString("hex")}`;
}

function writeRequest({ id, spEntityId, acsUrl, destination, issuedAt, forceAuthn = false }: AuthnRequest): string {
  return (
    `<samlp:AuthnRequest xmlns:samlp="${NS.samlp}" xmlns:saml="${NS.saml}" ID="${escapeXml(id)}" Version="2.0" ` +
    `IssueInstant="${issuedAt.toISOString()}" Destination="${escapeXml(destination)}" ` +
    `${forceAuthn ? 'ForceAuthn="true" ' : ""}ProtocolBinding="${POST_BINDING}" AssertionConsumerServiceURL="${escapeXml(acsUrl)}">` +
    `<saml:Issuer>${escapeXml(spEntityId)}</saml:Issuer></samlp:AuthnRequest>`
  );
}

/**
 * The URL of the HTTP-Redirect binding (SAML bindings §3.4). The signature covers the query as it is written, in this order.
 * @param relayState at most 80 bytes
 * @param key RSA; the signature is RSA-SHA256
 */
export function redirectUrl(request: AuthnRequest, relayState: string, key: KeyObject): string {
  if (Buffer.byteLength(relayState) > 80) throw new RangeError("RelayState is longer than 80 bytes");
  const encoded = deflateRawSync(writeRequest(request)).toString("base64");
  const signed = [
    `SAMLRequest=${encodeURIComponent(encoded)}`,
    ...(relayState ? [`RelayState=${encodeURIComponent(relayState)}`] : []),
    `SigAlg=${encodeURIComponent(RSA_SHA256)}`,
  ].join("&");
  const signature = createSign("sha256").update(signed).sign(key, "base64");
  const separator = request.destination.includes("?") ? "&" : "?";
  return `${request.destination}${separator}${signed}&Signature=${encodeURIComponent(signature)}`;
}

/** The form field SAMLRequest of the HTTP-POST binding, for providers that offer nothing else. */
export function postField(request: AuthnRequest, key: KeyObject, certificate: string): string {
  const place = { element: "/*", after: "/*/*[local-name(.)='Issuer']" };
  return Buffer.from(signEnveloped(writeRequest(request), place, { privateKey: key, certificate })).toString("base64");
}
