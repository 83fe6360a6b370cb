/** Reads what an admin gave of the identity provider: pasted metadata, a URL of metadata, single fields, or an issuer. Runs before any transaction. */
import { SAML_REFUSALS } from "#contract/saml.ts";
import { Refusal } from "../platform/refusal.ts";
import { isUsable, readCertificate } from "../security/saml/certificate.ts";
import type { MetadataReading } from "../security/saml/metadata-task.ts";
import { isSignOnUrl, METADATA_PROBLEMS } from "../security/saml/metadata.ts";
import type { Services } from "../services.ts";
import { SsoRefusal } from "./asserted.ts";
import { discover } from "./oidc.ts";

const READ_METADATA = new URL("../security/saml/metadata-task.ts", import.meta.url);

interface SamlSettings {
  protocol: "saml";
  idpEntityId: string;
  signOnUrl: string;
  metadataUrl: string | null;
  /** PEM. */
  certificates: string[];
}

interface OidcSettings {
  protocol: "oidc";
  issuer: string;
  clientId: string;
  /** Undefined: stays as it is. */
  clientSecret: string | undefined;
}

export type ProviderSettings = SamlSettings | OidcSettings;

type SamlInput =
  | { metadata: string }
  | { metadataUrl: string }
  | { idpEntityId: string; signOnUrl: string; certificates: string[] };

interface OidcInput {
  issuer: string;
  clientId: string;
  clientSecret?: string | undefined;
}

function invalid(path: string, message: string): Refusal {
  return new Refusal("invalid_input", { fields: [{ path, message }] });
}

/** @param holder the tenant that the thread counts for */
async function readMetadata(
  services: Services,
  holder: string,
  { xml, path }: { xml: string; path: string },
): Promise<Omit<SamlSettings, "metadataUrl">> {
  const reading = await services.threads.run<string, MetadataReading>(READ_METADATA, xml, [holder]);
  if ("problem" in reading) throw invalid(path, METADATA_PROBLEMS[reading.problem]);
  if ("refused" in reading) throw invalid(path, SAML_REFUSALS[reading.refused].replaceAll("response", "document"));
  const { entityId, redirectUrl, certificates } = reading;
  if (redirectUrl === null) {
    throw invalid(path, "The metadata name no sign-on URL for the redirect binding. Switch it on at the identity provider.");
  }
  return { protocol: "saml", idpEntityId: entityId, signOnUrl: redirectUrl, certificates: certificates.map(({ pem }) => pem) };
}

async function fetchMetadata({ outbound }: Services, url: string): Promise<string> {
  try {
    const answer = await outbound.fetch(url);
    if (answer.ok) return await answer.text();
  } catch {
    // The same sentence for every failure: whoever could tell them apart could scan ports with it.
  }
  throw invalid(
    "saml.metadataUrl",
    "whoot couldn't read metadata there. The server must answer over https with a valid certificate, from a public address, within 5 seconds, without a redirect and with at most 256 KiB. For a server inside your network, ask whoever runs whoot to list it (WHOOT_OUTBOUND_ALLOW).",
  );
}

const CERTIFICATE_PROBLEMS = {
  not_a_certificate: "This isn't a certificate. Paste the text from BEGIN CERTIFICATE to END CERTIFICATE.",
  private_key: "This is a private key. Paste the certificate, and don't give the key to anybody.",
  weak_key: "The certificate's key is too weak. It needs RSA with 2,048 bits or more, or an EC key.",
  unknown_key: "The certificate's key is of an unknown kind. It needs RSA or EC.",
} as const;

function readFields({
  idpEntityId,
  signOnUrl,
  certificates,
}: {
  idpEntityId: string;
  signOnUrl: string;
  certificates: string[];
}): SamlSettings {
  if (!isSignOnUrl(signOnUrl)) throw invalid("saml.signOnUrl", "Enter a URL that starts with https://.");
  const pems = certificates.map((pasted, index) => {
    const read = readCertificate(pasted);
    if (!isUsable(read)) throw invalid(`saml.certificates.${index}`, CERTIFICATE_PROBLEMS[read.problem]);
    return read.pem;
  });
  return { protocol: "saml", idpEntityId, signOnUrl, metadataUrl: null, certificates: [...new Set(pems)] };
}

async function readSaml(services: Services, holder: string, input: SamlInput): Promise<SamlSettings> {
  if ("metadata" in input) {
    const read = await readMetadata(services, holder, { xml: input.metadata, path: "saml.metadata" });
    return { ...read, metadataUrl: null };
  }
  if ("metadataUrl" in input) {
    const xml = await fetchMetadata(services, input.metadataUrl);
    const read = await readMetadata(services, holder, { xml, path: "saml.metadataUrl" });
    return { ...read, metadataUrl: input.metadataUrl };
  }
  return readFields(input);
}

async function readOidc(services: Services, { issuer, clientId, clientSecret }: OidcInput): Promise<OidcSettings> {
  try {
    await discover(services, issuer);
  } catch (error) {
    if (!(error instanceof SsoRefusal)) throw error;
    const { received } = error.details;
    throw invalid("oidc.issuer", received ? `${error.message} (${received})` : error.message);
  }
  return { protocol: "oidc", issuer, clientId, clientSecret };
}

/**
 * @param tenantId whom the work counts for
 * @returns undefined when the request changes nothing of the provider
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
