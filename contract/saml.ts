/**
 * Every reason to refuse a SAML response, as the audit log stores it, with the sentence that an admin reads when testing a connection. The
 * sentence says what is wrong and what to change on which side. The details of one refusal (expected, received, seconds) are shown beside
 * it.
 */
export const SAML_REFUSALS = {
  encoding: "The response isn't base64 of UTF-8 text. Check that the identity provider posts it to the ACS URL unchanged.",
  too_large: "The response is larger than 128 KiB. Send fewer attributes, or only the groups assigned to this application.",
  too_deep: "The response nests its XML more than 40 levels deep. Leave out attributes that contain XML.",
  too_many_elements: "The response has more than 2,000 XML elements. Send only the groups assigned to this application.",
  too_many_attributes: "An element of the response has more than 64 XML attributes. Leave out attributes that contain XML.",
  value_too_long: "A value in the response is longer than 8 KiB. Leave out the attribute, for example a photo.",
  malformed: "The response isn't well-formed XML.",
  doctype: "The response declares a document type. SAML forbids it.",
  comment: "The response contains an XML comment. Comments can hide a part of a name, so none is accepted.",
  processing_instruction: "The response contains an XML processing instruction. SAML needs none.",
  cdata: "The response contains a CDATA section. SAML needs none.",
  namespace: "The response uses an XML namespace that a sign-in has no use for.",
  duplicate_id: "Two elements of the response have the same ID.",
  not_a_response: "This is not a SAML response.",
  structure: "The response lacks a required element, or has one where SAML allows none.",
  version: "The response isn't SAML 2.0. Choose SAML 2.0 at the identity provider.",
  status: "The identity provider reports that it didn't sign the person in. Look for the reason in its own log.",
  assertion_missing: "The response contains no assertion.",
  wrapping: "Signed and unsigned parts are arranged so that one could be taken for the other. This can be an attack.",
  unsigned: "Neither the response nor its assertion is signed. Switch on signing at the identity provider.",
  signature_shape:
    "The signature isn't the one that SAML describes: one reference to its own element, exclusive canonicalization.",
  algorithm: "The signature or digest algorithm is too weak or unknown. Choose RSA-SHA256 at the identity provider.",
  certificate: "None of the connection's certificates can be used. Paste the identity provider's current signing certificate.",
  signature:
    "The signature doesn't match the connection's certificates. Paste the identity provider's current signing certificate.",
  decryption_key:
    "The assertion is encrypted, but this connection takes none. Switch encryption off at the identity provider, or let the connection take encrypted assertions.",
  encryption_algorithm:
    "The assertion is encrypted in a way that isn't accepted. Choose AES-GCM with RSA-OAEP; AES-CBC is accepted only in a signed response.",
  decryption: "The assertion can't be decrypted. Give the identity provider this connection's current metadata.",
  issuer: "The response comes from another issuer. Copy the identity provider's entity ID into the connection, letter by letter.",
  destination: "The response is addressed to another URL. Copy this connection's ACS URL into the identity provider.",
  unsolicited: "The response answers no request. Start at the sign-in page; starting at the identity provider isn't supported.",
  in_response_to: "The response and its assertion answer two different requests.",
  confirmation: "The assertion isn't confirmed by exactly one bearer confirmation with an end.",
  recipient: "The assertion is meant for another URL. Copy this connection's ACS URL into the identity provider.",
  audience:
    "The assertion is meant for another application. Copy this connection's entity ID into the identity provider as its audience.",
  condition: "The assertion has a condition that isn't known here, so it can't be met.",
  time: "A time in the response isn't written as a UTC time.",
  not_yet_valid:
    "The response isn't valid yet. The identity provider's clock is ahead, or this server's is behind. Set the wrong one by a time server.",
  expired:
    "The response is no longer valid. The identity provider's clock is behind, or this server's is ahead. Set the wrong one by a time server.",
  session_ended: "The session at the identity provider has already ended. Sign out there, and sign in again.",
  name_id: "The assertion doesn't have exactly one readable NameID. Add a claim or rule that issues one.",
  subject_transient:
    "The NameID is transient, so it changes with every sign-in. Choose a persistent NameID, or an attribute as subject.",
  subject_too_long: "What identifies people has more than 1,024 characters. Choose another NameID or attribute as subject.",
  subject_missing: "The attribute that identifies people is missing. Add it at the identity provider, or choose another.",
  subject_ambiguous: "The attribute that identifies people has several values. Choose one with a single value.",
} as const;

export type SamlRefusalReason = keyof typeof SAML_REFUSALS;
