/** What an identity provider must know about a connection: its own entity ID and URLs, so that no provider's answer fits two connections. */
import { mailedPaths } from "#contract/paths.ts";
import type { Services } from "../services.ts";
import { pageLink } from "../platform/mail/link.ts";

export function serviceProviderOf(services: Pick<Services, "publicUrl">, connectionId: string) {
  const api = `${services.publicUrl()}/api/v1/sso/${connectionId}`;
  return {
    signInUrl: pageLink(services, mailedPaths.ssoSignIn(connectionId)),
    entityId: `${api}/metadata`,
    metadataUrl: `${api}/metadata`,
    acsUrl: `${api}/acs`,
    redirectUrl: pageLink(services, mailedPaths.ssoCallback(connectionId)),
  };
}

/** The page that makes the browser post its request (request-page.ts). */
export function requestUrl(services: Pick<Services, "publicUrl">, handle: string): string {
  return `${services.publicUrl()}/api/v1/sso/requests/${handle}`;
}
