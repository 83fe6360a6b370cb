/**
 * Reads an admin's settings of the identity provider: pasted metadata, a URL of metadata, single fields, or an issuer. Runs outside of
 * transactions.
 */
import type { SsoBinding } from "#contract/http/sso.ts";
import { Refusal } from "../platform/refusal.ts";
import { isUsable, readCertificate } from "../security/saml/certificate.ts";
import type { MetadataReading } from "../security/saml/metadata-task.ts";
import { isSignOnUrl } from "../security/saml/metadata.ts";
import type { Services } from "../services.ts";
import { SsoRefusal } from "./asserted.ts";
import { type MetadataFault, tellFault } from "./metadata-problem.ts";
import { findIssuer } from "./oidc.ts";

const READ_METADATA = new URL("../security/saml/metadata-task.ts", import.meta.url);

interface SamlSettings {
  protocol: "saml";
  idpEntityId: string;
  signOnUrl: string;
  signOnBinding: SsoBinding;
  metadataUrl: string | null;
  /** PEM. */
  certificates: string[];
}

interface OidcSettings {
  protocol: "oidc";
  issuer: string;
  clientId: string;
  /** Undefined: unchanged. */
  clientSecret: string | undefined;
}

export type ProviderSettings = SamlSettings | OidcSettings;

type SamlInput = { metadata: string } | { metadataUrl: string } | SamlFields;

interface SamlFields {
  idpEntityId: string;
  signOnUrl: string;
  signOnBinding?: SsoBinding | undefined;
  certificates: string[];
}

interface OidcInput {
  issuer: string;
  clientId: string;
  clientSecret?: string | undefined;
}

function invalid(path: string, message: string): Refusal {
  return new Refusal("invalid_input", { fields: [{ path, message }] });
}

type FromMetadata = Pick<SamlSettings, "idpEntityId" | "signOnUrl" | "signOnBinding" | "certificates">;

/**
 * @param holder the tenant that the thread counts for
 * @throws Refusal unavailable, when no thread was free in time
 */
async function readMetadata(services: Services, holder: string, xml: string): Promise<FromMetadata | { fault: MetadataFault }> {
  const reading = await services.threads.run<string, MetadataReading>(READ_METADATA, xml, [holder]).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "invalid_input") return { fault: "too_slow" as const };
    throw error;
  });
  if ("fault" in reading) return reading;
  if ("problem" in reading) return { fault: reading.problem };
  if ("refused" in reading) return { fault: reading.refused };
  const { entityId, signOn, certificates } = reading;
  return {
    idpEntityId: entityId,
    signOnUrl: signOn.url,
    signOnBinding: signOn.binding,
    certificates: certificates.map(({ pem }) => pem),
  };
}

/** @throws Refusal unavailable, when no thread was free in time */
export async function readMetadataAt(
  services: Services,
  holder: string,
  url: string,
): Promise<FromMetadata | { fault: MetadataFault }> {
  try {
    const answer = await services.outbound.fetch(url);
    if (answer.ok) return await readMetadata(services, holder, await answer.text());
  } catch (error) {
    if (error instanceof Refusal) throw error;
  }
  // One fault for every failure, because different ones would let people scan ports.
  return { fault: "unreachable" };
}

function assertReadable(read: FromMetadata | { fault: MetadataFault }, path: string): FromMetadata {
  if ("fault" in read) throw invalid(path, tellFault(read.fault));
  return read;
}

const CERTIFICATE_PROBLEMS = {
  not_a_certificate: "This isn't a certificate. Paste the text from BEGIN CERTIFICATE to END CERTIFICATE.",
  private_key: "This is a private key. Paste the certificate, and don't give the key to anybody.",
  weak_key: "The certificate's key is too weak. It needs RSA with 2,048 bits or more, or an EC key.",
  unknown_key: "The certificate's key is of an unknown kind. It needs RSA or EC.",
} as const;

function readFields({ idpEntityId, signOnUrl, signOnBinding = "redirect", certificates }: SamlFields): SamlSettings {
  if (!isSignOnUrl(signOnUrl)) throw invalid("saml.signOnUrl", "Enter a URL that starts with https://.");
  const pems = certificates.map((pasted, index) => {
    const read = readCertificate(pasted);
    if (!isUsable(read)) throw invalid(`saml.certificates.${index}`, CERTIFICATE_PROBLEMS[read.problem]);
    return read.pem;
  });
  return { protocol: "saml", idpEntityId, signOnUrl, signOnBinding, metadataUrl: null, certificates: [...new Set(pems)] };
}

async function readSaml(services: Services, holder: string, input: SamlInput): Promise<SamlSettings> {
  if ("metadata" in input) {
    const read = assertReadable(await readMetadata(services, holder, input.metadata), "saml.metadata");
    return { protocol: "saml", ...read, metadataUrl: null };
  }
  if ("metadataUrl" in input) {
    const { metadataUrl } = input;
    const read = assertReadable(await readMetadataAt(services, holder, metadataUrl), "saml.metadataUrl");
    return { protocol: "saml", ...read, metadataUrl };
  }
  return readFields(input);
}

async function readOidc(services: Services, { issuer: given, clientId, clientSecret }: OidcInput): Promise<OidcSettings> {
  try {
    const issuer = await findIssuer(services.outbound, given);
    return { protocol: "oidc", issuer, clientId, clientSecret };
  } catch (error) {
    if (!(error instanceof SsoRefusal)) throw error;
    const { received } = error.details;
    throw invalid("oidc.issuer", received ? `${error.message} (${received})` : error.message);
  }
}

/**
 * @param tenantId the tenant that the thread counts for
 * @returns undefined if the request does not change the provider's settings
 * @throws Refusal invalid_input with the field; unavailable, when no thread was free in time
 */
export async function readProviderSettings(
  services: Services,
  tenantId: string,
  input: { saml?: SamlInput | undefined; oidc?: OidcInput | undefined },
): Promise<ProviderSettings | undefined> {
  if (input.saml) return readSaml(services, tenantId, input.saml);
  return input.oidc && readOidc(services, input.oidc);
}
