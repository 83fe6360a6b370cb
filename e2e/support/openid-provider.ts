/** An OpenID Connect provider of another project, on another site. Its sign-in page takes any name and password. */
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import {
  TEST_AUTHORITY_FILE,
  TEST_CERTIFICATE,
  TEST_CERTIFICATE_KEY,
} from "../../server/src/platform/outbound/testing/certificates.ts";

export const CLIENT = { id: "whoot", secret: "a secret of the tests, long enough for everybody" };

export interface OpenIdProvider {
  issuer: string;
  /** Lets a whoot server reach the provider and trust its certificate. */
  environment: NodeJS.ProcessEnv;
  /** Registers whoot as a client of the provider. */
  register(redirectUrl: string): void;
  close(): Promise<void>;
}

/** @param domain the domain of each person's email address */
export async function startOpenIdProvider(domain: string): Promise<OpenIdProvider> {
  let listener: RequestListener = (_, response) => response.writeHead(503).end();
  const server = createServer({ key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE }, (request, response) =>
    listener(request, response),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    environment: { WHOOT_OUTBOUND_ALLOW: "127.0.0.1", NODE_EXTRA_CA_CERTS: TEST_AUTHORITY_FILE },
    register(redirectUrl) {
      const provider = new Provider(issuer, {
        clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUrl] }],
        claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
        cookies: { keys: ["keys of the tests"] },
        findAccount: (_, id) => ({
          accountId: id,
          claims: () => ({ sub: id, email: `${id}@${domain}`, email_verified: true, given_name: id, family_name: "Nowak" }),
        }),
        async loadExistingGrant({ oidc }) {
          const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
          grant.addOIDCScope("openid email profile");
          await grant.save();
          return grant;
        },
      });
      const handle = provider.callback();
      listener = (request, response) => void handle(request, response);
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
