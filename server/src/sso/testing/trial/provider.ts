/** The trial provider, as two servers on loopback: http for the pages in the browser, and https for the requests of whoot. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  TEST_CERTIFICATE,
  TEST_CERTIFICATE_KEY,
  TEST_EXPIRED_CERTIFICATE,
} from "../../../platform/outbound/testing/certificates.ts";
import { type Json, makeOpenId } from "./openid.ts";
import { homePage, refusalPage, signInPage } from "./pages.ts";
import { type Choice, metadata, samlChoices } from "./saml.ts";
import { type Fault, FAULTS, makeState } from "./state.ts";

// Not localhost, because a real provider is another site than whoot.
const HOST = "127.0.0.1";
const MAX_BODY = 16 * 1024;

interface Reply {
  status?: number;
  type?: string;
  body?: string;
  headers?: Record<string, string>;
}

const html = (body: string, status = 200): Reply => ({ status, type: "text/html", body });
const json = (value: object): Reply => ({ type: "application/json", body: JSON.stringify(value) });
const seeOther = (location: string): Reply => ({ status: 303, headers: { location } });
const decided = ({ status, json: value, challenge }: Json): Reply => ({
  ...json(value),
  status,
  ...(challenge && { headers: { "www-authenticate": challenge } }),
});
const choose = (choices: Choice[] | null) => (choices ? html(signInPage(choices)) : html(refusalPage(), 400));

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = "";
  for await (const chunk of request as AsyncIterable<Buffer>) {
    body += chunk.toString();
    if (body.length > MAX_BODY) throw new Error("the form is too long");
  }
  return new URLSearchParams(body);
}

interface Asked {
  method: string;
  url: URL;
  form: URLSearchParams;
  authorization: string;
}

function answerWith(origin: string, handle: (asked: Asked) => Reply): RequestListener {
  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const { method = "GET", headers } = request;
    const form = method === "POST" ? await readForm(request) : new URLSearchParams();
    return handle({ method, url: new URL(request.url ?? "/", origin), form, authorization: headers.authorization ?? "" });
  };
  return (request, response) => {
    answer(request)
      .catch((): Reply => ({ status: 400, body: "This isn't a request from whoot." }))
      .then(({ status = 200, type = "text/plain", body = "", headers }) => {
        const usual = { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store" };
        response.writeHead(status, { ...usual, ...headers }).end(body);
      }, console.error);
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((listening, failed) => {
    server.once("error", failed).listen(port, HOST, listening);
  });
}

export interface TrialProvider {
  origin: string;
  issuer: string;
  close(): void;
}

/**
 * @param port the port of the pages; the next one is for https. @param startCommand the command that starts a whoot which trusts the
 * provider
 */
export async function startTrialProvider(port: number, startCommand: string): Promise<TrialProvider> {
  const [origin, issuer] = [`http://${HOST}:${port}`, `https://${HOST}:${port + 1}`];
  const state = makeState(origin, issuer);
  const openId = makeOpenId(state);
  const identity = () => ({
    key: TEST_CERTIFICATE_KEY,
    cert: state.faults.has("expired") ? TEST_EXPIRED_CERTIFICATE : TEST_CERTIFICATE,
  });

  const asked = createTlsServer(
    identity(),
    answerWith(issuer, ({ method, url: { pathname }, form, authorization }) => {
      if (pathname === "/.well-known/openid-configuration") return json(openId.configuration());
      if (pathname === "/keys") return json(openId.keys());
      if (pathname === "/metadata") return { type: "application/samlmetadata+xml", body: metadata(state) };
      if (pathname === "/token" && method === "POST") return decided(openId.token(form, authorization));
      if (pathname === "/userinfo") return decided(openId.userinfo(authorization));
      return { status: 404 };
    }),
  );

  function flip(fault: Fault): Reply {
    if (!state.faults.delete(fault)) state.faults.add(fault);
    asked.setSecureContext(identity());
    return seeOther("/");
  }

  const pages = createServer(
    answerWith(origin, ({ method, url, form }) => {
      const { pathname } = url;
      const fault = Object.keys(FAULTS).find((name) => pathname === `/faults/${name}`);
      if (method === "POST" && fault) return flip(fault as Fault);
      if (pathname === "/metadata") return { type: "application/samlmetadata+xml", body: metadata(state) };
      if (pathname === "/sso") return choose(samlChoices(state, url));
      if (pathname !== "/authorize") return html(homePage(state, startCommand));
      if (method !== "POST") return choose(openId.choices(url));
      const location = openId.authorize(url, form.get("person") ?? "");
      return location === null ? html(refusalPage(), 400) : seeOther(location);
    }),
  );
  await listen(pages, port);
  await listen(asked, port + 1);
  return {
    origin,
    issuer,
    close() {
      for (const server of [pages, asked]) server.close().closeAllConnections();
    },
  };
}
