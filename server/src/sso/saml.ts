/** The SAML side of a connection: sends the browser to the provider, and reads the response. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { Refusal } from "../platform/refusal.ts";
import { makeRequestId, postField, redirectUrl } from "../security/saml/authn-request.ts";
import { chooseSubject, mapPerson } from "../security/saml/attributes.ts";
import { writeMetadata } from "../security/saml/metadata.ts";
import { SamlRefusal } from "../security/saml/refusal.ts";
import type { SamlVerification, SamlVerificationInput } from "../security/saml/verify-task.ts";
import type { SamlSignIn, SamlTrust } from "../security/saml/verify.ts";
import type { Services } from "../services.ts";
import { type Asserted, SsoRefusal } from "./asserted.ts";
import type { Connection } from "./queries.ts";
import { openSecret, serviceKeyContext } from "./secrets.ts";
import type { PostedRequest } from "./request-page.ts";
import { requestUrl, serviceProviderOf } from "./service-provider.ts";

const VERIFY = new URL("../security/saml/verify-task.ts", import.meta.url);

/** Context classes that say that a second factor was checked: REFEDS MFA, and Entra's and ADFS's own. */
const MULTI_FACTOR = new Set(["https://refeds.org/profile/mfa", "http://schemas.microsoft.com/claims/multipleauthn"]);
const METHODS = "http://schemas.microsoft.com/claims/authnmethodsreferences";

function serviceKey(services: Services, { connectionId, serviceKeySealed }: Connection): KeyObject {
  if (!serviceKeySealed) throw new SsoRefusal("switched_off");
  return createPrivateKey(openSecret(services, serviceKeySealed, serviceKeyContext(connectionId)));
}

export function isSamlReady({ idpEntityId, signOnUrl, certificates }: Connection): boolean {
  return idpEntityId !== null && signOnUrl !== null && certificates.length > 0;
}

export interface SamlBegun {
  requestId: string;
  /** The URL to send the browser to. */
  url: string;
  /** With the POST binding: the form that the page at `url` posts. */
  secrets: PostedRequest | null;
}

/** @throws SsoRefusal switched_off, when the connection isn't set up */
export function beginSaml(services: Services, connection: Connection, input: { handle: string; forceAuthn: boolean }): SamlBegun {
  const { connectionId, signOnUrl, signOnBinding, serviceCertificate } = connection;
  if (!isSamlReady(connection) || signOnUrl === null) throw new SsoRefusal("switched_off");
  const { entityId, acsUrl } = serviceProviderOf(services, connectionId);
  const request = {
    id: makeRequestId(),
    spEntityId: entityId,
    acsUrl,
    destination: signOnUrl,
    issuedAt: new Date(),
    forceAuthn: input.forceAuthn,
  };
  const key = serviceKey(services, connection);
  if (signOnBinding === "redirect") return { requestId: request.id, url: redirectUrl(request, input.handle, key), secrets: null };
  const samlRequest = postField(request, key, serviceCertificate ?? "");
  return { requestId: request.id, url: requestUrl(services, input.handle), secrets: { action: signOnUrl, samlRequest } };
}

export function samlMetadata(services: Services, connection: Connection): string {
  const { entityId, acsUrl } = serviceProviderOf(services, connection.connectionId);
  const certificates = connection.serviceCertificate ? [connection.serviceCertificate] : [];
  const { takesEncrypted } = connection;
  return writeMetadata({ spEntityId: entityId, acsUrl, certificates, takesEncrypted }, serviceKey(services, connection));
}

/**
 * Verifies a response in a thread.
 * @param form the value of the form field SAMLResponse
 * @throws SsoRefusal with the reason of the first check that fails; Refusal unavailable, when no thread was free in time
 */
export async function verifySaml(services: Services, connection: Connection, form: string): Promise<SamlSignIn> {
  const { connectionId, tenantId, idpEntityId, certificates } = connection;
  if (idpEntityId === null || certificates.length === 0) throw new SsoRefusal("switched_off");
  const { entityId, acsUrl } = serviceProviderOf(services, connectionId);
  const decryptionKeys = connection.takesEncrypted
    ? [serviceKey(services, connection).export({ type: "pkcs8", format: "pem" })]
    : [];
  const trust: SamlTrust = { idpEntityId, spEntityId: entityId, acsUrl, certificates, decryptionKeys };
  const input: SamlVerificationInput = { form, trust, now: new Date() };
  const verified = await services.threads
    .run<SamlVerificationInput, SamlVerification>(VERIFY, input, [tenantId])
    .catch((error: unknown) => {
      throw error instanceof Refusal && error.code === "invalid_input" ? new SsoRefusal("too_slow") : error;
    });
  if ("refused" in verified) throw new SsoRefusal(verified.refused, verified.details);
  return verified.signIn;
}

/** @throws SsoRefusal for a subject that is not usable as a lasting identifier */
export function readSaml(connection: Connection, signIn: SamlSignIn): Asserted {
  const { nameId, attributes, contextClass } = signIn;
  const { subjectAttribute, mapping } = connection;
  const methods = attributes.find(({ name }) => name === METHODS)?.values ?? [];
  try {
    const subject = chooseSubject(
      nameId,
      attributes,
      subjectAttribute === null ? { nameId: true } : { attribute: subjectAttribute },
    );
    const { address, name, groups, tooManyGroups } = mapPerson(nameId, attributes, mapping);
    return {
      subject: subject.value,
      subjectIsAddress: subject.looksLikeAddress,
      nameId: nameId.value,
      attributes: attributes.map((one) => ({ name: one.name, values: one.values })),
      address,
      addressVerified: null,
      name,
      groups,
      tooManyGroups,
      authenticatedAt: signIn.authenticatedAt.getTime(),
      sessionEndsAt: signIn.sessionEndsAt?.getTime() ?? null,
      secondFactor: [contextClass ?? "", ...methods].some((one) => MULTI_FACTOR.has(one)),
      signedBy: signIn.signedBy,
    };
  } catch (error) {
    if (error instanceof SamlRefusal) throw new SsoRefusal(error.reason, error.details);
    throw error;
  }
}
