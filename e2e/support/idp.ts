/** An identity provider on another site, which signs everybody in as the person that a test chooses. */
import type { BrowserContext } from "@playwright/test";
import { inflateRawSync } from "node:zlib";
import { makeIdp, type Message, toForm } from "../../server/src/security/saml/testing/idp.ts";
import { POST_BINDING } from "../../server/src/security/saml/names.ts";
import { makeKey } from "../../server/src/security/saml/testing/keys.ts";
import { type Shape, SHAPES, type TestPerson } from "../../server/src/security/saml/testing/shapes.ts";
import { runSql } from "./database.ts";
import type { Company } from "./people.ts";
import type { Whoot } from "./server.ts";

/** Another site than localhost, so that the browser's rules about sites apply. */
const SIGN_ON_URL = "http://127.0.0.1:18080/sso";

const SHAPE: Shape = { ...SHAPES.JumpCloud, nameId: ({ id }) => ({ value: id, format: null }) };

export interface Idp {
  metadata: string;
  /** Metadata of a provider that takes requests only by form. */
  postMetadata: string;
  /** Sets who is signed in at the provider, and what its messages say differently. */
  is(person: TestPerson, changes?: Partial<Message>): void;
  /** Serves the provider's pages to the browser. */
  serve(context: BrowserContext): Promise<void>;
}

export function makeProvider(): Idp {
  const key = makeKey();
  let now: { person: TestPerson; changes: Partial<Message> } | null = null;

  /** The page that posts the response, as providers send it. @param form what was posted; null for a redirect */
  function answer(url: URL, form: string | null): string {
    if (!now) throw new Error("nobody is signed in at the provider");
    const fields = form === null ? url.searchParams : new URLSearchParams(form);
    const sent = Buffer.from(fields.get("SAMLRequest") ?? "", "base64");
    const xml = (form === null ? inflateRawSync(sent) : sent).toString();
    const capture = (pattern: RegExp) => pattern.exec(xml)?.[1] ?? "";
    const acsUrl = capture(/AssertionConsumerServiceURL="([^"]+)"/);
    const response = makeIdp(SHAPE, key, now.person).write(
      { requestId: capture(/ ID="([^"]+)"/), acsUrl, spEntityId: capture(/Issuer[^>]*>([^<]+)</) },
      now.changes,
    );
    const relayState = fields.get("RelayState") ?? "";
    return `<!doctype html><title>Provider</title><form method="post" action="${acsUrl}">
      <input type="hidden" name="SAMLResponse" value="${toForm(response)}">
      <input type="hidden" name="RelayState" value="${relayState}"></form><script>document.forms[0].submit()</script>`;
  }

  const nobody = makeIdp(SHAPE, key, { id: "", email: "", firstName: "", lastName: "", groups: [] });

  return {
    metadata: nobody.metadata(SIGN_ON_URL),
    postMetadata: nobody.metadata(SIGN_ON_URL, { bindings: [POST_BINDING] }),
    is(person, changes = {}) {
      now = { person, changes };
    },
    async serve(context) {
      await context.route(`${SIGN_ON_URL}*`, (route) =>
        route.fulfill({ contentType: "text/html", body: answer(new URL(route.request().url()), route.request().postData()) }),
      );
    },
  };
}

/** Marks the domain as proved, as if its TXT record had been found. */
export function holdDomain(whoot: Whoot, { slug }: Pick<Company, "slug">, domain: string): Promise<void> {
  return runSql(
    whoot,
    `with claim as (
       insert into domains (tenant_id, domain_id, domain, token, state, verified_at, claimed_by_name)
       select tenant_id, gen_random_uuid(), $2, 'token', 'verified', now(), 'Ada' from tenants where slug = $1
       returning tenant_id, domain_id, domain)
     insert into directory_domains (tenant_id, domain_id, domain, holds) select tenant_id, domain_id, domain, true from claim`,
    [slug, domain],
  );
}
