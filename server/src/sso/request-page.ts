/**
 * The page that posts a SAML request, for providers that accept only the POST binding (SAML bindings §3.5). The app's pages may send forms
 * only to whoot, so this page has its own Content-Security-Policy.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { PublicCtx } from "../access/ctx.ts";
import { escapeXml } from "../security/saml/write-xml.ts";
import { handleContext, openSecret } from "./secrets.ts";
import { findForBrowser } from "./transactions.ts";

/** The form that the browser posts. */
export const PostedRequest = z.strictObject({ action: z.string(), samlRequest: z.string() });
export type PostedRequest = z.infer<typeof PostedRequest>;

const STYLE =
  "html{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1.2rem}";
const SCRIPT = "document.forms[0].submit()";

const hashOf = (source: string) => `'sha256-${createHash("sha256").update(source).digest("base64")}'`;

export interface Page {
  status: 200 | 410;
  html: string;
  /** Content-Security-Policy. */
  policy: string;
}

function makePage(title: string, body: string, { status, policy }: Pick<Page, "status" | "policy">): Page {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} – whoot</title>`;
  return {
    status,
    html: `<!doctype html><html lang="en"><head>${head}<style>${STYLE}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`,
    policy: `default-src 'none'; style-src ${hashOf(STYLE)}; base-uri 'none'; frame-ancestors 'none'; ${policy}`,
  };
}

function sendingPage({ action, samlRequest }: PostedRequest, handle: string): Page {
  const { origin, host } = new URL(action);
  const field = (name: string, value: string) => `<input type="hidden" name="${name}" value="${escapeXml(value)}">`;
  return makePage(
    "On to your sign-in",
    `<p>whoot sends you to ${escapeXml(host)}.</p>
<form method="post" action="${escapeXml(action)}">${field("SAMLRequest", samlRequest)}${field("RelayState", handle)}
<button>Continue</button></form><script>${SCRIPT}</script>`,
    // Browsers apply form-action also to redirects after the form, and providers redirect to other hosts of theirs.
    { status: 200, policy: `script-src ${hashOf(SCRIPT)}; form-action https: ${origin}` },
  );
}

/** @returns the page with the form; for an expired request or another browser, a page that says that it took too long */
export async function findRequestPage(
  { services }: PublicCtx,
  { handle, browserToken }: { handle: string; browserToken: string | null },
): Promise<Page> {
  const transaction =
    browserToken === null
      ? undefined
      : await services.database.asPlatformStatement("find the request that a browser is to post", (db) =>
          findForBrowser(db, handle, browserToken),
        );
  if (transaction?.secretsSealed) {
    const opened: unknown = JSON.parse(openSecret(services, transaction.secretsSealed, handleContext(handle)));
    const posted = PostedRequest.safeParse(opened);
    if (posted.success) return sendingPage(posted.data, handle);
  }
  return makePage("This took too long", '<p>Start again on the <a href="/sign-in">sign-in page</a>.</p>', {
    status: 410,
    policy: "form-action 'none'",
  });
}
