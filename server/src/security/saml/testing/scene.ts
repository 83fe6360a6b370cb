/** A connection and its identity provider, with everything that attacks need: another person, another key, and parts of messages. */
import type { SamlRefusalReason } from "#contract/saml.ts";
import { SamlRefusal, type SamlRefusalDetails } from "../refusal.ts";
import { type SamlSignIn, type SamlTrust, verifyResponse } from "../verify.ts";
import { makeIdp, type Message, type TestIdp, toForm } from "./idp.ts";
import { makeKey, type SamlKey } from "./keys.ts";
import { type Shape, SHAPES, type TestPerson } from "./shapes.ts";

export const PERSON: TestPerson = {
  id: "11111111-2222-3333-4444-555555555555",
  email: "ada@corp.example",
  firstName: "Ada",
  lastName: "Lovelace & “Söhne”",
  groups: ["staff", "dispatch"],
};
/** The person whom an attacker wants to be taken for. */
export const OWNER: TestPerson = {
  id: "99999999-8888-7777-6666-555555555555",
  email: "owner@corp.example",
  firstName: "Olga",
  lastName: "Owner",
  groups: ["admins"],
};
export const TO = {
  requestId: "_req1",
  acsUrl: "https://whoot.example/sso/c1/acs",
  spEntityId: "https://whoot.example/sso/c1",
};

export interface Scene {
  idp: TestIdp;
  trust: SamlTrust;
  /** The attacker's provider, with the same name and another key. */
  rogue: TestIdp;
  write(changes?: Partial<Message>): string;
  verify(xml: string, now?: Date, trust?: Partial<SamlTrust>): SamlSignIn;
  /** The reason why a message is refused, or "accepted". */
  judge(xml: string, now?: Date, trust?: Partial<SamlTrust>): SamlRefusalReason | "accepted";
  details(xml: string, now?: Date): SamlRefusalDetails;
}

export interface SceneKeys {
  idp: SamlKey;
  rogue: SamlKey;
  /** Our own key, for encrypted assertions. */
  service: SamlKey;
}

export const makeKeys = (): SceneKeys => ({ idp: makeKey(), rogue: makeKey(), service: makeKey() });

export function makeScene(keys: SceneKeys, shape: Shape = SHAPES.JumpCloud): Scene {
  const idp = makeIdp(shape, keys.idp, PERSON);
  const trust: SamlTrust = {
    idpEntityId: shape.entityId,
    spEntityId: TO.spEntityId,
    acsUrl: TO.acsUrl,
    certificates: [keys.idp.certificate],
    decryptionKeys: [],
  };
  const verify: Scene["verify"] = (xml, now = new Date(), changes = {}) =>
    verifyResponse(toForm(xml), { ...trust, ...changes }, now);
  const attempt = (...args: Parameters<Scene["verify"]>): SamlRefusal | null => {
    try {
      verify(...args);
      return null;
    } catch (error) {
      if (error instanceof SamlRefusal) return error;
      throw error;
    }
  };
  return {
    idp,
    trust,
    rogue: makeIdp(shape, keys.rogue, OWNER),
    write: (changes = {}) => idp.write(TO, changes),
    verify,
    judge: (...args) => attempt(...args)?.reason ?? "accepted",
    details: (...args) => attempt(...args)?.details ?? {},
  };
}

/** The first element with this local name, whole. */
export function part(xml: string, name: string): string {
  const [, tag] = new RegExp(`<((?:\\w+:)?${name})[ >/]`).exec(xml) ?? [];
  const start = xml.search(new RegExp(`<${tag}[ >/]`));
  const end = xml.indexOf(`</${tag}>`, start);
  if (!tag || end < 0) throw new Error(`no ${name} in the message`);
  return xml.slice(start, end + tag.length + 3);
}

export const withoutSignature = (xml: string) => xml.replace(/<ds:Signature [\s\S]*?<\/ds:Signature>/, "");

/** The same element, changed by the attacker to another person and other IDs. */
export function forge(xml: string): string {
  return xml.replaceAll(PERSON.email, OWNER.email).replaceAll(PERSON.id, OWNER.id).replaceAll(/ ID="/g, ' ID="_evil');
}
