/** Namespaces and identifiers of SAML 2.0, XML Signature and XML Encryption. */
export const NS = {
  saml: "urn:oasis:names:tc:SAML:2.0:assertion",
  samlp: "urn:oasis:names:tc:SAML:2.0:protocol",
  md: "urn:oasis:names:tc:SAML:2.0:metadata",
  ds: "http://www.w3.org/2000/09/xmldsig#",
  ds11: "http://www.w3.org/2009/xmldsig11#",
  xenc: "http://www.w3.org/2001/04/xmlenc#",
  xenc11: "http://www.w3.org/2009/xmlenc11#",
  ec: "http://www.w3.org/2001/10/xml-exc-c14n#",
  xs: "http://www.w3.org/2001/XMLSchema",
  xsi: "http://www.w3.org/2001/XMLSchema-instance",
  xml: "http://www.w3.org/XML/1998/namespace",
  xmlns: "http://www.w3.org/2000/xmlns/",
} as const;

export const EXCLUSIVE_C14N = NS.ec;
export const ENVELOPED = `${NS.ds}enveloped-signature`;

export const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
export const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
export const TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
export const POST_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
export const REDIRECT_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
export const PROTOCOL = NS.samlp;

/** The accepted digests, without SHA-1. */
export const DIGESTS: Readonly<Record<string, "sha256" | "sha384" | "sha512">> = {
  [`${NS.xenc}sha256`]: "sha256",
  "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
  [`${NS.xenc}sha512`]: "sha512",
};
export const SHA256 = `${NS.xenc}sha256`;

interface SignatureMethod {
  hash: "sha256" | "sha384" | "sha512";
  key: "rsa" | "rsa-pss" | "ec";
}

/** The accepted signature methods, without SHA-1 and HMAC. */
export const SIGNATURE_METHODS: Readonly<Record<string, SignatureMethod>> = {
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": { hash: "sha256", key: "rsa" },
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": { hash: "sha384", key: "rsa" },
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": { hash: "sha512", key: "rsa" },
  "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1": { hash: "sha256", key: "rsa-pss" },
  "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": { hash: "sha256", key: "ec" },
  "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": { hash: "sha384", key: "ec" },
};
export const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
