/**
 * The tests' own SAML identity provider as a program, for trying single sign-on on this machine: three people, and a switch for each of three
 * faults. Anybody can be anybody here, so it listens on loopback alone. `npm run try:idp -- --port 18080`
 */
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { inflateRawSync } from "node:zlib";
import { makeIdp, toForm } from "../../security/saml/testing/idp.ts";
import { makeKey, type SamlKey } from "../../security/saml/testing/keys.ts";
import { type Shape, SHAPES, type TestPerson } from "../../security/saml/testing/shapes.ts";
import { escapeXml } from "../../security/saml/write-xml.ts";

const PEOPLE: TestPerson[] = [
  { id: "u-1001", email: "ada@corp.example", firstName: "Ada", lastName: "Okafor", groups: ["staff", "dispatch"] },
  { id: "u-1002", email: "ben@corp.example", firstName: "Ben", lastName: "Nowak", groups: ["staff"] },
  { id: "u-1003", email: "cem@corp.example", firstName: "Cem", lastName: "Yilmaz", groups: ["staff", "admins"] },
];

const FAULTS = {
  expired: "Its certificate has expired (whoot warns, and nobody is kept out)",
  signature: "It signs with another key than its metadata name",
  clock: "Its clock is ten minutes behind",
} as const;
type Fault = keyof typeof FAULTS;

const DAY_MS = 86_400_000;
/** The longest request that whoot sends, and far below what could be inflated into memory. */
const MAX_REQUEST = 16 * 1024;

const { values } = parseArgs({ options: { port: { type: "string", default: "18080" } } });
const port = Number(values.port);
// Another site than localhost, as a real provider would be.
const origin = `http://127.0.0.1:${port}`;
const shape: Shape = { ...SHAPES.JumpCloud, entityId: `${origin}/metadata`, nameId: ({ id }) => ({ value: id, format: null }) };

const faults = new Set<Fault>();
const keys = { current: makeKey(), expired: makeKey("rsa", new Date(Date.now() - DAY_MS)), other: makeKey() };
const keyInMetadata = (): SamlKey => (faults.has("expired") ? keys.expired : keys.current);

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
button{font:inherit;padding:.4rem .9rem;margin:.2rem 0}code{word-break:break-all}</style><h1>${title}</h1>${body}</html>`;
}

function home(): string {
  const switches = Object.entries(FAULTS).map(
    ([fault, says]) =>
      `<form method="post" action="/faults/${fault}"><button>${faults.has(fault as Fault) ? "Mend" : "Break"}</button> ${says}: <b>${
        faults.has(fault as Fault) ? "yes" : "no"
      }</b></form>`,
  );
  return page(
    "Identity provider to try",
    `<p>Its metadata: <a href="/metadata">${origin}/metadata</a>. Save them, or copy the text, and give them to whoot.</p>${switches.join("")}
<p>After the certificate has changed, give whoot the metadata again.</p>`,
  );
}

/** The page on which one chooses who to be. */
function signOn(url: URL): string {
  const request = url.searchParams.get("SAMLRequest") ?? "";
  if (request === "" || request.length > MAX_REQUEST) return page("Nothing to answer", "<p>Start at whoot.</p>");
  const xml = inflateRawSync(Buffer.from(request, "base64"), { maxOutputLength: MAX_REQUEST }).toString();
  const find = (pattern: RegExp) => pattern.exec(xml)?.[1] ?? "";
  const to = {
    requestId: find(/ ID="([^"]+)"/),
    acsUrl: find(/AssertionConsumerServiceURL="([^"]+)"/),
    spEntityId: find(/Issuer[^>]*>([^<]+)</),
  };
  const now = new Date(Date.now() - (faults.has("clock") ? 600_000 : 0));
  const relayState = escapeXml(url.searchParams.get("RelayState") ?? "");
  const forms = PEOPLE.map((person) => {
    const key = faults.has("signature") ? keys.other : keyInMetadata();
    const response = makeIdp(shape, key, person).write(to, { now });
    return `<form method="post" action="${escapeXml(to.acsUrl)}"><input type="hidden" name="SAMLResponse" value="${toForm(response)}">
<input type="hidden" name="RelayState" value="${relayState}"><button>${person.firstName} ${person.lastName}</button>
${person.email}, groups ${person.groups.join(", ")}</form>`;
  });
  return page("Sign in as", forms.join(""));
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", origin);
  const send = (type: string, body: string) => response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(body);
  const fault = Object.keys(FAULTS).find((name) => url.pathname === `/faults/${name}`) as Fault | undefined;
  try {
    if (request.method === "POST" && fault) {
      if (!faults.delete(fault)) faults.add(fault);
      response.writeHead(303, { location: "/" }).end();
    } else if (url.pathname === "/metadata") {
      const [anybody] = PEOPLE as [TestPerson];
      send("application/samlmetadata+xml", makeIdp(shape, keyInMetadata(), anybody).metadata(`${origin}/sso`));
    } else if (url.pathname === "/sso") send("text/html", signOn(url));
    else send("text/html", home());
  } catch {
    response.writeHead(400).end("This isn't a request that whoot sent.");
  }
});

server.listen(port, "127.0.0.1", () => {
  console.log(`An identity provider to try runs at ${origin}

1. In whoot: Settings → Security → Single sign-on → Add a connection → Other, SAML.
2. Where it asks for the provider's metadata, paste what ${origin}/metadata shows.
3. Test the connection. At ${origin} you can break it first: its clock, its signature, its certificate.
4. Switch it on, join your own account in Settings → General, sign out, and come in through the connection's sign-in address.

Anybody can be anybody here: never switch such a connection on in a workspace that you use. Ctrl+C ends it.`);
});
