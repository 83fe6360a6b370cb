/**
 * The tests' own identity provider as a program, for trying single sign-on on this machine: three people, and a switch for each of three
 * faults. Anybody can sign in as any of them, so it listens only on loopback. `npm run try:idp -- --port 18080`
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { TEST_AUTHORITY_FILE } from "../../platform/outbound/testing/certificates.ts";
import { startTrialProvider } from "./trial/provider.ts";
import { CLIENT } from "./trial/state.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "18080" } } });
const port = Number(values.port);
const authority = relative(process.cwd(), TEST_AUTHORITY_FILE);
const startCommand = `NODE_EXTRA_CA_CERTS=${authority} WHOOT_OUTBOUND_ALLOW=127.0.0.1 npm start`;

const { origin, issuer } = await startTrialProvider(port, startCommand).catch((error: NodeJS.ErrnoException) => {
  const inUse = error.code === "EADDRINUSE" || error.code === "ERR_SOCKET_BAD_PORT";
  console.error(inUse ? `Ports ${port} and ${port + 1} must both be free. Choose others with --port.` : error);
  process.exit(1);
});

console.log(`An identity provider to try runs at ${origin}
Open that page: it has what you paste into whoot, and a button for each of its three faults.

SAML, with whoot as it is:
1. In whoot: Settings → Security → Connect an identity provider → Another provider, SAML 2.0.
2. Under "Enter here", paste the metadata from ${origin}
3. Break it on its page, test the connection, and read what whoot says. Mend it, and test again.
4. Switch the connection on. Join your own account to it in Settings → General. Sign out, and come in through its sign-in page.

OpenID Connect, with a whoot that trusts this provider's certificate and may ask this machine. Start it with:
   ${startCommand}
1. As above, but OpenID Connect.
2. Under "Enter here", enter
     Issuer         ${issuer}
     Client ID      ${CLIENT.id}
     Client secret  ${CLIENT.secret}
3. and 4. as above.

Anybody can be anybody here: never switch such a connection on in a workspace that you use. Ctrl+C ends it.`);
