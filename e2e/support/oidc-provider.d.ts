/** The parts of oidc-provider that openid-provider.ts uses. The package has no types of its own. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  interface Grant {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }
  interface Context {
    oidc: {
      client: { clientId: string };
      session: { accountId: string };
      provider: { Grant: new (of: { clientId: string; accountId: string }) => Grant };
    };
  }
  interface Configuration {
    clients: object[];
    claims: Record<string, string[]>;
    cookies: { keys: string[] };
    findAccount: (ctx: Context, id: string) => { accountId: string; claims: () => Record<string, unknown> };
    loadExistingGrant: (ctx: Context) => Promise<Grant>;
  }
  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
