/** The SAML half of the trial provider. */
import { inflateRawSync } from "node:zlib";
import { makeIdp, toForm } from "../../../security/saml/testing/idp.ts";
import { type Shape, SHAPES, type TestPerson } from "../../../security/saml/testing/shapes.ts";
import { PEOPLE, type State } from "./state.ts";

/** Longest request in bytes, before and after inflating. Requests of whoot are shorter, and a zip bomb must not fill the memory. */
const MAX_REQUEST = 16 * 1024;

function idpOf(state: State, key: ReturnType<State["shownKey"]>, person: TestPerson) {
  const shape: Shape = {
    ...SHAPES.JumpCloud,
    entityId: `${state.origin}/metadata`,
    nameId: ({ id }) => ({ value: id, format: null }),
  };
  return makeIdp(shape, key, person);
}

export function metadata(state: State): string {
  const [anybody] = PEOPLE as [TestPerson];
  return idpOf(state, state.shownKey(), anybody).metadata(`${state.origin}/sso`);
}

export interface Choice {
  person: TestPerson;
  action: string;
  fields: Record<string, string>;
}

/** One form for each person, which posts the response to whoot. Null if the URL is no request. */
export function samlChoices(state: State, url: URL): Choice[] | null {
  const request = url.searchParams.get("SAMLRequest") ?? "";
  if (request === "" || request.length > MAX_REQUEST) return null;
  let xml: string;
  try {
    xml = inflateRawSync(Buffer.from(request, "base64"), { maxOutputLength: MAX_REQUEST }).toString();
  } catch {
    return null;
  }
  const find = (pattern: RegExp) => pattern.exec(xml)?.[1] ?? "";
  const to = {
    requestId: find(/ ID="([^"]+)"/),
    acsUrl: find(/AssertionConsumerServiceURL="([^"]+)"/),
    spEntityId: find(/Issuer[^>]*>([^<]+)</),
  };
  if (!/^https?:/.test(to.acsUrl)) return null;
  return PEOPLE.map((person) => ({
    person,
    action: to.acsUrl,
    fields: {
      SAMLResponse: toForm(idpOf(state, state.signingKey(), person).write(to, { now: state.now() })),
      RelayState: url.searchParams.get("RelayState") ?? "",
    },
  }));
}
